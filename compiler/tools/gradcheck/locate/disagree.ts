/** Do the derivatives of a graph function differ from the measured ones? The question that is asked again and again. */
import { at } from "../../../base/at.js";
import type { BatchValue } from "../../../ir/graph/evaluate.js";
import type { Tensor } from "../../../ir/graph/tensor.js";
import { gradientOf, tangentsOnly } from "../../../passes/autodiff/whole-derivatives.js";
import { dot, maxAbs } from "../../calls/compare.js";
import { barAlong } from "../compare.js";
import { agreedBySides, complexStep, mapSides } from "../complex-step.js";
import { inputsOf, numbersOf } from "../graph-point.js";
import { outputsByName, roundingByName, type LocatedSubject, weightedOutputs } from "./subject.js";
import { gradName, tangentName } from "../../../program/base/roles.js";

const tolerance = 1e-6;

/** By one direction through all numbers of each input. */
export function reverseDisagrees({ fn, context, values, sizes, rules }: LocatedSubject): boolean {
  const gradient = gradientOf(fn, context, rules);
  const derived = outputsByName(gradient, values, sizes);
  const rounding = once(() => roundingByName(gradient, values, sizes));
  const inputs = inputsOf(fn, values);
  const names = fn.inputs.map((id) => gradName(fn.names[id] as string));
  const weights = fn.outputNames.flatMap((name) => numbersOf(values.get(gradName(name)) ?? nothing));
  const all = Math.max(...names.map((name) => maxAbs(numbersOf(derived.get(name) ?? nothing))), maxAbs(weights));
  return names.some((name, place) => {
    if (!derived.has(name)) return false;
    const direction = directionLike(at(inputs, place));
    const along = inputs.map((_, i) => (i === place ? direction : undefined));
    const step = complexStep(fn, inputs, along, sizes);
    const measured = agreedBySides(mapSides(step, (side) => weightedOutputs(fn, values, side)));
    if (measured === undefined) return false;
    const numbers = numbersOf(derived.get(name) as BatchValue);
    const floor = Math.max(1e-3 * maxAbs(numbers), 1e-6 * all, Number.MIN_VALUE);
    const sum = dot(numbers, numbersOf(direction));
    const bar = (): number => barAlong(numbersOf(rounding().get(name) as BatchValue), numbersOf(direction));
    return !agree(sum, measured, floor) && !isRounding(sum, measured, bar());
  });
}

/** By the tangents given. */
export function forwardDisagrees({ fn, context, values, sizes, rules }: LocatedSubject): boolean {
  const tangents = tangentsOnly(fn, context, rules);
  const derived = outputsByName(tangents, values, sizes);
  const rounding = once(() => roundingByName(tangents, values, sizes));
  const along = fn.inputs.map((id) => values.get(tangentName(fn.names[id] as string)));
  const step = complexStep(fn, inputsOf(fn, values), along, sizes);
  return fn.outputNames.some((output, i) => {
    const sides = mapSides(step, (side) => numbersOf(at(side, i)));
    const name = tangentName(output);
    const tangent = numbersOf(derived.get(name) as BatchValue);
    return sides[0].some((_, j) => {
      const measured = agreedBySides(mapSides(sides, (side) => side[j] as number));
      // Where no tangent reaches what is each example's own, the derived one is a zero that they share.
      const at = j % tangent.length;
      const analytic = tangent[at] as number;
      if (measured === undefined || agree(analytic, measured, 1e-6)) return false;
      return !isRounding(analytic, measured, numbersOf(rounding().get(name) as BatchValue)[at] as number);
    });
  });
}

/** NaN agrees with nothing, an infinity only with itself. */
function agree(analytic: number, numeric: number, floor: number): boolean {
  const off = Math.abs(analytic - numeric);
  const size = Math.max(Math.abs(analytic), Math.abs(numeric), floor);
  return analytic === numeric || (off < Infinity && off <= tolerance * size);
}

/** What is left of terms that cancel; looked at only where the two do not agree, because it takes the most time. */
const isRounding = (analytic: number, numeric: number, bar: number): boolean => Math.abs(analytic - numeric) <= 2 * bar;

/** Computed when it is first asked for. */
function once<T extends object>(compute: () => T): () => T {
  let known: T | undefined;
  return () => (known ??= compute());
}

const nothing: BatchValue = { examples: [] };

/** A direction through all numbers that are unlikely to cancel; of integers, which have none, zero. */
export function directionLike(value: BatchValue): BatchValue {
  const along = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map((_, i) => Math.cos(5 * i + 1) + 1.5) });
  return "shared" in value ? { shared: along(value.shared) } : { examples: value.examples.map(along) };
}
