/**
 * Kernel programs as JavaScript: `createKernels(capacity)` allocates the buffers and gives one function for each entry;
 * `workspaceBytes(capacity)` says how much that takes. Every region is a function of its own, so that engines optimise
 * the hot ones alone.
 */
import { realBytes, type RealType } from "../../ir/ops/number-range.js";
import { InvariantError } from "../../base/diagnostics/invariant.js";
import { at, lookUp } from "../../base/at.js";
import type {
  KernelBuffer,
  KernelFunction,
  KernelProgram,
  LoopStatement,
  RegionStatement,
} from "../../ir/kernel/kernel-program.js";
import { freeVariables } from "../../ir/kernel/free-variables.js";
import { loopsOnly } from "../../ir/kernel/loops-only.js";
import type { ScalarFunction } from "../../base/math/expr.js";
import { printMathHelpers } from "../../base/math/print-js.js";
import { extentsOf } from "../../base/types/call-axes.js";
import { capacityOf } from "../text/capacity-of.js";
import { BATCH_SYMBOL, dimConstant } from "../../base/types/dim.js";
import { Identifiers } from "../text/identifiers.js";
import type { KernelNames } from "./kernel-expressions.js";
import { printDimension, printSlotSize } from "../text/sizes.js";
import { printStatements, type RegionCall } from "./kernel-statements.js";
import { commentText, printString } from "../text/literal.js";

/**
 * Declares `createKernels`, `workspaceBytes` and the functions they use; free of imports.
 *
 * @param kernel With products expanded, and nothing in it that is scheduled for vectors.
 */
export function printKernelProgram(kernel: KernelProgram, dtype: RealType): string {
  return new KernelPrinter(loopsOnly(kernel), dtype).print();
}

class KernelPrinter {
  private readonly kernel: KernelProgram<LoopStatement>;
  private readonly dtype: RealType;
  private readonly identifiers: Identifiers;
  private readonly inlined = new Set<ScalarFunction>();
  private readonly sizeNames: ReadonlyMap<string, string>;
  private readonly listNames: ReadonlyMap<string, string>;
  private readonly mentioned = new Set<string>();
  private rounds = false;

  constructor(kernel: KernelProgram<LoopStatement>, dtype: RealType) {
    this.kernel = kernel;
    this.dtype = dtype;
    this.identifiers = new Identifiers(["reals", "integers", "end", "table"]);
    this.sizeNames = new Map([
      [BATCH_SYMBOL, this.identifiers.of("size %B", "B")],
      ...kernel.axes.map(({ symbol, name }): [string, string] => [symbol, this.identifiers.of(`size ${symbol}`, name)]),
    ]);
    // All of them first, so that no local variable of a function hides one.
    this.listNames = new Map(
      kernel.axes.map((axis) => [axis.symbol, this.identifiers.of(`list ${axis.symbol}`, extentsOf(axis))]),
    );
    for (const { name } of kernel.buffers) this.identifiers.of(`buffer ${name}`, name);
  }

  print(): string {
    const functions = this.kernel.functions.map((fn) => this.printEntry(fn));
    const entries = this.kernel.functions.map((fn) => this.identifiers.of(`entry ${fn.name}`, fn.name));
    const allocation = this.printAllocation();
    const results = this.kernel.functions.map(({ name }, i) =>
      entries[i] === name ? name : `${name}: ${entries[i] ?? ""}`,
    );
    return [
      printMathHelpers(this.inlined, this.rounds),
      this.printWorkspace(),
      `/** Allocates for calls of up to ${this.largestCall()}. */`,
      "function createKernels(capacity) {",
      ...allocation,
      "",
      ...functions.flatMap((text) => [text, ""]),
      `  return { ${['variant: "js"', "buffers", "table", ...results].join(", ")} };`,
      "}",
      "",
    ]
      .filter((text, i) => text !== "" || i > 2)
      .join("\n");
  }

  private readonly sizeName = (symbol: string): string => {
    const name = this.sizeNames.get(symbol);
    if (name === undefined) throw new InvariantError(`a kernel with the open dimension ${symbol}`);
    return name;
  };

  /** The array with the size of each example. */
  private listName(symbol: string): string {
    return lookUp(this.listNames, symbol);
  }

  private names(local: Identifiers): KernelNames {
    const counts = new Map<string, number>();
    return {
      buffer: (name) => {
        this.mentioned.add(name);
        return this.identifiers.of(`buffer ${name}`, name);
      },
      variable: (name) => local.of(`variable ${name}`, name),
      size: this.sizeName,
      exampleSize: (symbol, example) => {
        return `${this.listName(symbol)}[${local.of(`variable ${example}`, example)}]`;
      },
      temporary: (name) => {
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        return count === 1 ? `$${name}` : `$${name}_${count}`;
      },
      // After the sizes and whether all examples have them.
      changed: `table[${this.sizeNames.size + 1}] !== 0`,
      useFunction: (fn) => this.inlined.add(fn),
      fround: (text) => {
        this.rounds = true;
        return `fround(${text})`;
      },
      dtype: this.dtype,
    };
  }

  /** What a call may have at most, in words. */
  private largestCall(): string {
    const sizes = this.kernel.axes.map((axis) => {
      const size = `\`${capacityOf(axis)}\``;
      return axis.kind === "steps" ? `${size} steps` : `${size} entries along ${axis.name}`;
    });
    const [last = "", ...others] = ["`capacity.batch` examples", ...sizes].reverse();
    return others.length === 0 ? last : `${others.reverse().join(", ")} and ${last}`;
  }

  private capacityLines(): string[] {
    return [
      `  const ${this.sizeName(BATCH_SYMBOL)} = capacity.batch;`,
      ...this.kernel.axes.map((axis) => `  const ${this.sizeName(axis.symbol)} = ${capacityOf(axis)};`),
    ];
  }

