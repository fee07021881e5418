/**
 * The JavaScript that lays out an instance's memory: `planMemory(capacity)` says how many bytes it takes, what the table
 * of addresses holds, and where the tensors are that the caller of a module sees.
 */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { KernelProgram } from "../../ir/kernel/types.js";
import { BATCH_SYMBOL, constantOf, type Dim, dimConstant, multiplyDims, TIME_SYMBOL } from "../../base/types/dim.js";
import { Identifiers } from "../js/identifiers.js";
import { printDimension, printSlotSize } from "../js/kernel-expressions.js";
import { printString } from "../js/literal.js";
import { type AddressWord, ALIGNMENT, type MemoryLayout, SLACK } from "./layout.js";

/** Declares `planMemory`; free of imports. */
export function printMemoryPlan(kernel: KernelProgram, layout: MemoryLayout): string {
  const identifiers = new Identifiers(["planMemory", "end", "at", "bytes", "start"]);
  const sizes = layout.symbols.map((symbol) => {
    const name = symbol === BATCH_SYMBOL ? "B" : symbol === TIME_SYMBOL ? "T" : symbol;
    return { symbol, name: identifiers.of(symbol, name) };
  });
  const names = new Map(sizes.map(({ symbol, name }) => [symbol, name]));
  const dimension = (dim: Dim): string => printDimension(dim, (symbol) => names.get(symbol) as string);
  const capacities = sizes.map(({ symbol, name }) => {
    if (symbol === BATCH_SYMBOL) return `  const ${name} = capacity.batch;`;
    if (symbol === TIME_SYMBOL) return `  const ${name} = capacity.steps;`;
    return `  const ${name} = capacity.sizes[${printString(symbol)}];`;
  });

  const segments = layout.segments.map((segment) =>
    printSlotSize(segment, (size) => dimension(multiplyDims(dimConstant(segment.elementBytes), size))),
  );
  const addressOf = ({ segment, offset }: AddressWord): string => {
    const start = `at[${segment}]`;
    if (constantOf(offset) === 0) return start;
    const elementBytes = layout.segments[segment]?.elementBytes ?? 0;
    return `${start} + ${dimension(multiplyDims(dimConstant(elementBytes), offset))}`;
  };
  const within = layout.addresses.slice(segments.length);
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
  const lists = ["lengths", ...kernel.runtimeDimensions.map((name) => `sizes.${name}`)];
  const batch = layout.segments[0]?.sizes[0];
  invariant(batch !== undefined, "a layout without the lengths of the examples");

  return [
    "/** Where everything lies: `[byte, elements]`. */",
    "function planMemory(capacity) {",
    ...capacities,
    `  let end = ${layout.fixedEnd};`,
    `  const at = [${segments.join(", ")}].map((bytes) => {`,
    "    const start = end;",
    `    end += Math.ceil(bytes / ${ALIGNMENT}) * ${ALIGNMENT};`,
    "    return start;",
    "  });",
    "  return {",
    `    bytes: end + ${SLACK},`,
    `    addresses: [${["...at", ...within.map(addressOf)].join(", ")}],`,
    "    reals: {",
    ...views("real"),
    "    },",
    "    integers: {",
    ...lists.map((name) => view(name, batch)),
    ...views("index"),
    "    },",
    "  };",
    "}",
    "",
  ].join("\n");
}
