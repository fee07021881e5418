/** Do the passes keep the meaning? Evaluates every entry after every pass and names the first one that changes a number. */
import type { BatchValue } from "../../../ir/graph/evaluate.js";
import type { GraphFunction } from "../../../ir/graph/types.js";
import { type Program, programBoundary, programContext } from "../../../program/program.js";
import { buildEntries } from "../../../driver/entries.js";
import { gradientOf, tangentsOnly } from "../../../passes/autodiff/whole-derivatives.js";
import { evaluateAt, graphName, graphValues, numbersOf } from "../graph-point.js";
import { type Point, toBatchValue } from "../point.js";
import { gradName, tangentName } from "../../../program/roles.js";

/** A number that is not what it was before the pass. */
export interface ChangedNumber {
  readonly entry: string;
  readonly pass: string;
  /** As graph functions call it: `grad.param.W`. */
  readonly output: string;
  /** Position among the numbers of the output, example after example. */
  readonly position: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Entries of the module of `program` at a point, after every pass, against the same function before all passes.
 *
 * @param tolerance relative to numbers of 1 or more: passes may change the order of sums, so only rounding may differ
 */
export function findChangingPass(program: Program, point: Point, tolerance = 1e-9): ChangedNumber | undefined {
  const context = programContext(program);
  const versions: { entry: string; pass: string; fn: GraphFunction }[] = [];
  buildEntries(program, {
    gradient: true,
    jvp: true,
    hvp: true,
    observe: (entry, pass, fn) => versions.push({ entry, pass, fn }),
  });
  const { initial, forward } = program;
  const boundary = programBoundary(program);
  const gradient = gradientOf(forward, context, undefined, true, boundary);
  const values = withTangents(point);
  if (initial !== undefined) {
    for (const [name, value] of evaluateAt(initial, point, values)) {
      if (values.has(name)) continue;
      values.set(name, value);
      values.set(tangentName(name), value);
    }
  }
  const before = new Map<string, Map<string, BatchValue>>();
  const reference = (entry: string, fn: GraphFunction | undefined): void => {
    if (fn !== undefined) before.set(entry, evaluateAt(fn, point, values));
  };
  reference("forward", forward);
  reference("backward", gradient);
  reference("jvp", tangentsOnly(forward, context, undefined, boundary));
  reference("hvp", tangentsOnly(gradient, context, undefined, boundary));
  reference("initial", initial);

  // Backward reads what the finished forward keeps.
  const finished = versions.filter(({ entry }) => entry === "forward").at(-1);
  const kept = finished === undefined ? [] : evaluateAt(finished.fn, point, values);
  const all = new Map([...values, ...kept]);
  for (const { entry, pass, fn } of versions) {
    const expected = before.get(entry);
    if (expected === undefined) continue;
    const changed = firstDifference(evaluateAt(fn, point, all), expected, tolerance);
    if (changed !== undefined) return { entry, pass, ...changed };
  }
  return undefined;
}

/** The values of a point, with a tangent for each number and each cotangent. */
function withTangents(point: Point): Map<string, BatchValue> {
  const values = graphValues(point);
  const tangent = (name: string, tensor: Point["tensors"][number]): void => {
    const along = tensor.values.map((_, i) => Math.cos(5 * i + 1) + 0.5);
    values.set(tangentName(name), toBatchValue(point, { ...tensor, values: along }));
  };
  for (const tensor of point.tensors) tangent(graphName(tensor), tensor);
  for (const tensor of point.cotangents) tangent(gradName(graphName(tensor)), tensor);
  return values;
}

function firstDifference(
  after: ReadonlyMap<string, BatchValue>,
  before: ReadonlyMap<string, BatchValue>,
  tolerance: number,
): Pick<ChangedNumber, "output" | "position" | "before" | "after"> | undefined {
  for (const [output, value] of before) {
    const [olds, news] = [numbersOf(value), numbersOf(after.get(output) as BatchValue)];
    // A value that all examples share may become each example's own, and the other way round.
    for (let position = 0; position < Math.max(olds.length, news.length); position++) {
      const was = olds[position % olds.length] as number;
      const is = news[position % news.length] as number;
      if (Object.is(is, was) || Math.abs(is - was) <= tolerance * Math.max(1, Math.abs(was))) continue;
      return { output, position, before: was, after: is };
    }
  }
  return undefined;
}
