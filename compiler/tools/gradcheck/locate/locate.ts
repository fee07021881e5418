/**
 * Finds the operation whose derivative rule is wrong, in a function whose derivative is known to be wrong.
 *
 * Reverse mode: the cotangent that each operation hands to each of its operands is compared with a measured one
 * (`watch-operands.ts`). Going backwards from the outputs, the first operation that hands on a wrong one got a right one itself, so
 * its own rule is at fault. Forward mode: the tangent of each value is compared (`watch-results.ts`), and the first wrong one in
 * the order of computation was made from right ones.
 */
import { typeOf } from "../../../ir/graph/values.js";
import { at } from "../../../base/at.js";
import type { BatchValue } from "../../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../../ir/graph/evaluate-rules.js";
import { elementCount, indexAt, type Tensor } from "../../../ir/graph/tensor.js";
import { GraphBuilder } from "../../../ir/graph/build.js";
import type { GraphFunction, Instruction, ValueId, ValueType } from "../../../ir/graph/graph-function.js";
import type { DerivativeRules } from "../../../passes/autodiff/derivative-rules.js";
import { gradientOf, tangentsOnly } from "../../../passes/autodiff/whole-derivatives.js";
import { evaluateDim } from "../../../base/types/dim.js";
import { agreedBySides, complexStep, mapSides, type Sides } from "../complex-step.js";
import { inputsOf, numbersOf } from "../graph-point.js";
import { dot } from "../../calls/compare.js";
import { examplesOf } from "../point.js";
import { reverseDisagrees } from "./disagree.js";
import { compareMoments, momentOf } from "./order.js";
import { outputsByName, type LocatedSubject, weightedOutputs } from "./subject.js";
import { type Shift, watchOperands } from "./watch-operands.js";
import { watchResults } from "./watch-results.js";
import { gradName, tangentName } from "../../../program/base/roles.js";

export interface FaultyOperation {
  readonly instruction: Instruction;
  /** The function it stands in, for names. */
  readonly fn: GraphFunction;
  /** The operand whose cotangent is wrong; undefined in forward mode, which looks at the result. */
  readonly operand: number | undefined;
  readonly example: number;
  /** Steps of the scans around it. */
  readonly steps: readonly number[];
  /** Which element of the operand or result. */
  readonly index: readonly number[];
  readonly analytic: number;
  readonly numeric: number;
}

/** Errors above this share of the size of the numbers are wrong rules; both sides are right to rounding. */
const tolerance = 1e-7;

export function locateInReverseMode({
  fn,
  context,
  values,
  sizes,
  rules,
}: LocatedSubject): FaultyOperation | undefined {
  const shift = soundShift(rules);
  const { fn: open, watched } = watchOperands(fn, context, shift);
  const all = new Map(values);
  for (const id of open.inputs.slice(fn.inputs.length)) {
    all.set(open.names[id] as string, zeroOf(typeOf(open, id), sizes));
  }
  const gradient = gradientOf(open, context, rules);
  const derived = outputsByName(gradient, all, sizes);
  const inputs = inputsOf(open, all);
  const weights = open.outputNames.flatMap((name) => numbersOf(all.get(gradName(name)) as BatchValue));
  const floor = 1e-6 * Math.max(...weights.map(Math.abs), Number.MIN_VALUE);

  /** The measured derivative by the input at position `at` in the given direction; undefined where it is not smooth. */
  const measure = (at: number, direction: BatchValue): number | undefined => {
    const step = complexStep(
      open,
      inputs,
      open.inputs.map((_, i) => (i === at ? direction : undefined)),
      sizes,
    );
    return agreedBySides(
      mapSides(step, (side) => weightedOutputs(open, all, side)),
      floor,
    );
  };

  let found: Timed | undefined;
  for (const [i, entry] of watched.entries()) {
    const position = fn.inputs.length + i;
    const contributed = examplesOf(derived.get(gradName(entry.input)) as BatchValue, sizes.length);
    // All elements at once, with weights that are unlikely to cancel; one by one only where that is wrong, or where some are at
    // a kink.
    const dense = contributed.map(({ shape, data }) => ({
      shape,
      data: data.map((_, j) => Math.cos(7 * j + 1) + 1.5),
    }));
    const sum = contributed.reduce((total, { data }, b) => total + dot(data, at(dense, b).data), 0);
    const measured = measure(position, { examples: dense });
    if (measured !== undefined && agree(sum, measured, floor)) continue;
    const measureAt = (example: number, place: number): number | undefined =>
      measure(position, { examples: contributed.map((one, b) => oneHot(one, b === example ? place : -1)) });
    found = latestWrong(entry, contributed, measureAt, { floor, shift, found });
  }
  return found;
}

/** When the operation ran beside what is wrong with it: backwards the first is the one that ran last. */
type Timed = FaultyOperation & { readonly moment: readonly number[] };

