/**
 * Scalar operations of the graph IR and how many operands each takes. Every table about them (values, derivatives,
 * printing) is a `Record<ScalarOp, …>`, so an operation added here is a type error until each table has its row.
 *
 * Functions that are compositions (`relu`, `gelu`, `silu`, `elu`, `tan`, `mean`, `softmax` …) are expanded when the
 * language is lowered and do not appear here.
 */
export const scalarArity = {
  neg: 1,
  abs: 1,
  sign: 1,
  floor: 1,
  round: 1,
  sqrt: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  sigmoid: 1,
  softplus: 1,
  erf: 1,
  atan: 1,
  stop_gradient: 1,
  not: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  pow: 2,
  min: 2,
  max: 2,
  lt: 2,
  le: 2,
  eq: 2,
  ne: 2,
  and: 2,
  or: 2,
  /**
   * Products and quotients in derivatives whose first operand, a cotangent or a tangent, stays zero where it is zero, also beside
   * an infinite or undefined second one: `v == 0 ? 0 : v * d` and `v == 0 ? 0 : v / x`.
   */
  strong_mul: 2,
  strong_div: 2,
  /** `clamp(x, low, high)`. */
  clamp: 3,
  /** `select(condition, whenTrue, whenFalse)`. */
  select: 3,
} as const;

export type ScalarOp = keyof typeof scalarArity;

/** Operations that give a truth value from two reals. */
export const comparisonOps: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["lt", "le", "eq", "ne"]);
/** Operations on truth values. */
export const logicalOps: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["and", "or", "not"]);
/** Operations whose result is a truth value or a whole number, or is declared to have no derivative. */
export const flatOps: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  ...comparisonOps, ...logicalOps, "sign", "floor", "round", "stop_gradient",
]); // prettier-ignore
/** Operations that choose, change a sign or make a whole number, and round nothing. */
export const unroundedOps: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  ...comparisonOps, ...logicalOps, "neg", "abs", "sign", "floor", "round", "stop_gradient", "min", "max", "clamp", "select",
]); // prettier-ignore
/** Whether the result may leave out an operand, or be at a kink where its derivative is 0. */
export const choosingOps: Readonly<Record<ScalarOp, boolean>> = {
  neg: false,
  abs: true,
  sign: false,
  floor: false,
  round: false,
  sqrt: false,
  exp: false,
  expm1: false,
  log: false,
  log1p: false,
  sin: false,
  cos: false,
  tanh: false,
  sigmoid: false,
  softplus: false,
  erf: false,
  atan: false,
  stop_gradient: false,
  not: false,
  add: false,
  sub: false,
  mul: false,
  div: false,
  pow: false,
  min: true,
  max: true,
  lt: false,
  le: false,
  eq: false,
  ne: false,
  and: false,
  or: false,
  strong_mul: false,
  strong_div: false,
  clamp: true,
  select: true,
};
