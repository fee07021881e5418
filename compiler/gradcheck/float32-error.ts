/**
 * How far float32 may be from float64, number by number: the same function is computed in float64 with every result disturbed
 * at random by as much as float32 rounds it, a few times, and the deviation observed (random rounding: J. Vignes, "A stochastic
 * arithmetic for reliable scientific computation", Math. Comput. Simul. 35, 1993). Unlike one tolerance for all, this follows the
 * cell: it is wide where sums cancel and narrow where they do not.
 */
import type { Random } from "../../runtime/random.js";
import { type Arithmetic, type BatchValue, evaluateWith, realArithmetic } from "../ir/graph/evaluate.js";
import type { Tensor } from "../ir/graph/tensor.js";
import type { Sizes } from "../ir/graph/evaluate-rules.js";
import type { GraphFunction, Operation, OperationKind } from "../ir/graph/types.js";
import { unroundedOps } from "../ops/scalar-ops.js";

const unit = 2 ** -24;
const samples = 4;

/** For each output of `fn` and each of its numbers the largest deviation seen. In the shape of the outputs. */
export function float32Error(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  sizes: readonly Sizes[],
  random: Random,
): BatchValue[] {
  const exact = evaluateWith(realArithmetic, fn, inputs, sizes);
  const others = Array.from({ length: samples }, () =>
    evaluateWith(roundedArithmetic(noise(random.integer(2 ** 32))), fn, inputs, sizes),
  );
  const worst = (truth: Tensor, seen: readonly Tensor[]): Tensor => ({
    shape: truth.shape,
    data: truth.data.map((x, i) => {
      const deviations = seen.map(({ data }) => Math.abs((data[i] as number) - x));
      return deviations.some(Number.isNaN) ? Infinity : Math.max(...deviations);
    }),
  });
  return exact.map((value, i) => {
    const seen = others.map((outputs) => tensorsOf(outputs[i] as BatchValue));
    const deviations = tensorsOf(value).map((truth, b) =>
      worst(
        truth,
        seen.map((tensors) => tensors[b] as Tensor),
      ),
    );
    return "shared" in value ? { shared: deviations[0] as Tensor } : { examples: deviations };
  });
}

const tensorsOf = (value: BatchValue): readonly Tensor[] => ("shared" in value ? [value.shared] : value.examples);

/** Operations that choose or move numbers and round none. */
const exactKinds: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "constant", "dimension", "broadcast", "slice", "pad", "concat", "reshape", "transpose", "reverse", "gather",
  "custom_derivative",
]); // prettier-ignore

function isExact(operation: Operation): boolean {
  if (operation.kind === "map") return unroundedOps.has(operation.op);
  return exactKinds.has(operation.kind) || (operation.kind === "reduce" && operation.op !== "sum");
}

/**
 * Numbers in [-1, 1] that look random, always the same for the same number: so does rounding, and a value that is computed twice, for
 * forward and again for backward, must not differ from itself.
 */
function noise(seed: number): (x: number) => number {
  const float = new Float64Array(1);
  const words = new Int32Array(float.buffer);
  return (x) => {
    float[0] = x;
    let hash = seed;
    for (const word of words) {
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
      hash = Math.imul(hash, 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    return hash / 2 ** 31;
  };
}

function roundedArithmetic(random: (x: number) => number): Arithmetic<Tensor> {
  const disturb = (value: Tensor, sizes: Tensor, rounds: number): Tensor => {
    const amount = 2 * unit * Math.sqrt(Math.max(1, rounds));
    const data = value.data.map((x, i) => x + amount * (sizes.data[i] as number) * random(x));
    return { shape: value.shape, data };
  };
  const magnitudes = (tensor: Tensor): Tensor => ({ shape: tensor.shape, data: tensor.data.map(Math.abs) });
  return {
    ...realArithmetic,
    apply: (operation, operands, sizes) => {
      const exact = realArithmetic.apply(operation, operands, sizes);
      if (isExact(operation)) return exact;
      if (operation.kind === "map") return disturb(exact, magnitudes(exact), 1);
      // A sum rounds after each term: by the size of its terms, not of what is left of them.
      const terms = realArithmetic.apply(operation, operands.map(magnitudes), sizes);
      const count =
        operands.reduce((most, { data }) => Math.max(most, data.length), 1) / Math.max(1, exact.data.length);
      return disturb(exact, terms, count);
    },
    sum: (values) => disturb(realArithmetic.sum(values), realArithmetic.sum(values.map(magnitudes)), values.length),
  };
}
