/** Operations element by element as scalar operations: a row for each. Operands have one shape. */
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import type { ElementwiseName } from "../../language/semantics/builtins.js";

/** `exponent`: of a power, where it is a literal. */
type ElementwiseLowering = (
  builder: GraphBuilder,
  operands: readonly ValueId[],
  exponent: number | undefined,
) => ValueId;

const direct =
  (op: ScalarOp): ElementwiseLowering =>
  (b, operands) =>
    b.map(op, ...operands);

const swapped =
  (op: ScalarOp): ElementwiseLowering =>
  (b, [x, y]) =>
    b.map(op, y as ValueId, x as ValueId);

const unary =
  (lowering: (b: GraphBuilder, x: ValueId, constant: (value: number) => ValueId) => ValueId): ElementwiseLowering =>
  (b, [x]) =>
    lowering(b, x as ValueId, (value) => b.constantOf(value, b.shapeOf(x as ValueId)));

export const elementwiseLowerings: Readonly<Record<ElementwiseName, ElementwiseLowering>> = {
  "+": direct("add"),
  "-": direct("sub"),
  "*": direct("mul"),
  "/": direct("div"),
  // With the sign of b, as places in a circle need it.
  mod: (b, [x = 0, y = 0]) => b.map("sub", x, b.map("mul", y, b.map("floor", b.map("div", x, y)))),
  "^": lowerPower,
  "<": direct("lt"),
  "<=": direct("le"),
  ">": swapped("lt"),
  ">=": swapped("le"),
  "==": direct("eq"),
  "!=": direct("ne"),
  and: direct("and"),
  or: direct("or"),
  not: direct("not"),
  negate: direct("neg"),
  if: direct("select"),
  sigmoid: direct("sigmoid"),
  tanh: direct("tanh"),
  // NaN fails the comparison, so it passes.
  relu: unary((b, x, constant) => b.map("select", b.map("le", x, constant(0)), constant(0), x)),
  leaky_relu: (b, [x = 0, slope]) => {
    const shape = b.shapeOf(x);
    const below = b.map("mul", slope ?? b.constantOf(0.01, shape), x);
    return b.map("select", b.map("le", x, b.constantOf(0, shape)), below, x);
  },
  // The inner choice keeps expm1 from overflowing where its result is not taken.
  elu: unary((b, x, constant) => {
    const isPositive = b.map("lt", constant(0), x);
    return b.map("select", isPositive, x, b.map("expm1", b.map("select", isPositive, constant(0), x)));
  }),
  gelu: unary((b, x, constant) => {
    const inside = b.map("erf", b.map("mul", x, constant(Math.SQRT1_2)));
    return b.map("mul", b.map("mul", x, constant(0.5)), b.map("add", constant(1), inside));
  }),
  silu: unary((b, x) => b.map("mul", x, b.map("sigmoid", x))),
  softplus: direct("softplus"),
  log_sigmoid: unary((b, x) => b.map("neg", b.map("softplus", b.map("neg", x)))),
  softsign: unary((b, x, constant) => b.map("div", x, b.map("add", constant(1), b.map("abs", x)))),
  hard_sigmoid: unary((b, x, constant) =>
    b.map("clamp", b.map("add", b.map("div", x, constant(6)), constant(0.5)), constant(0), constant(1)),
  ),
  hard_tanh: unary((b, x, constant) => b.map("clamp", x, constant(-1), constant(1))),
  exp: direct("exp"),
  expm1: direct("expm1"),
  log: direct("log"),
  log1p: direct("log1p"),
  sqrt: direct("sqrt"),
  square: unary((b, x) => b.map("mul", x, x)),
  abs: direct("abs"),
  sign: direct("sign"),
  sin: direct("sin"),
  cos: direct("cos"),
  tan: unary((b, x) => b.map("div", b.map("sin", x), b.map("cos", x))),
  // Two values that are accurate near 0, of opposite sign.
  sinh: unary((b, x, constant) =>
    b.map("mul", b.map("sub", b.map("expm1", x), b.map("expm1", b.map("neg", x))), constant(0.5)),
  ),
  cosh: unary((b, x, constant) =>
    b.map("mul", b.map("add", b.map("exp", x), b.map("exp", b.map("neg", x))), constant(0.5)),
  ),
  asinh: unary(lowerAsinh),
  // log1p(t + sqrt(t (t + 2))) of t = x - 1, by two roots, as the product may overflow
  acosh: unary((b, x, constant) => {
    const above = b.map("sub", x, constant(1));
    const roots = b.map("mul", b.map("sqrt", above), b.map("sqrt", b.map("add", x, constant(1))));
    return b.map("log1p", b.map("add", above, roots));
  }),
  atanh: unary((b, x, constant) =>
    b.map("mul", b.map("sub", b.map("log1p", x), b.map("log1p", b.map("neg", x))), constant(0.5)),
  ),
  atan: direct("atan"),
  asin: unary((b, x, constant) => {
    const cosine = b.map(
      "mul",
      b.map("sqrt", b.map("sub", constant(1), x)),
      b.map("sqrt", b.map("add", constant(1), x)),
    );
    return b.map("mul", constant(2), b.map("atan", b.map("div", x, b.map("add", constant(1), cosine))));
  }),
  // Of |x|, by choices instead of `abs`, and turned round for those below 0: a quotient of half angles that is accurate near 1.
  acos: unary((b, x, constant) => {
    const isNegative = b.map("lt", x, constant(0));
    const size = b.map("select", isNegative, b.map("neg", x), x);
    const quotient = b.map("div", b.map("sub", constant(1), size), b.map("add", constant(1), size));
    const angle = b.map("mul", constant(2), b.map("atan", b.map("sqrt", quotient)));
    return b.map("select", isNegative, b.map("sub", constant(Math.PI), angle), angle);
  }),
  atan2: lowerAtan2,
  erf: direct("erf"),
  floor: direct("floor"),
  round: direct("round"),
  min: direct("min"),
  max: direct("max"),
  clamp: direct("clamp"),
  stop_gradient: direct("stop_gradient"),
};

