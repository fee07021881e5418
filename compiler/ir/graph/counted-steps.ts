/**
 * Loops that count their steps up to an end: `count' = count + going`, and `going` is 1 until something holds and 0 from there on. Where nothing else
 * of them is read, an example that has come to its end needs no more steps.
 */
import { at } from "../../base/at.js";
import type { GraphFunction, Instruction, ValueId } from "./graph-function.js";
import { definitions } from "./rewrite.js";
import { operandParts, type Scan } from "./scan.js";
import { typeOf } from "./values.js";

/** Adds it to a count whose scan it is; `stop` is a number that is not 0 where this step is the last. */
export function countedSteps(
  b: CountBuilder,
  count: ValueId,
  going: ValueId,
  stop: ValueId,
): readonly [ValueId, ValueId] {
  // prettier-ignore
  const isEnd = b.map("ne", stop, b.constant(0));
  return [b.map("add", count, going), b.map("select", isEnd, b.constant(0), going)];
}

interface CountBuilder {
  map(op: "add" | "ne" | "select", ...operands: ValueId[]): ValueId;
  constant(value: number): ValueId;
}

/** The place of `going` among what such a loop carries; undefined of other loops. */
export function stateOfCount(fn: GraphFunction, results: readonly ValueId[], scan: Scan): number | undefined {
  const defined = definitions(scan.body);
  for (const count of operandParts(scan, scan.body.inputs).carried.keys()) {
    const state = stateCountedBy(scan, defined, count);
    if (state !== undefined && isOnlyRead(fn, results, count)) return state;
  }
  return undefined;
}

/** Whether of a loop's results the one at a place is read, and no other. */
function isOnlyRead(fn: GraphFunction, results: readonly ValueId[], place: number): boolean {
  const read = new Set([...fn.outputs, ...fn.instructions.flatMap(({ operands }) => operands)]);
  return results.every((id, i) => read.has(id) === (i === place));
}

/** The state that the carried value at a place adds up, while it is 1. */
function stateCountedBy(scan: Scan, defined: ReadonlyMap<ValueId, Instruction>, count: number): number | undefined {
  const { body } = scan;
  const sum = defined.get(at(body.outputs, count));
  if (!isMap(sum, "add")) return undefined;
  const before = at(body.inputs, count);
  const added = sum.operands.filter((id) => id !== before);
  const state = operandParts(scan, body.inputs).carried.findIndex((id) => id === added[0]);
  if (added.length !== 1 || state < 0 || typeOf(body, at(body.inputs, state)).shape.length > 0) return undefined;
  const going = at(body.inputs, state);
  const next = defined.get(at(body.outputs, state));
  if (!isMap(next, "select") || next.operands[2] !== going) return undefined;
  const zero = defined.get(at(next.operands, 1));
  return zero?.operation.kind === "constant" && zero.operation.value === 0 ? state : undefined;
}

const isMap = (instruction: Instruction | undefined, op: string): instruction is Instruction =>
  instruction?.operation.kind === "map" && instruction.operation.op === op;
