/**
 * What rounding may do, number by number: a function is computed as it is and again with every result disturbed at random by as much
 * as it would be rounded, a few times, and the deviation is observed (random rounding: J. Vignes, "A stochastic arithmetic for
 * reliable scientific computation", Math. Comput. Simul. 35, 1993). Unlike one tolerance for all, this follows the cell: it is wide
 * where sums cancel and narrow where they do not.
 *
 * Where rounding may carry a number across a jump, no deviation can be observed that says how far the result may be off: the
 * disturbed results are NaN from there on.
 */
import { at } from "../../base/at.js";
import { decided } from "../../base/decided.js";
import type { Random } from "../../../runtime/base/random.js";
import {
  type Arithmetic,
  type BatchValue,
  type Batched,
  evaluateWith,
  realArithmetic,
} from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import type { Tensor } from "../../ir/graph/tensor.js";
import type { GraphFunction, Operation, OperationKind } from "../../ir/graph/graph-function.js";
import { type ScalarOp, unroundedOps } from "../../ir/ops/scalar-ops.js";
import { unitOf } from "../calls/rounding.js";
import { distanceTo, type Tie, tiesOf } from "./ties.js";

/** The least normal number, and the least of all. */
const smallest = {
  f32: { normal: 2 ** -126, least: 2 ** -149 },
  f64: { normal: 2 ** -1022, least: 2 ** -1074 },
} as const;

/** A value as it is, and the same with rounding of its own, several times. */
export interface Rounded {
  readonly exact: Tensor;
  readonly disturbed: readonly Tensor[];
}

/** How often a function is disturbed. The few may all be small by chance: before an alarm more are looked at. */
export const sampleCounts = { usual: 4, thorough: 32 } as const;
export type SampleCount = keyof typeof sampleCounts;

/** A tie counts as near where it is no farther than this many times the deviation seen: the few samples may all be small. */
const margin = 4;

/** For each output of `fn` and each of its numbers the largest deviation seen, in the shape of the outputs; Infinity near a jump. */
export function roundingError(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  sizes: readonly SymbolSizes[],
  unit: number,
  random: Random,
  samples: number,
): BatchValue[] {
  const given = inputs.map((value) => unrounded(value, samples));
  return evaluateWith(roundingArithmetic(unit, random, samples), fn, given, sizes).map((value) =>
    "shared" in value ? { shared: deviation(value.shared) } : { examples: value.examples.map(deviation) },
  );
}

/** Inputs are as they are given. */
export function unrounded(value: BatchValue, samples: number): Batched<Rounded> {
  const known = (exact: Tensor): Rounded => ({ exact, disturbed: new Array<Tensor>(samples).fill(exact) });
  return "shared" in value ? { shared: known(value.shared) } : { examples: value.examples.map(known) };
}

function deviation({ exact, disturbed }: Rounded): Tensor {
  const off = (x: number, i: number): number => {
    // What is no number without any rounding is not so by rounding.
    if (!Number.isFinite(x)) return 0;
    const deviations = disturbed.map(({ data }) => Math.abs((data[i] as number) - x));
    return deviations.some(Number.isNaN) ? Infinity : Math.max(...deviations);
  };
  return { shape: exact.shape, data: exact.data.map(off) };
}

/** How far element `i` of the operands is from a tie, and how much of that is rounding; where that is not known, all. */
export function distanceFrom(
  tie: Tie,
  operands: readonly Rounded[],
  i: number,
): { readonly distance: number; readonly rounding: number } {
  const at = (tensors: readonly Tensor[]): number => {
    const numbers = tensors.map(({ data }) => data[i] as number);
    const [first] = numbers;
    // What is infinite in the same way, such as the logarithm of what is impossible, no change of finite numbers takes apart.
    const areAlike =
      tie.weights.length > 1 && Math.abs(first ?? 0) === Infinity && numbers.every((own) => own === first);
    return areAlike ? Infinity : distanceTo(tie, numbers);
  };
  const exact = at(operands.map((operand) => operand.exact));
  const deviations = operands[0]?.disturbed.map((_, k) => {
    const near = at(operands.map(({ disturbed }) => disturbed[k] as Tensor));
    // Infinity is as far from all numbers.
    return near === exact ? 0 : Math.abs(near - exact);
  });
  const spread = deviations === undefined || deviations.some(Number.isNaN) ? Infinity : Math.max(...deviations);
  return { distance: Math.abs(exact), rounding: margin * spread };
}