/**
 * `log1p(a + a * (a / (1 + sqrt(1 + a * a))))` of a = |x|, with the sign of x. By choices instead of `abs` and `sign`, which have no
 * derivative at 0. Beyond 2^60 the quotient is 1, and nothing overflows.
 */
function lowerAsinh(b: GraphBuilder, x: ValueId, constant: (value: number) => ValueId): ValueId {
  const isNegative = b.map("lt", x, constant(0));
  const size = b.map("select", isNegative, b.map("neg", x), x);
  const held = b.map("min", size, constant(2 ** 60));
  const root = b.map("sqrt", b.map("add", constant(1), b.map("mul", held, held)));
  const quotient = b.map("div", held, b.map("add", constant(1), root));
  const value = b.map("log1p", b.map("add", size, b.map("mul", size, quotient)));
  return b.map("select", isNegative, b.map("neg", value), value);
}

/**
 * By the quotient of the two that is at most 1, turned to its eighth of the circle. What it divides by is 1 at the origin. A y of -0
 * counts as 0.
 */
function lowerAtan2(b: GraphBuilder, [y = 0, x = 0]: readonly ValueId[]): ValueId {
  const constant = (value: number): ValueId => b.constantOf(value, b.shapeOf(x));
  const isSteep = b.map("lt", b.map("abs", x), b.map("abs", y));
  const [above, below] = [b.map("select", isSteep, x, y), b.map("select", isSteep, y, x)];
  const isOrigin = b.map("and", b.map("eq", x, constant(0)), b.map("eq", y, constant(0)));
  const divisor = b.map("select", isOrigin, constant(1), below);
  const angle = b.map("atan", b.map("div", b.map("select", isOrigin, constant(0), above), divisor));
  const isBelow = b.map("lt", y, constant(0));
  const isLeft = b.map("lt", x, constant(0));
  const steep = b.map("sub", b.map("select", isBelow, constant(-Math.PI / 2), constant(Math.PI / 2)), angle);
  const half = b.map("select", isBelow, constant(-Math.PI), constant(Math.PI));
  return b.map("select", isSteep, steep, b.map("select", isLeft, b.map("add", half, angle), angle));
}

/** Small whole exponents are products, halves are roots: exact where `pow` need not be. */
function lowerPower(b: GraphBuilder, [x = 0, y = 0]: readonly ValueId[], exponent: number | undefined): ValueId {
  const one = (): ValueId => b.constantOf(1, b.shapeOf(x));
  if (exponent === undefined) return b.map("pow", x, y);
  const root = Math.abs(exponent) === 0.5;
  if (!root && !(Number.isInteger(exponent) && Math.abs(exponent) <= 4)) return b.map("pow", x, y);
  if (exponent === 0) return one();
  const positive = root ? b.map("sqrt", x) : product(b, x, Math.abs(exponent));
  return exponent > 0 ? positive : b.map("div", one(), positive);
}

function product(b: GraphBuilder, x: ValueId, count: number): ValueId {
  if (count === 1) return x;
  const square = b.map("mul", x, x);
  if (count === 2) return square;
  return b.map("mul", square, count === 3 ? x : square);
}
