/** Complex tensors for the evaluator: a real part, and an imaginary one where there is any. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { type Arithmetic, evaluateExample, type LocalOperation, realArithmetic } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import { reductionOf, type Tensor, zeros } from "../../ir/graph/tensor.js";
import type { Operation } from "../../ir/graph/graph-function.js";
import { flatOps, unroundedOps } from "../../ir/ops/scalar-ops.js";
import { scalarValues } from "../../ir/ops/scalar-values.js";
import { type Complex, complexValues, type Decide, order } from "./complex-values.js";

export interface ComplexTensor {
  readonly re: Tensor;
  /** Zero where it is left out, which saves most of the work: a step along one coordinate leaves most values real. */
  readonly im?: Tensor | undefined;
}

/**
 * @param decide called where real parts tie and the direction of the step would decide
 * @param asComputed the values as they are: changes go on through `stop_gradient`, and through a value whose derivative is
 *   declared instead of through the declaration
 */
export function complexArithmetic(decide: Decide, asComputed = false): Arithmetic<ComplexTensor> {
  return {
    apply: (operation, operands, sizes) => {
      const isStop = operation.kind === "map" && operation.op === "stop_gradient";
      if (asComputed && (isStop || operation.kind === "custom_derivative")) return at(operands, 0);
      if (operation.kind === "custom_derivative") return declared(operation, operands, sizes);
      const isReal = operands.every(({ im }) => im === undefined);
      if (operation.kind === "map" && !isReal) return map(operation, operands, decide);
      const re = realArithmetic.apply(
        operation,
        operands.map((operand) => operand.re),
        sizes,
      );
      if (isReal) return { re };
      if (operation.kind === "reduce" && operation.op !== "sum") {
        return extreme(operation.op, operation.axes, at(operands, 0), re.shape, decide);
      }
      if (operation.kind === "contract") return { re, im: productRule(operation, operands, sizes) };
      return { re, im: realArithmetic.apply(operation, linearOperands(operation, operands), sizes) };
    },

    sum: (values) => ({
      re: realArithmetic.sum(values.map(({ re }) => re)),
      im: values.every(({ im }) => im === undefined) ? undefined : realArithmetic.sum(values.map(imaginary)),
    }),

    elementAt: ({ re, im }, t) => ({
      re: realArithmetic.elementAt(re, t),
      im: im && realArithmetic.elementAt(im, t),
    }),

    stack: (elements, shape) => ({
      re: realArithmetic.stack(
        elements.map(({ re }) => re),
        shape,
      ),
      im: elements.every(({ im }) => im === undefined)
        ? undefined
        : realArithmetic.stack(elements.map(imaginary), shape),
    }),
  };
}

/** The value as it is computed, with the change that the declaration makes of those of the arguments. */
function declared(
  { tangent, arguments: count }: Extract<Operation, { kind: "custom_derivative" }>,
  [value, ...operands]: readonly ComplexTensor[],
  sizes: SymbolSizes,
): ComplexTensor {
  invariant(value !== undefined, "a declared derivative of nothing");
  if (operands.slice(0, count).every(({ im }) => im === undefined)) return { re: value.re };
  const inputs = operands.map((operand, i) => (i < count ? imaginary(operand) : operand.re));
  const [im] = evaluateExample(realArithmetic, tangent, inputs, sizes);
  return { re: value.re, im };
}

/** The imaginary part, also where it is zero. */
export function imaginary({ re, im }: ComplexTensor): Tensor {
  return im ?? zeros(re.shape);
}

/** Operations that are linear in these operands act on imaginary parts as on real ones; indices stay. */
function linearOperands(operation: LocalOperation, operands: readonly ComplexTensor[]): Tensor[] {
  const indexOperand = { gather: 1, scatter_add: 0 }[operation.kind as "gather" | "scatter_add"] as number | undefined;
  return operands.map((operand, i) => (i === indexOperand ? operand.re : imaginary(operand)));
}

/** The product of two imaginary parts is below the rounding of the real one and left out. */
function productRule(
  operation: Extract<Operation, { kind: "contract" }>,
  [a, b]: readonly ComplexTensor[],
  sizes: SymbolSizes,
): Tensor {
  invariant(a !== undefined && b !== undefined, "a product of fewer than two");
  const terms = [
    ...(a.im === undefined ? [] : [realArithmetic.apply(operation, [a.im, b.re], sizes)]),
    ...(b.im === undefined ? [] : [realArithmetic.apply(operation, [a.re, b.im], sizes)]),
  ];
  return realArithmetic.sum(terms);
}

const complexAt = ({ re, im }: ComplexTensor, i: number): Complex => ({
  re: re.data[i] as number,
  im: im === undefined ? 0 : (im.data[i] as number),
});

/**
 * What rounds has the real part that real numbers have: the complex form rounds otherwise, and with it a number that changes would no
 * longer tie with the same number that does not. The square of a step, as small as it is, would decide between 0 and 0.
 */
function map(
  { op }: Extract<Operation, { kind: "map" }>,
  operands: readonly ComplexTensor[],
  decide: Decide,
): ComplexTensor {
  const [compute, realOf] = [complexValues[op], scalarValues[op]];
  const { shape } = at(operands, 0).re;
  const [re, im] = [zeros(shape), zeros(shape)];
  const [x, y = x, z = x] = operands as readonly [ComplexTensor, ComplexTensor?, ComplexTensor?];
  for (let i = 0; i < re.data.length; i++) {
    const result = compute(decide, complexAt(x, i), complexAt(y, i), complexAt(z, i));
    re.data[i] = unroundedOps.has(op) ? result.re : realOf(complexAt(x, i).re, complexAt(y, i).re, complexAt(z, i).re);
    im.data[i] = result.im;
  }
  return flatOps.has(op) ? { re } : { re, im };
}

/** Of several greatest real parts the one that is greatest in the direction of the step; their mean where ties are left as they are. */
function extreme(
  op: "max" | "min",
  axes: readonly number[],
  source: ComplexTensor,
  shape: readonly number[],
  decide: Decide,
): ComplexTensor {
  const [re, im] = [zeros(shape), zeros(shape)];
  re.data.fill(op === "max" ? -Infinity : Infinity);
  const result = { re, im };
  const counts = new Float64Array(re.data.length);
  for (const [position, target] of reductionOf(source.re.shape, axes).targets.entries()) {
    const [own, found] = [complexAt(source, position), complexAt(result, target)];
    const beyond = counts[target] === 0 ? Infinity : (op === "max" ? 1 : -1) * order(decide, own, found);
    const count = beyond === 0 ? (counts[target] as number) + 1 : 1;
    // NaN goes on.
    if (beyond < 0) continue;
    counts[target] = count;
    re.data[target] = Number.isNaN(beyond) ? NaN : own.re;
    im.data[target] = count === 1 ? own.im : found.im + (own.im - found.im) / count;
  }
  return result;
}
