/** Do the derivatives of a graph function differ from the measured ones? The question that is asked again and again. */
import type { BatchValue } from "../../ir/graph/evaluate.js";
import type { Tensor } from "../../ir/graph/tensor.js";
import { gradientOf, tangentsOnly } from "../../transform/pipeline.js";
import { dot, maxAbs } from "../compare.js";
import { agreedBySides, complexStep, mapSides } from "../complex-step.js";
import { inputsOf, numbersOf } from "../graph-point.js";
import { outputsByName, type Subject, weightedOutputs } from "./subject.js";

const tolerance = 1e-6;

/** By one direction through all numbers of each input. */
export function reverseDisagrees({ fn, context, values, sizes, rules }: Subject): boolean {
  const derived = outputsByName(gradientOf(fn, context, rules), values, sizes);
  const inputs = inputsOf(fn, values);
  const gradients = fn.inputs.map((id) => derived.get(`grad.${fn.names[id] as string}`));
  const weights = fn.outputNames.flatMap((name) => numbersOf(values.get(`grad.${name}`) ?? nothing));
  const all = Math.max(...gradients.map((gradient) => maxAbs(numbersOf(gradient ?? nothing))), maxAbs(weights));
  return gradients.some((gradient, at) => {
    if (gradient === undefined) return false;
    const direction = directionLike(inputs[at] as BatchValue);
    const along = inputs.map((_, i) => (i === at ? direction : undefined));
    const step = complexStep(fn, inputs, along, sizes);
    const measured = agreedBySides(mapSides(step, (side) => weightedOutputs(fn, values, side)));
    const numbers = numbersOf(gradient);
    const floor = Math.max(1e-3 * maxAbs(numbers), 1e-6 * all, Number.MIN_VALUE);
    return measured !== undefined && !agree(dot(numbers, numbersOf(direction)), measured, floor);
  });
}

/** By the tangents given. */
export function forwardDisagrees({ fn, context, values, sizes, rules }: Subject): boolean {
  const derived = outputsByName(tangentsOnly(fn, context, rules), values, sizes);
  const along = fn.inputs.map((id) => values.get(`tangent.${fn.names[id] as string}`));
  const step = complexStep(fn, inputsOf(fn, values), along, sizes);
  return fn.outputNames.some((name, i) => {
    const sides = mapSides(step, (side) => numbersOf(side[i] as BatchValue));
    const tangent = numbersOf(derived.get(`tangent.${name}`) as BatchValue);
    return sides[0].some((_, j) => {
      const measured = agreedBySides(mapSides(sides, (side) => side[j] as number));
      // Where no tangent reaches what is each example's own, the derived one is a zero that they share.
      return measured !== undefined && !agree(tangent[j % tangent.length] as number, measured, 1e-6);
    });
  });
}

/** NaN agrees with nothing, an infinity only with itself. */
function agree(analytic: number, numeric: number, floor: number): boolean {
  const off = Math.abs(analytic - numeric);
  const size = Math.max(Math.abs(analytic), Math.abs(numeric), floor);
  return analytic === numeric || (off < Infinity && off <= tolerance * size);
}

const nothing: BatchValue = { examples: [] };

/** A direction through all numbers that are unlikely to cancel; of integers, which have none, zero. */
export function directionLike(value: BatchValue): BatchValue {
  const along = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map((_, i) => Math.cos(5 * i + 1) + 1.5) });
  return "shared" in value ? { shared: along(value.shared) } : { examples: value.examples.map(along) };
}
