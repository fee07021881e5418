/**
 * The JavaScript that lays out an instance's memory: `planMemory(capacity)` says how many bytes it takes, what the table
 * of addresses holds, and where the tensors are that the caller of a module sees.
 */
import { lookUp } from "../../../base/at.js";
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { KernelProgram } from "../../../ir/kernel/kernel-program.js";
import { BATCH_SYMBOL, constantOf, type Dim, dimConstant, multiplyDims } from "../../../base/types/dim.js";
import { extentsOf } from "../../../base/types/call-axes.js";
import { capacityOf } from "../../text/capacity-of.js";
import { Identifiers } from "../../text/identifiers.js";
import { printDimension, printSlotSize } from "../../text/sizes.js";
import { printString } from "../../text/literal.js";
import { type AddressWord, type MemoryLayout } from "./memory-layout.js";

/** Declares `planMemory`; free of imports. */
export function printMemoryPlan(kernel: KernelProgram, layout: MemoryLayout): string {
  const sizes = sizesOf(kernel);
  const names = new Map(sizes.map(({ symbol, name }) => [symbol, name]));
  const dimension = (dim: Dim): string => printDimension(dim, (symbol) => lookUp(names, symbol));
  const segments = layout.segments.map((segment) =>
    printSlotSize(segment, (size) => dimension(multiplyDims(dimConstant(segment.elementBytes), size))),
  );
  const addressOf = ({ segment, offset }: AddressWord): string => {
    const start = `at[${segment}]`;
    if (constantOf(offset) === 0) return start;
    const elementBytes = layout.segments[segment]?.elementBytes ?? 0;
    return `${start} + ${dimension(multiplyDims(dimConstant(elementBytes), offset))}`;
  };
  const views = printViews(kernel, layout, addressOf, dimension);

  return [
    "/** Where everything lies: `[byte, elements]`. */",
    "function planMemory(capacity) {",
    ...sizes.map(({ name, value }) => `  const ${name} = ${value};`),
    `  let end = ${layout.fixedEnd};`,
    `  const at = [${segments.join(", ")}].map((bytes) => {`,
    "    const start = end;",
    `    end += Math.ceil(bytes / ${layout.line}) * ${layout.line};`,
    "    return start;",
    "  });",
    "  return {",
    `    bytes: end + ${layout.line},`,
    `    addresses: [${["...at", ...layout.addresses.slice(segments.length).map(addressOf)].join(", ")}],`,
    "    reals: {",
    ...views.reals,
    "    },",
    "    integers: {",
    ...views.integers,
    "    },",
    "  };",
    "}",
    "",
  ].join("\n");
}

/** The sizes of the capacity, with the constants that hold them. */
function sizesOf({ axes }: KernelProgram): { symbol: string; name: string; value: string }[] {
  const identifiers = new Identifiers(["planMemory", "end", "at", "bytes", "start"]);
  const named = [
    { symbol: BATCH_SYMBOL, name: "B", value: "capacity.batch" },
    ...axes.map((axis) => ({ ...axis, value: capacityOf(axis) })),
  ];
  return named.map(({ symbol, name, value }) => ({ symbol, name: identifiers.of(symbol, name), value }));
}

/** The entries of `reals` and `integers`: lists of sizes, and what callers see. */
function printViews(
  kernel: KernelProgram,
  layout: MemoryLayout,
  addressOf: (word: AddressWord) => string,
  dimension: (dim: Dim) => string,
): { readonly reals: readonly string[]; readonly integers: readonly string[] } {
  const words = new Map(layout.addresses.map((address) => [address.word, addressOf(address)]));
  const view = (name: string, size: Dim): string => {
    const address = layout.addressOf(name);
    const start = address.kind === "static" ? String(address.bytes) : words.get(address.word);
    invariant(start !== undefined, `buffer ${name} lies at a word that the table does not have`);
    return `      ${printString(name)}: [${start}, ${dimension(size)}],`;
  };
  const external = kernel.buffers.filter((buffer) => buffer.external);
  const views = (dtype: "real" | "index"): string[] =>
    external.filter((buffer) => buffer.dtype === dtype).map(({ name, size }) => view(name, size));
  const lists = kernel.axes.map(extentsOf);
  const batch = layout.segments[0]?.sizes[0];
  invariant(batch !== undefined, "a layout without the lengths of the examples");
  return { reals: views("real"), integers: [...lists.map((name) => view(name, batch)), ...views("index")] };
}
