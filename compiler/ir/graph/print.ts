/** Text form of the graph IR (spec/graph-ir.md). Deterministic; `parse.ts` reads it back. */
import { typeOf } from "./values.js";
import { type Dim, printDim } from "../../base/types/dim.js";
import { spellName, spellValue } from "./spelling.js";
import { printShape } from "../../base/types/shape.js";
import type {
  GraphFunction,
  GraphProgram,
  Instruction,
  Operation,
  OperationKind,
  SequenceState,
  ValueId,
  ValueType,
} from "./graph-function.js";

export function printProgram(program: GraphProgram): string {
  return program.functions.map((fn) => printFunction(fn)).join("\n");
}

/** `func name(%x: real[I], %W: shared real[H, I]) -> (y: %3) { … }`, a value a line. */
export function printFunction(fn: GraphFunction, indent = ""): string {
  const names = uniqueNames(fn);
  // A function that is not in order is printed as it is.
  const name = (id: ValueId): string => names.get(id) ?? `%?${id}`;
  const typed = (id: ValueId): string => `${name(id)}: ${printType(typeOf(fn, id))}`;
  const inputs = fn.inputs.map(typed).join(", ");
  const outputs = fn.outputs.map((id, i) => printOutput(fn, fn.outputNames[i] ?? "", name(id))).join(", ");
  const lines = fn.instructions.map(
    (instruction) =>
      `${indent}  ${instruction.results.map(typed).join(", ")}${printRound(instruction)} = ${printInstruction(instruction, name, indent)}`,
  );
  return `${indent}func ${spellName(fn.name)}(${inputs}) -> (${outputs}) {\n${lines.map((line) => `${line}\n`).join("")}${indent}}\n`;
}

/** `y: %3`; of one that is made by rows with its places, `grad.param.E: %3 rows [%T]`. */
function printOutput({ rows }: GraphFunction, name: string, value: string): string {
  const places = rows?.get(name);
  return `${spellName(name)}: ${value}${places === undefined ? "" : ` rows ${printShape(places)}`}`;
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

const printRound = ({ round }: Instruction): string => (round === undefined ? "" : ` round ${round}`);

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
  iota: ({ length, places }) => `iota ${printDim(length)}${places ? " places" : ""}`,
  map: ({ op, exact }) => `${op}${exact ? " exact" : ""}`,
  broadcast: ({ shape, axes }) => `broadcast ${printShape(shape)} axes ${printList(axes)}`,
  reduce: ({ op, axes }) => `reduce ${op} axes ${printList(axes)}`,
  contract: ({ a, b, result, parts, strong }) =>
    `contract ${strong === true ? "strong " : ""}${printList(a)} ${printList(b)} -> ${printList(result)}${parts === 1 ? "" : ` parts ${parts}`}`,
  slice: ({ axis, start, length }) => `slice axis ${axis} start ${printDim(start)} length ${printDim(length)}`,
  pad: ({ axis, before, after }) => `pad axis ${axis} before ${printDim(before)} after ${printDim(after)}`,
  concat: ({ axis, state }) => `concat axis ${axis}${state === undefined ? "" : ` state ${printState(state)}`}`,
  reshape: ({ shape }) => `reshape ${printShape(shape)}`,
  transpose: ({ permutation }) => `transpose ${printList(permutation)}`,
  reverse: ({ axis }) => `reverse axis ${axis}`,
  window: ({ axis, length, size, ...steps }) =>
    `window axis ${axis} length ${printDim(length)} size ${printDim(size)} ${printSteps(steps)}`,
  unwindow: ({ axis, size, ...steps }) => `unwindow axis ${axis} size ${printDim(size)} ${printSteps(steps)}`,
  gather: ({ along }) => `gather${printAlong(along)}`,
  to_index: () => "to_index",
  scatter_add: ({ along, size }) => `scatter_add${printAlong(along)} size ${printDim(size)}`,
  batch_sum: () => "batch_sum",
  custom_derivative: ({ arguments: count, exact }) => `custom_derivative arguments ${count}${exact ? " exact" : ""}`,
  scan: ({ length, carried, sequences, reverse, rounds, states }) =>
    `scan length ${printDim(length)} carried ${carried} sequences ${sequences}${reverse ? " reverse" : ""}${rounds ? " rounds" : ""}${printStates(states)}`,
};

function printStates(states: Extract<Operation, { kind: "scan" }>["states"]): string {
  return states.length === 0 ? "" : ` states [${states.map((state) => (state ? printState(state) : "-")).join(", ")}]`;
}

/** `memory.h bound V "What it remembers."`. */
function printState({ name, documentation, bound, isBefore }: SequenceState): string {
  const told = [
    isBefore && "before",
    bound && `bound ${printDim(bound)}`,
    documentation && JSON.stringify(documentation),
  ];
  return [spellName(name), ...told.filter(Boolean)].join(" ");
}

const printAlong = (along: number): string => (along === 0 ? "" : ` along ${along}`);

function printSteps({ stride, dilation }: { readonly stride: Dim; readonly dilation: Dim }): string {
  return `stride ${printDim(stride)} dilation ${printDim(dilation)}`;
}

/** Everything but the operands and the function inside. */
export function printOperation(operation: Operation): string {
  return (printers[operation.kind] as (operation: Operation) => string)(operation);
}

/**
 * A key that operations have in common exactly where they say the same, whatever they are applied to, the functions inside of them and
 * what passes are told counted. It is the text form, as that has all of an operation: `parse.ts` reads it back as what was printed.
 */
export function operationKey(operation: Operation): string {
  const inner = innerFunction(operation);
  const own = printOperation(operation);
  return inner === undefined ? own : `${own} ${printFunction(inner.fn)}`;
}

function printNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function printList(items: readonly number[]): string {
  return `[${items.join(" ")}]`;
}

/** The names where they are unique in the function, made unique by a number where not: the place of the value, as reading gives it for its id. */
function uniqueNames({ names, inputs, instructions }: GraphFunction): ReadonlyMap<ValueId, string> {
  const values = [...inputs, ...instructions.flatMap(({ results }) => results)];
  const counts = new Map<string, number>();
  for (const id of values) {
    const name = names[id];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map(
    values.map((id, place) => {
      const name = names[id];
      return [id, spellValue(name, place, name === undefined || counts.get(name) === 1)];
    }),
  );
}
