/**
 * Derivatives by a complex step: for an analytic f is `f(x + ihv) = f(x) + ih f'(x) v + O(h²)`, so the imaginary part over h
 * is the derivative. Nothing is subtracted, so h can be so small that the rest vanishes and the result is right to rounding
 * (W. Squire, G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998).
 *
 * At a kink the step is decided as just beside the point in direction v (`complex-values.ts`), which gives the one-sided
 * derivative; the step to the other side gives the other one. A third step leaves ties as they are at the point, where an equality
 * may hold that holds on neither side, and a sign may be 0: derived gradients make the same choice there.
 */
import { at } from "../../base/at.js";
import { type Arithmetic, type Batched, type BatchValue, evaluateWith } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import type { Tensor } from "../../ir/graph/tensor.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { type ComplexTensor, complexArithmetic, imaginary } from "./complex-arithmetic.js";
import type { Decide } from "./complex-values.js";
import { distanceTo } from "./ties.js";
import { watchTies } from "./watch-ties.js";

/**
 * So small that its square underflows, also where derivatives are large: what is left of it in the real part of a value that is 0
 * would hide that it is at a kink. So large that no derivative that matters underflows with it.
 */
const step = 2 ** -600;

/** From the right; from the left, `-f'(x; -v)`; and with ties as they are at the point. The very same where there is no tie. */
export type Sides<V> = readonly [right: V, left: V, at: V];

export function mapSides<V, W>([right, left, at]: Sides<V>, change: (side: V) => W): Sides<W> {
  const first = change(right);
  return [first, left === right ? first : change(left), at === right ? first : change(at)];
}

/**
 * The derivative of all outputs of `fn` in one direction.
 *
 * @param inputs one value for each input of `fn`
 * @param direction the same, undefined where an input stays
 * @param options with `asComputed` the derivative of the values as they are, as if `stop_gradient` and declared
 *   derivatives were not there; `onTie` is told of every tie (`watch-ties.ts`) how fast operands approach or leave it
 * @returns the derivative of each output; of numbers that jump at the point NaN
 */
export function complexStep(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  direction: readonly (BatchValue | undefined)[],
  sizes: readonly SymbolSizes[],
  options: { readonly asComputed?: boolean; readonly onTie?: (speed: number) => void } = {},
): Sides<readonly BatchValue[]> {
  let decided = false;
  const arithmeticOf = (decide: Decide): Arithmetic<ComplexTensor> => complexArithmetic(decide, options.asComputed);
  const towards = (by: number, arithmetic: Arithmetic<ComplexTensor>): readonly Batched<ComplexTensor>[] =>
    evaluateWith(
      arithmetic,
      fn,
      inputs.map((value, i) => shifted(value, direction[i], by)),
      sizes,
    );
  const beside: Decide = (beyond) => {
    decided = true;
    return beyond;
  };
  const first = arithmeticOf(beside);
  const above = towards(step, options.onTie === undefined ? first : withSpeeds(first, options.onTie));
  if (!decided) {
    const right = above.map((value) => mapBatched(value, derivativeOf(step)));
    return [right, right, right];
  }
  const below = towards(-step, first);
  const here = towards(
    step,
    arithmeticOf(() => 0),
  );
  const sideOf = (values: readonly Batched<ComplexTensor>[], by: number): BatchValue[] =>
    values.map((value, i) =>
      withoutJumps(
        mapBatched(value, derivativeOf(by)),
        [above, below, here].map((side) => realParts(side[i])),
      ),
    );
  return [sideOf(above, step), sideOf(below, -step), sideOf(here, step)];
}

function withSpeeds(arithmetic: Arithmetic<ComplexTensor>, onTie: (speed: number) => void): Arithmetic<ComplexTensor> {
  return watchTies(
    arithmetic,
    ({ re }) => re,
    ({ re, im }, change) => ({ re: change(re), im: im && change(im) }),
    ({ weights }, operands, i) => {
      const speeds = operands.map(({ im }) => (im === undefined ? 0 : (im.data[i] as number)));
      onTie(Math.abs(distanceTo({ weights, equals: 0 }, speeds)) / step);
    },
  );
}

/**
 * What all sides say of one number; undefined where they differ, at a kink, and where there is no number.
 *
 * @param floor the size of a derivative below which there is only rounding
 */
export function agreedBySides([right, left, at]: Sides<number>, floor = 0): number | undefined {
  const size = Math.max(Math.abs(right), Math.abs(left), Math.abs(at), floor);
  const isSame = (side: number): boolean => side === right || Math.abs(side - right) <= 1e-9 * size;
  return isSame(left) && isSame(at) ? right : undefined;
}

const realParts = (value: Batched<ComplexTensor> | undefined): readonly Tensor[] =>
  value === undefined ? [] : "shared" in value ? [value.shared.re] : value.examples.map(({ re }) => re);

/** NaN for the derivatives of numbers that are not the same on each side. More than by rounding: other branches round otherwise. */
function withoutJumps(derivative: BatchValue, sides: readonly (readonly Tensor[])[]): BatchValue {
  let example = 0;
  return mapBatched(derivative, ({ shape, data }) => {
    const values = sides.map((side) => at(side, example).data);
    example++;
    return {
      shape,
      data: data.map((number, i) => {
        const own = values.map((numbers) => numbers[i] as number);
        const [most, least] = [Math.max(...own), Math.min(...own)];
        const isSame = most === least || most - least <= 1e-9 * Math.max(1, Math.abs(most), Math.abs(least));
        return isSame ? number : NaN;
      }),
    };
  });
}

function shifted(value: BatchValue, direction: BatchValue | undefined, by: number): Batched<ComplexTensor> {
  if (direction === undefined) return mapBatched(value, (re) => ({ re }));
  const scaled = mapBatched(direction, ({ shape, data }) => ({ shape, data: data.map((v) => v * by) }));
  if ("shared" in value && "shared" in scaled) return { shared: { re: value.shared, im: scaled.shared } };
  if ("examples" in value && "examples" in scaled) {
    return { examples: value.examples.map((re, b) => ({ re, im: scaled.examples[b] })) };
  }
  throw new TypeError("a shared value and a direction of each example, or the other way round");
}

const derivativeOf =
  (by: number) =>
  (value: ComplexTensor): Tensor => {
    const { shape, data } = imaginary(value);
    return { shape, data: data.map((im) => im / by) };
  };

function mapBatched<V, W>(value: Batched<V>, change: (one: V) => W): Batched<W> {
  return "shared" in value ? { shared: change(value.shared) } : { examples: value.examples.map(change) };
}