function latestWrong(
  entry: ReturnType<typeof watchOperands>["watched"][number],
  contributed: readonly Tensor[],
  measureAt: (example: number, place: number) => number | undefined,
  known: { readonly floor: number; readonly shift: Shift; readonly found: Timed | undefined },
): Timed | undefined {
  let { found } = known;
  for (const [example, tensor] of contributed.entries()) {
    for (let place = tensor.data.length - 1; place >= 0; place--) {
      const { steps, index } = splitIndex(tensor.shape, place, entry.scans.length);
      const moment = momentOf(entry, steps);
      if (found !== undefined && compareMoments(moment, found.moment) <= 0) continue;
      const numeric = measureAt(example, place);
      const analytic = tensor.data[place] as number;
      // At an edge there is nothing to measure, but what is infinite there spoils everything before it.
      if (numeric === undefined ? Number.isFinite(analytic) : agree(analytic, numeric, known.floor)) continue;
      const { instruction, operand } = entry;
      // By δ of o - δ the derivative has the other sign.
      const sign = known.shift === "add" ? 1 : -1;
      const numbers = { analytic: sign * analytic, numeric: sign * (numeric ?? NaN) };
      found = { instruction, fn: entry.fn, operand, example, steps, index, ...numbers, moment };
    }
  }
  return found;
}

/** δ enters by an operation whose own rule is right; of two that are wrong one is as good as the other. */
function soundShift(rules: DerivativeRules | undefined): Shift {
  const isSound = (shift: Shift): boolean => {
    const b = new GraphBuilder("shift");
    const [o, delta] = ["o", "delta"].map((name) => b.input(name, { dtype: "real", shape: [], shared: false }));
    const fn = b.finish([{ name: "y", value: b.map(shift, o as ValueId, delta as ValueId) }]);
    const one: BatchValue = { examples: [{ shape: [], data: Float64Array.of(1) }] };
    const values = new Map(["o", "delta", "grad.y"].map((name) => [name, one]));
    return !reverseDisagrees({ fn, context: b.context, values, sizes: [new Map()], rules });
  };
  return isSound("add") || !isSound("sub") ? "add" : "sub";
}

export function locateInForwardMode({
  fn,
  context,
  values,
  sizes,
  rules,
}: LocatedSubject): FaultyOperation | undefined {
  const { fn: shown, watched } = watchResults(fn, context);
  const derived = outputsByName(tangentsOnly(shown, context, rules), values, sizes);
  const direction = shown.inputs.map((id) => values.get(tangentName(shown.names[id] as string)));
  const step = complexStep(shown, inputsOf(shown, values), direction, sizes);
  const tangents = direction.flatMap((value) => (value === undefined ? [] : numbersOf(value)));
  const largest = Math.max(...tangents.map(Math.abs), Number.MIN_VALUE);

  let found: (FaultyOperation & { readonly moment: number[] }) | undefined;
  for (const [i, entry] of watched.entries()) {
    const position = fn.outputs.length + i;
    const count = countOf(at(step[0], position));
    const own = examplesOf(derived.get(tangentName(entry.output)) as BatchValue, count);
    const sides = mapSides(step, (side) => examplesOf(at(side, position), count));
    for (const [example, tensor] of own.entries()) {
      for (const [place, analytic] of tensor.data.entries()) {
        // A wrong rule may give numbers where there are none.
        const measured = mapSides(sides, (side) => side[example]?.data[place]);
        const numeric = measured[0] === undefined ? NaN : agreedBySides(measured as Sides<number>);
        if (numeric === undefined || agree(analytic, numeric, 1e-6 * largest)) continue;
        const { steps, index } = splitIndex(tensor.shape, place, entry.scans.length);
        const moment = momentOf(entry, steps);
        if (found !== undefined && compareMoments(moment, found.moment) >= 0) continue;
        const { instruction } = entry;
        found = { instruction, fn: entry.fn, operand: undefined, example, steps, index, analytic, numeric, moment };
      }
    }
  }
  return found;
}

function agree(analytic: number, numeric: number, floor: number): boolean {
  const off = Math.abs(analytic - numeric);
  return (
    analytic === numeric ||
    (off < Infinity && off <= tolerance * Math.max(Math.abs(analytic), Math.abs(numeric), floor))
  );
}

export function zeroOf({ shape, shared }: ValueType, sizes: readonly SymbolSizes[]): BatchValue {
  const make = (own: SymbolSizes): Tensor => {
    const concrete = shape.map((dim) => evaluateDim(dim, own));
    return { shape: concrete, data: new Float64Array(elementCount(concrete)) };
  };
  return shared ? { shared: make(at(sizes, 0)) } : { examples: sizes.map(make) };
}

/** One where all examples share the value. */
const countOf = (value: BatchValue): number => ("shared" in value ? 1 : value.examples.length);

function oneHot({ shape, data }: Tensor, place: number): Tensor {
  return { shape, data: data.map((_, i) => (i === place ? 1 : 0)) };
}

/** A position as the steps of scans and the index within the value. */
export function splitIndex(
  shape: readonly number[],
  place: number,
  scans: number,
): { readonly steps: readonly number[]; readonly index: readonly number[] } {
  const all = indexAt(shape, place);
  return { steps: all.slice(0, scans), index: all.slice(scans) };
}