  private slotSize(slot: number): string {
    return printSlotSize(at(this.kernel.slots, slot), (size) => printDimension(size, this.sizeName));
  }

  private total(dtype: "real" | "index"): string {
    const sizes = this.kernel.slots.flatMap((slot, i) => (slot.dtype === dtype ? [this.slotSize(i)] : []));
    return sizes.length === 0 ? "0" : sizes.join(" + ");
  }

  private printWorkspace(): string {
    const lists = this.kernel.axes.length;
    const words = this.sizeNames.size + 2;
    return [
      "/** Bytes that `createKernels(capacity)` allocates. */",
      "function workspaceBytes(capacity) {",
      ...this.capacityLines(),
      `  const reals = ${this.total("real")};`,
      `  const integers = ${this.total("index")} + ${lists} * ${this.sizeName(BATCH_SYMBOL)} + ${words};`,
      `  return ${realBytes[this.dtype]} * reals + 4 * integers;`,
      "}",
      "",
    ].join("\n");
  }

  /** One array for each element type; every buffer is a part of it. */
  private printAllocation(): string[] {
    const realArray = this.dtype === "f32" ? "Float32Array" : "Float64Array";
    const lines = this.capacityLines();
    lines.push(`  const reals = new ${realArray}(${this.total("real")});`);
    const indices = this.kernel.slots.some((slot) => slot.dtype === "index");
    if (indices) lines.push(`  const integers = new Int32Array(${this.total("index")});`);
    lines.push(
      "  // What the functions below work on: sizes of the call and two flags; steps and sizes of each example.",
    );
    lines.push(`  const table = new Int32Array(${this.sizeNames.size + 2});`);
    for (const { symbol } of this.kernel.axes) {
      lines.push(`  const ${this.listName(symbol)} = new Int32Array(${this.sizeName(BATCH_SYMBOL)});`);
    }
    const bySlot = new Map<number, KernelBuffer[]>();
    for (const buffer of this.kernel.buffers) {
      const list = bySlot.get(buffer.place.slot) ?? [];
      list.push(buffer);
      bySlot.set(buffer.place.slot, list);
    }
    for (const dtype of ["real", "index"] as const) {
      if (dtype === "index" && !indices) continue;
      lines.push(`  ${dtype === "real" ? "let " : ""}end = 0;`);
      for (const [slot, { dtype: own }] of this.kernel.slots.entries()) {
        if (own !== dtype) continue;
        for (const buffer of bySlot.get(slot) ?? []) lines.push(...this.printBuffer(buffer));
        lines.push(`  end += ${this.slotSize(slot)};`);
      }
    }
    lines.push("  const buffers = Object.assign(Object.create(null), {");
    for (const axis of this.kernel.axes) {
      const [list, name] = [extentsOf(axis), this.listName(axis.symbol)];
      lines.push(list === name ? `    ${name},` : `    ${printString(list)}: ${name},`);
    }
    for (const { name, external } of this.kernel.buffers) {
      if (external) lines.push(`    [${printString(name)}]: ${this.identifiers.of(`buffer ${name}`, name)},`);
    }
    lines.push("  });");
    return lines;
  }

  private printBuffer({ name, external, dtype, size, most, place }: KernelBuffer): string[] {
    if (!external && !this.mentioned.has(name)) return [];
    const array = dtype === "real" ? "reals" : "integers";
    const start =
      place.offset.key === dimConstant(0).key ? "end" : `end + ${printDimension(place.offset, this.sizeName)}`;
    const length = printSlotSize({ sizes: [size], ...(most && { most }) }, (dim) => printDimension(dim, this.sizeName));
    const identifier = this.identifiers.of(`buffer ${name}`, name);
    return [`  const ${identifier} = ${array}.subarray(${start}, ${start} + ${length});`];
  }

  private printEntry(fn: KernelFunction<LoopStatement>): string {
    const regions: string[] = [];
    const sizes = [...this.sizeNames].map(([symbol, name], i) => [symbol, `    const ${name} = table[${i}];`] as const);
    const entry = this.identifiers.of(`entry ${fn.name}`, fn.name);
    const local = new Identifiers([], this.identifiers);
    const names = this.names(local);
    const printRegion = (region: RegionStatement<LoopStatement>): RegionCall =>
      this.printRegion(region, fn.name, regions);
    const body = printStatements(fn.body, { names, printRegion }, "    ");
    return [
      ...regions.flatMap((text) => [text, ""]),
      `  function ${entry}() {`,
      ...sizes.flatMap(([symbol, line]) => (symbol === fn.oneOf ? [] : [line])),
      ...body,
      "  }",
    ].join("\n");
  }

  /** Prints a region as a function into `into`. */
  private printRegion(region: RegionStatement<LoopStatement>, entry: string, into: string[]): RegionCall {
    const { body } = region;
    const { variables, symbols } = freeVariables(body);
    const identifier = this.identifiers.of(`region ${entry} ${into.length}`, region.name);
    const local = new Identifiers([], this.identifiers);
    const names = this.names(local);
    const sizes = [...this.sizeNames].filter(([symbol]) => symbols.has(symbol)).map(([, name]) => name);
    const own = variables.map((name) => names.variable(name));
    const printRegion = (inner: RegionStatement<LoopStatement>): never => {
      throw new InvariantError(`region ${inner.name} in region ${region.name}`);
    };
    const lines = printStatements(body, { names, printRegion }, "    ");
    into.push(
      [
        `  // ${commentText(region.comment).replaceAll("\n", " ")}`,
        `  function ${identifier}(${[...sizes, ...own].join(", ")}) {`,
        ...lines,
        "  }",
      ].join("\n"),
    );
    return { identifier, sizes, variables };
  }
}
