/**
 * Carried values that go on by one place: of `[…, K, …]` the next one has a new element at one end, and all others move to the
 * place beside theirs.
 */
import { at } from "../../base/at.js";
import { addDims, constantOf, type Dim, dimConstant, equalDims, subtractDims } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { GraphBuilder } from "./build.js";
import { definitions } from "./rewrite.js";
import { isCarried, type Scan } from "./scan.js";
import type { GraphFunction, Instruction, ValueId } from "./graph-function.js";
import { typeOf } from "./values.js";

/** How the next value is made of the one before. */
export interface DelayLine {
  readonly axis: number;
  /** What is carried, `shape[axis]` elements. */
  readonly shape: Shape;
  /** The end at which elements come in. */
  readonly end: "front" | "back";
  /** The next value, of which this is new, and this was there before. */
  readonly next: ValueId;
  readonly entered: ValueId;
  readonly kept: ValueId;
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
