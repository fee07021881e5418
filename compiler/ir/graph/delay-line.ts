/**
 * Carried values that go on by one place: of `[…, K, …]` the next one has a new element at one end, and all others move to the
 * place beside theirs.
 */
import { at } from "../../base/at.js";
import { addDims, constantOf, type Dim, dimConstant, equalDims, subtractDims } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { GraphBuilder } from "./build.js";
import { countUses, definitions } from "./rewrite.js";
import { isCarried, type Scan } from "./scan.js";
import type { GraphFunction, Instruction, ValueId } from "./graph-function.js";
import { typeOf } from "./values.js";

export interface MovingLine {
  readonly axis: number;
  /** What is carried, `shape[axis]` elements. */
  readonly shape: Shape;
  /** The end at which elements come in. */
  readonly end: "front" | "back";
}

/** How the next value is made of the one before. */
export interface DelayLine extends MovingLine {
  /** The next value, of which this is new, and this was there before. */
  readonly next: ValueId;
  readonly entered: ValueId;
  readonly kept: ValueId;
}

/** A line whose elements zeros come in for, and whose others these scatters add to wherever they are by then. */
export interface ReturningLine extends MovingLine {
  readonly added: readonly ValueId[];
}

/** The line that makes `next` of the input `state`; undefined where it is none. Moving two elements already takes longer than moving none. */
export function delayLineOf(
  fn: GraphFunction,
  producer: ReadonlyMap<ValueId, Instruction>,
  state: ValueId,
  next: ValueId,
): DelayLine | undefined {
  const { shape, dtype, shared } = typeOf(fn, state);
  const joined = producer.get(next);
  if (joined?.operation.kind !== "concat" || joined.operands.length !== 2 || dtype !== "real" || shared)
    return undefined;
  const { axis } = joined.operation;
  const [start, length] = [dimConstant(0), subtractDims(at(shape, axis), dimConstant(1))];
  for (const end of ["front", "back"] as const) {
    const [entered, kept] = end === "front" ? joined.operands : [...joined.operands].reverse();
    const moved = kept === undefined ? undefined : producer.get(kept);
    if (entered === undefined || kept === undefined || moved?.operation.kind !== "slice") continue;
    const { operation, operands } = moved;
    if (operands[0] !== state || operation.axis !== axis) continue;
    if (!equalDims(operation.start, end === "front" ? start : dimConstant(1))) continue;
    if (!equalDims(operation.length, length)) continue;
    return { axis, shape, end, next, entered, kept };
  }
  return undefined;
}

/** Of each carried value, where it is one. */
export function delayLinesOf(scan: Scan): readonly (DelayLine | undefined)[] {
  const { body } = scan;
  const producer = definitions(body);
  return body.outputs.flatMap((next, i) =>
    isCarried(scan, i) ? [delayLineOf(body, producer, at(body.inputs, i), next)] : [],
  );
}

/** The same with those that return, which are in loops that run back. */
export function linesOf(scan: Scan): readonly (DelayLine | ReturningLine | undefined)[] {
  const { body } = scan;
  const lines = delayLinesOf(scan);
  if (!scan.reverse) return lines;
  // Once for all: a loop may carry a thousand values.
  const known = { producer: definitions(body), uses: countUses(body) };
  return lines.map((line, i) => line ?? returningLineOf(body, known, at(body.inputs, i), at(body.outputs, i)));
}

/**
 * The gradient of a line that is read at a place which is computed: it is added where that was read. Nothing but the element that leaves is read
 * in a step, so elements may change where they lie.
 */
function returningLineOf(
  fn: GraphFunction,
  {
    producer,
    uses,
  }: { readonly producer: ReadonlyMap<ValueId, Instruction>; readonly uses: ReadonlyMap<ValueId, number> },
  state: ValueId,
  next: ValueId,
): ReturningLine | undefined {
  const added: ValueId[] = [];
  const moved: Instruction[] = [];
  const terms = [next];
  for (let id = terms.pop(); id !== undefined; id = terms.pop()) {
    const made = producer.get(id);
    if (made === undefined || uses.get(id) !== 1) return undefined;
    if (made.operation.kind === "map" && made.operation.op === "add") terms.push(...[...made.operands].reverse());
    else if (made.operation.kind === "scatter_add" && !typeOf(fn, id).shared) added.push(id);
    else moved.push(made);
  }
  const [padded] = moved;
  if (padded?.operation.kind !== "pad" || moved.length > 1 || added.length === 0 || typeOf(fn, state).shared)
    return undefined;
  const kept = at(padded.operands, 0);
  if (uses.get(kept) !== 1) return undefined;
  const made = producer.get(kept);
  const { shape } = typeOf(fn, state);
  const { operation } = padded;
  const [size, one] = [at(shape, 0), dimConstant(1)];
  if (made?.operation.kind !== "slice" || made.operands[0] !== state || made.operation.axis !== 0 || operation.axis !== 0) return undefined; // prettier-ignore
  if (!equalDims(made.operation.length, subtractDims(size, one))) return undefined;
  const end = constantOf(made.operation.start) === 1 && constantOf(operation.after) === 1 ? "back" : "front";
  if (end === "front" && (constantOf(made.operation.start) !== 0 || constantOf(operation.before) !== 1))
    return undefined;
  const leaves = end === "back" ? dimConstant(0) : subtractDims(size, one);
  const isApart = fn.instructions.every((reader) => {
    if (!reader.operands.includes(state) || reader === made) return true;
    const read = reader.operation;
    return read.kind === "slice" && read.axis === 0 && constantOf(read.length) === 1 && equalDims(read.start, leaves);
  });
  return isApart ? { axis: 0, shape, end, added } : undefined;
}

/** What is read of a line in each step: elements from `start` on of its value before the step, or after it. */
export interface LineRead {
  readonly isAfter: boolean;
  readonly start: Dim;
  readonly count: Dim;
}

/** The first elements of a line along its first axis, and then those of all steps, in the order in which they came in. */
export function historyOfLine(
  b: GraphBuilder,
  { shape, end }: DelayLine,
  { initial, entered, length }: { readonly initial: ValueId; readonly entered: ValueId; readonly length: Dim },
): ValueId {
  const entries = b.reshape(entered, [length, ...shape.slice(1)]);
  return b.concat(0, [end === "front" ? b.emit({ kind: "reverse", axis: 0 }, [initial]) : initial, entries]);
}

/** What is read in every step, along a new first axis: windows of the history. */
export function readsOfLine(
  b: GraphBuilder,
  { shape, end }: DelayLine,
  { isAfter, start, count }: LineRead,
  history: ValueId,
  steps: Dim,
): ValueId {
  const one = dimConstant(1);
  const fromEnd = subtractDims(subtractDims(at(shape, 0), start), count);
  const place = addDims(end === "front" ? fromEnd : start, dimConstant(isAfter ? 1 : 0));
  const part = b.slice(history, 0, place, addDims(steps, subtractDims(count, one)));
  if (constantOf(count) === 1) return b.reshape(part, [steps, one, ...shape.slice(1)]);
  const windows = b.emit({ kind: "window", axis: 0, length: steps, size: count, stride: one, dilation: one }, [part]);
  return end === "front" ? b.emit({ kind: "reverse", axis: 1 }, [windows]) : windows;
}
