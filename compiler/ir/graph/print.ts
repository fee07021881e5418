/** Text form of the graph IR (spec/graph-ir.md). Deterministic; `parse.ts` reads it back. */
import { typeOf } from "./values.js";
import { type Dim, printDim } from "../../base/types/dim.js";
import { printShape } from "../../base/types/shape.js";
import type {
  GraphFunction,
  GraphProgram,
  Instruction,
  Operation,
  OperationKind,
  ValueId,
  ValueType,
} from "./types.js";

export function printProgram(program: GraphProgram): string {
  return program.functions.map((fn) => printFunction(fn)).join("\n");
}

/** `func name(%x: real[I], %W: shared real[H, I]) -> (y: %3) { … }`, a value a line. */
export function printFunction(fn: GraphFunction, indent = ""): string {
  const names = uniqueNames(fn);
  const name = (id: ValueId): string => `%${names[id] ?? String(id)}`;
  const typed = (id: ValueId): string => `${name(id)}: ${printType(typeOf(fn, id))}`;
  const inputs = fn.inputs.map(typed).join(", ");
  const outputs = fn.outputs.map((id, i) => `${fn.outputNames[i] ?? ""}: ${name(id)}`).join(", ");
  const lines = fn.instructions.map(
    (instruction) =>
      `${indent}  ${instruction.results.map(typed).join(", ")} = ${printInstruction(instruction, name, indent)}`,
  );
  return `${indent}func ${fn.name}(${inputs}) -> (${outputs}) {\n${lines.map((line) => `${line}\n`).join("")}${indent}}\n`;
}

/** `real[H, I]`, `shared real[H]`, `index[]`. */
export function printType(type: ValueType): string {
  return `${type.shared ? "shared " : ""}${type.dtype}${printShape(type.shape)}`;
}

function printInstruction({ operation, operands }: Instruction, name: (id: ValueId) => string, indent: string): string {
  const head = printOperation(operation);
  const list = operands.map(name).join(", ");
  const text = list === "" ? head : `${head} ${list}`;
  const inner = innerFunction(operation);
  if (inner === undefined) return text;
  return `${text} ${inner.keyword}\n${printFunction(inner.fn, `${indent}    `).trimEnd()}`;
}

/** The function that an operation holds, and the word in front of it. */
function innerFunction(operation: Operation): { readonly keyword: string; readonly fn: GraphFunction } | undefined {
  if (operation.kind === "scan") return { keyword: "body", fn: operation.body };
  if (operation.kind === "custom_derivative") return { keyword: "tangent", fn: operation.tangent };
  return undefined;
}

type OperationPrinter<K extends OperationKind> = (operation: Extract<Operation, { kind: K }>) => string;

const printers: { readonly [K in OperationKind]: OperationPrinter<K> } = {
  constant: ({ dtype, value }) => `constant ${dtype} ${printNumber(value)}`,
  dimension: ({ dim }) => `dimension ${printDim(dim)}`,
  iota: ({ length }) => `iota ${printDim(length)}`,
  map: ({ op }) => op,
  broadcast: ({ shape, axes }) => `broadcast ${printShape(shape)} axes ${printList(axes)}`,
  reduce: ({ op, axes }) => `reduce ${op} axes ${printList(axes)}`,
  contract: ({ a, b, result, parts, strong }) =>
    `contract ${strong === true ? "strong " : ""}${printList(a)} ${printList(b)} -> ${printList(result)}${parts === 1 ? "" : ` parts ${parts}`}`,
  slice: ({ axis, start, length }) => `slice axis ${axis} start ${printDim(start)} length ${printDim(length)}`,
  pad: ({ axis, before, after }) => `pad axis ${axis} before ${printDim(before)} after ${printDim(after)}`,
  concat: ({ axis }) => `concat axis ${axis}`,
  reshape: ({ shape }) => `reshape ${printShape(shape)}`,
  transpose: ({ permutation }) => `transpose ${printList(permutation)}`,
  reverse: ({ axis }) => `reverse axis ${axis}`,
  window: ({ axis, length, size, ...steps }) =>
    `window axis ${axis} length ${printDim(length)} size ${printDim(size)} ${printSteps(steps)}`,
  unwindow: ({ axis, size, ...steps }) => `unwindow axis ${axis} size ${printDim(size)} ${printSteps(steps)}`,
  gather: () => "gather",
  to_index: () => "to_index",
  scatter_add: ({ size }) => `scatter_add size ${printDim(size)}`,
  batch_sum: () => "batch_sum",
  custom_derivative: ({ arguments: count }) => `custom_derivative arguments ${count}`,
  scan: ({ length, carried, sequences, reverse }) =>
    `scan length ${printDim(length)} carried ${carried} sequences ${sequences}${reverse ? " reverse" : ""}`,
};

function printSteps({ stride, dilation }: { readonly stride: Dim; readonly dilation: Dim }): string {
  return `stride ${printDim(stride)} dilation ${printDim(dilation)}`;
}

/** Everything but the operands and the function inside. */
export function printOperation(operation: Operation): string {
  return (printers[operation.kind] as (operation: Operation) => string)(operation);
}

function printNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function printList(items: readonly number[]): string {
  return `[${items.join(" ")}]`;
}

/** The hints where they are unique in the function, made unique by the id where not. */
function uniqueNames(fn: GraphFunction): string[] {
  const hints = fn.names.map((hint) => hint?.replace(/[^\p{L}\p{N}_.']/gu, "_"));
  const counts = new Map<string, number>();
  for (const hint of hints) if (hint !== undefined) counts.set(hint, (counts.get(hint) ?? 0) + 1);
  return hints.map((hint, id) => {
    if (hint === undefined || /^\d/.test(hint)) return String(id);
    return counts.get(hint) === 1 ? hint : `${hint}~${id}`;
  });
}