export function roundingArithmetic(unit: number, random: Random, samples: number): Arithmetic<Rounded> {
  const noises = Array.from({ length: samples }, () => noise(random.integer(2 ** 32)));
  const { normal, least } = unit === unitOf.f32 ? smallest.f32 : smallest.f64;
  const disturb = (value: Tensor, sizes: Tensor, rounds: number, own: (x: number) => number): Tensor => {
    const amount = 2 * unit * Math.sqrt(Math.max(1, rounds));
    // Below the normal numbers digits end at a fixed place; what is 0 for sure stays so, and what is infinite has no digits.
    const below = (x: number): number => (x !== 0 && Math.abs(x) < normal ? least : 0);
    const near = (x: number, size: number) => (Math.abs(x) === Infinity ? x : x + (amount * size + below(x)) * own(x));
    const data = value.data.map((x, i) => near(x, sizes.data[i] as number));
    return { shape: value.shape, data };
  };
  type Compute = (operands: readonly Tensor[], own: (x: number) => number) => Tensor;
  const inEach = (operands: readonly Rounded[], compute: Compute): Tensor[] =>
    noises.map((own, k) => {
      const disturbed = operands.map((operand) => at(operand.disturbed, k));
      return compute(disturbed, own);
    });
  return {
    apply: (operation, operands, sizes) => {
      const compute = (tensors: readonly Tensor[]): Tensor => realArithmetic.apply(operation, tensors, sizes);
      const exact = compute(operands.map((operand) => operand.exact));
      const disturbed = inEach(operands, (tensors, own) => {
        const value = compute(tensors);
        if (isExact(operation, unit)) return value;
        if (operation.kind === "map" || operation.kind === "constant") {
          const noisy = disturb(value, magnitudes(value), 1, own);
          const mayBeWhole = operation.kind === "map" && wholeOps.has(operation.op);
          return mayBeWhole ? keepWhole(tensors, value, noisy, unit) : noisy;
        }
        if (tensors.every(isWhole) && value.data.every((x) => Math.abs(x) <= 1 / unit)) return value;
        // A sum rounds after each term: by the size of its terms, not of what is left of them.
        return disturb(value, compute(tensors.map(magnitudes)), termsOf(tensors, exact), own);
      });
      if (operation.kind === "map") spoilUnknown(operation.op, operands, disturbed);
      return { exact, disturbed };
    },

    sum: (values) => ({
      exact: realArithmetic.sum(values.map(({ exact }) => exact)),
      disturbed: inEach(values, (tensors, own) =>
        disturb(realArithmetic.sum(tensors), realArithmetic.sum(tensors.map(magnitudes)), tensors.length, own),
      ),
    }),

    elementAt: ({ exact, disturbed }, t) => ({
      exact: realArithmetic.elementAt(exact, t),
      disturbed: disturbed.map((tensor) => realArithmetic.elementAt(tensor, t)),
    }),

    stack: (elements, shape) => ({
      exact: realArithmetic.stack(
        elements.map(({ exact }) => exact),
        shape,
      ),
      disturbed: inEach(elements, (tensors) => realArithmetic.stack(tensors, shape)),
    }),
  };
}

const wholeOps = decided<ScalarOp>()(
  [
    "add", "sub", "mul", "div",
  ],
  [
    "neg", "abs", "sign", "floor", "round", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid",
    "softplus", "erf", "atan", "stop_gradient", "not", "pow", "min", "max", "lt", "le", "eq", "ne", "and", "or",
    "strong_mul", "strong_div", "clamp", "select",
  ],
); // prettier-ignore

