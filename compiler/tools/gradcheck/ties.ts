/**
 * Where scalar operations choose: on the two sides of a tie they have another value or another derivative. A tie is where a weighted
 * sum of the operands equals a number.
 */
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";

export interface Tie {
  /** One for each operand that matters. */
  readonly weights: readonly number[];
  readonly equals: number;
}

const between: readonly Tie[] = [{ weights: [1, -1], equals: 0 }];
const atZero: readonly Tie[] = [{ weights: [1], equals: 0 }];
const wholeNumbers = (below: number): Tie[] => [below, below + 1].map((equals) => ({ weights: [1], equals }));
const none = (): readonly Tie[] => [];

/** The ties nearest to operands, of which only the first is given: where it lies between two of them, both. */
export const tiesOf: Readonly<Record<ScalarOp, (x: number) => readonly Tie[]>> = {
  neg: none,
  abs: () => atZero,
  sign: () => atZero,
  floor: (x) => wholeNumbers(Math.floor(x)),
  round: (x) => wholeNumbers(Math.floor(x - 0.5) + 0.5),
  // At the edge of what they are defined on there is nothing on the other side, which everybody sees.
  sqrt: none,
  log: none,
  log1p: none,
  pow: none,
  exp: none,
  expm1: none,
  sin: none,
  cos: none,
  tanh: none,
  sigmoid: none,
  softplus: none,
  erf: none,
  atan: none,
  stop_gradient: none,
  not: none,
  and: none,
  or: none,
  select: none,
  add: none,
  sub: none,
  mul: none,
  div: none,
  strong_mul: none,
  strong_div: none,
  min: () => between,
  max: () => between,
  lt: () => between,
  le: () => between,
  eq: () => between,
  ne: () => between,
  clamp: () => [
    { weights: [1, -1], equals: 0 },
    { weights: [1, 0, -1], equals: 0 },
  ],
};

/** Does it choose anywhere? */
export const hasTies = (op: ScalarOp): boolean => tiesOf[op] !== none;

/** How far operands are from a tie, with a sign. */
export function distanceTo({ weights, equals }: Tie, operands: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * (operands[i] as number), -equals);
}
