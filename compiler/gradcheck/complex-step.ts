/**
 * Derivatives by a complex step: for an analytic f is `f(x + ihv) = f(x) + ih f'(x) v + O(h²)`, so the imaginary part over h
 * is the derivative. Nothing is subtracted, so h can be so small that the rest vanishes and the result is right to rounding
 * (W. Squire, G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998).
 *
 * At a kink the step is decided as just beside the point in direction v (`complex-values.ts`), which gives the one-sided
 * derivative; the step to the other side gives the other one.
 */
import { type Batched, type BatchValue, evaluateWith } from "../ir/graph/evaluate.js";
import type { Sizes } from "../ir/graph/evaluate-rules.js";
import type { Tensor } from "../ir/graph/tensor.js";
import type { GraphFunction } from "../ir/graph/types.js";
import { type ComplexTensor, complexArithmetic, imaginary } from "./complex-arithmetic.js";

/**
 * So small that its square underflows, also where derivatives are large: what is left of it in the real part of a value that is 0
 * would hide that it is at a kink. So large that no derivative that matters underflows with it.
 */
const step = 2 ** -600;

export interface SidedDerivative {
  /** Derivatives of the outputs in the direction. */
  readonly right: readonly BatchValue[];
  /** The same from the other side, `-f'(x; -v)`; the very same value where no operation looked at the side. */
  readonly left: readonly BatchValue[];
  /** Are the outputs themselves different on the two sides? There is no derivative then. */
  readonly jumps: boolean;
}

/**
 * The derivative of all outputs of `fn` in one direction.
 *
 * @param inputs one value for each input of `fn`
 * @param direction the same, undefined where an input stays
 * @param options with `asComputed` the derivative of the values as they are, as if `stop_gradient` and declared
 *   derivatives were not there
 */
export function complexStep(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  direction: readonly (BatchValue | undefined)[],
  sizes: readonly Sizes[],
  options: { readonly asComputed?: boolean } = {},
): SidedDerivative {
  let decided = false;
  const arithmetic = complexArithmetic(() => (decided = true), options.asComputed ?? false);
  const towards = (by: number): readonly Batched<ComplexTensor>[] =>
    evaluateWith(
      arithmetic,
      fn,
      inputs.map((value, i) => shifted(value, direction[i], by)),
      sizes,
    );
  const above = towards(step);
  const right = above.map((value) => mapBatched(value, derivativeOf(step)));
  if (!decided) return { right, left: right, jumps: false };
  const below = towards(-step);
  const left = below.map((value) => mapBatched(value, derivativeOf(-step)));
  return { right, left, jumps: above.some((value, i) => differs(value, below[i] as Batched<ComplexTensor>)) };
}

/** More than by rounding: the two sides may be computed by different branches. */
function differs(a: Batched<ComplexTensor>, b: Batched<ComplexTensor>): boolean {
  const numbers = (value: Batched<ComplexTensor>): number[] =>
    ("shared" in value ? [value.shared] : value.examples).flatMap(({ re }) => [...re.data]);
  const others = numbers(b);
  return numbers(a).some((x, i) => {
    const y = others[i] as number;
    return x !== y && !(Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y)));
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