/** Of whole numbers a whole number, such as a quotient without rest, is made without rounding: what counts is not carried past the number it waits for. */
function keepWhole(operands: readonly Tensor[], exact: Tensor, noisy: Tensor, unit: number): Tensor {
  const isKept = (x: number, i: number): boolean =>
    Math.abs(x) <= 1 / unit && Number.isInteger(x) && operands.every(({ data }) => Number.isInteger(data[i]));
  return { shape: exact.shape, data: exact.data.map((x, i) => (isKept(x, i) ? x : (noisy.data[i] as number))) };
}

/** How many terms a sum has. */
const termsOf = (operands: readonly Tensor[], { data }: Tensor): number =>
  operands.reduce((most, operand) => Math.max(most, operand.data.length), 1) / Math.max(1, data.length);

/** Sums of these round nothing, as the ranks that elements are sorted by. */
const isWhole = ({ data }: Tensor): boolean => data.every(Number.isInteger);

const magnitudes = (tensor: Tensor): Tensor => ({ shape: tensor.shape, data: tensor.data.map(Math.abs) });

/** Kinds of operations that choose or move numbers and round none. */
const exactKinds = decided<OperationKind>()(
  [
    "dimension", "iota", "broadcast", "slice", "pad", "concat", "reshape", "transpose", "reverse", "window",
    "gather", "to_index", "custom_derivative",
  ],
  [
    "constant", "map", "reduce", "contract", "unwindow", "scatter_add", "batch_sum", "scan",
  ],
); // prettier-ignore

function isExact(operation: Operation, unit: number): boolean {
  if (operation.kind === "constant") return unit !== unitOf.f32 || Math.fround(operation.value) === operation.value;
  if (operation.kind === "map") return unroundedOps.has(operation.op);
  return exactKinds.has(operation.kind) || (operation.kind === "reduce" && operation.op !== "sum");
}

const jumps = decided<ScalarOp>()(
  [
    "lt", "le", "eq", "ne", "sign", "floor", "round",
  ],
  [
    "neg", "abs", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "softplus", "erf", "atan",
    "stop_gradient", "not", "add", "sub", "mul", "div", "pow", "min", "max", "and", "or", "strong_mul", "strong_div",
    "clamp", "select",
  ],
); // prettier-ignore

/**
 * Puts NaN where rounding may decide. A truth value that is not known is NaN as well; a choice by it is known where both branches
 * meet, as in `if x > 0 then x else 0` near 0.
 */
function spoilUnknown(op: ScalarOp, operands: readonly Rounded[], disturbed: readonly Tensor[]): void {
  const [x, y, z] = operands as readonly [Rounded, Rounded?, Rounded?];
  const isUnknown = (operand: Rounded | undefined, i: number): boolean =>
    operand?.disturbed.some(({ data }) => Number.isNaN(data[i])) === true;
  const spoils = (i: number): boolean => {
    if (jumps.has(op)) return tiesOf[op](x.exact.data[i] as number).some((tie) => mayReach(tie, operands, i));
    const decided = op === "and" ? 0 : 1;
    switch (op) {
      case "select":
        return isUnknown(x, i) && !mayReach({ weights: [1, -1], equals: 0 }, [y as Rounded, z as Rounded], i);
      case "not":
        return isUnknown(x, i);
      case "and":
      case "or": {
        const known = [x, y as Rounded].filter((operand) => !isUnknown(operand, i));
        return known.length < 2 && !known.some(({ exact }) => Number(exact.data[i] !== 0) === decided);
      }
      default:
        return false;
    }
  };
  for (const i of x.exact.data.keys()) {
    if (spoils(i)) for (const { data } of disturbed) data[i] = NaN;
  }
}

/** A tie of a number with itself is no matter of rounding. */
function mayReach(tie: Tie, operands: readonly Rounded[], i: number): boolean {
  const { distance, rounding } = distanceFrom(tie, operands, i);
  return rounding > 0 && distance <= rounding;
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
