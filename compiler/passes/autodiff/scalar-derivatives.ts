/**
 * Local derivatives of the scalar operations: for each operand the linear map `v -> ∂f/∂xᵢ · v`, as graph values.
 * A scalar's derivative is its own transpose, so forward mode applies it to tangents and reverse mode to cotangents.
 * `undefined`: the derivative is zero everywhere it exists. What happens at kinks: spec/autodiff.md.
 */
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";

/** The operation being differentiated: values of its operands and result are asked for only where a formula needs them. */
export interface ScalarSite {
  readonly b: GraphBuilder;
  /** Value of operand `i`. */
  x(i: number): ValueId;
  /** Value of the result. */
  y(): ValueId;
  /** `value` repeated over the shape of the result. */
  c(value: number): ValueId;
  /** Whether this tangent or cotangent may hold strong zeros (`strong-zeros.ts`). */
  isStrong(v: ValueId): boolean;
  /** Whether a value, in `b`, is known to be finite. */
  isFinite(value: ValueId): boolean;
  /** Whether operand `i` is known to be above 0. */
  isPositive(i: number): boolean;
}

export type TangentMap = (v: ValueId) => ValueId;
type ScalarRule = (site: ScalarSite) => readonly (TangentMap | undefined)[];

const none1: ScalarRule = () => [undefined];
const none2: ScalarRule = () => [undefined, undefined];

/** `v` where the condition holds, else 0. */
function keepWhere({ b, c }: ScalarSite, condition: ValueId, v: ValueId): ValueId {
  return b.map("select", condition, v, c(0));
}

/** `v` where `low < high`, half of it at a tie, else 0, whatever `v` is. */
function keepWinner({ b, c }: ScalarSite, low: ValueId, high: ValueId, v: ValueId): ValueId {
  const half = b.map("select", b.map("eq", low, high), b.map("mul", v, c(0.5)), c(0));
  return b.map("select", b.map("lt", low, high), v, half);
}

/** `v` times a local derivative, which may be infinite or NaN where a strong zero is. */
function times({ b, isStrong, isFinite }: ScalarSite, v: ValueId, factor: ValueId): ValueId {
  return b.map(isStrong(v) && !isFinite(factor) ? "strong_mul" : "mul", v, factor);
}

/** `v` by operand `i` of the operation. */
function over(site: ScalarSite, v: ValueId, i: number): ValueId {
  const { b, x, isStrong, isFinite, isPositive } = site;
  const isHarmless = !isStrong(v) || (isFinite(x(i)) && isPositive(i));
  return b.map(isHarmless ? "div" : "strong_div", v, x(i));
}

/**
 * For operations whose derivative is infinite or undefined at the edge of what they are defined on, 0: a zero stays zero there,
 * whoever it is from. So a norm of zeros has the derivative 0 where what is made of it has, and a direction that does not change the
 * operand changes nothing.
 */
function atEdge(
  { isStrong, isPositive }: ScalarSite,
  v: ValueId,
  operation: "mul" | "div",
): "mul" | "div" | `strong_${"mul" | "div"}` {
  return isStrong(v) || !isPositive(0) ? `strong_${operation}` : operation;
}

export const scalarDerivatives: Readonly<Record<ScalarOp, ScalarRule>> = {
  // -1
  neg: ({ b }) => [(v) => b.map("neg", v)],
  // sign(x); 0 at 0, whatever v is there; a strong zero stays zero, whatever x is
  abs: ({ b, x, c, isStrong }) => [
    (v) => {
      const sign = b.map("sign", x(0));
      if (!isStrong(v)) return b.map("strong_mul", sign, v);
      return b.map("select", b.map("eq", x(0), c(0)), c(0), b.map("strong_mul", v, sign));
    },
  ],
  sign: none1,
  floor: none1,
  round: none1,
  // 1 / (2 sqrt x)
  sqrt: (site) => [(v) => site.b.map(atEdge(site, v, "div"), site.b.map("mul", v, site.c(0.5)), site.y())],
  exp: (site) => [(v) => times(site, v, site.y())],
  // exp(x), from x: y + 1 would lose what expm1 keeps for very negative x
  expm1: (site) => [(v) => times(site, v, site.b.map("exp", site.x(0)))],
  log: (site) => [(v) => site.b.map(atEdge(site, v, "div"), v, site.x(0))],
  // Nothing is known of the sign of 1 + x.
  log1p: ({ b, x, c }) => [(v) => b.map("strong_div", v, b.map("add", x(0), c(1)))],
  sin: (site) => [(v) => times(site, v, site.b.map("cos", site.x(0)))],
  cos: (site) => [(v) => site.b.map("neg", times(site, v, site.b.map("sin", site.x(0))))],
  // 1 - y²
  tanh: (site) => {
    const { b, y, c } = site;
    return [(v) => times(site, v, b.map("sub", c(1), b.map("mul", y(), y())))];
  },
  // y (1 - y)
  sigmoid: (site) => {
    const { b, y, c } = site;
    return [(v) => times(site, v, b.map("mul", y(), b.map("sub", c(1), y())))];
  },
  softplus: (site) => [(v) => times(site, v, site.b.map("sigmoid", site.x(0)))],
  // 2/sqrt(π) exp(-x²)
  erf: (site) => {
    const { b, x, c } = site;
    // Beyond 30 it is 0 in either precision; its own derivative, 0 times x, must not meet infinity.
    const near = (): ValueId => b.map("clamp", x(0), c(-30), c(30));
    const gauss = (): ValueId => b.map("exp", b.map("neg", b.map("mul", near(), near())));
    return [(v) => times(site, v, b.map("mul", c(2 / Math.sqrt(Math.PI)), gauss()))];
  },
  // 1 / (1 + x²)
  atan: ({ b, x, c, isStrong, isFinite }) => [
    (v) => {
      const below = b.map("add", c(1), b.map("mul", x(0), x(0)));
      return b.map(isStrong(v) && !isFinite(x(0)) ? "strong_div" : "div", v, below);
    },
  ],
  stop_gradient: none1,
  not: none1,
  add: () => [(v) => v, (v) => v],
  sub: ({ b }) => [(v) => v, (v) => b.map("neg", v)],
  mul: (site) => [(v) => times(site, v, site.x(1)), (v) => times(site, v, site.x(0))],
  // 1/b and -y/b
  div: (site) => [
    (v) => over(site, v, 1),
    (v) => site.b.map("neg", times(site, v, site.b.map("div", site.y(), site.x(1)))),
  ],
  // the same once more; where v is 0, the second operand may be anything, and so may its tangent
  strong_mul: ({ b, x }) => [(v) => b.map("strong_mul", v, x(1)), (v) => b.map("strong_mul", x(0), v)],
  strong_div: ({ b, x, y }) => [
    (v) => b.map("strong_div", v, x(1)),
    (v) => b.map("neg", b.map("strong_mul", y(), b.map("strong_div", v, x(1)))),
  ],
  // b a^(b-1), also where that is 0 times infinity, and y log a, which is 0 at a = 0
  pow: (site) => {
    const { b, x, y, c } = site;
    return [
      (v) => {
        const power = b.map("pow", x(0), b.map("sub", x(1), c(1)));
        return b.map(atEdge(site, v, "mul"), v, b.map("strong_mul", x(1), power));
      },
      (v) => {
        const isZero = b.map("eq", x(0), c(0));
        const logarithm = b.map("log", b.map("select", isZero, c(1), x(0)));
        return b.map("select", isZero, c(0), b.map(atEdge(site, v, "mul"), v, b.map("mul", y(), logarithm)));
      },
    ];
  },
  // the smaller one, half each at a tie
  min: (site) => [(v) => keepWinner(site, site.x(0), site.x(1), v), (v) => keepWinner(site, site.x(1), site.x(0), v)],
  max: (site) => [(v) => keepWinner(site, site.x(1), site.x(0), v), (v) => keepWinner(site, site.x(0), site.x(1), v)],
  lt: none2,
  le: none2,
  eq: none2,
  ne: none2,
  and: none2,
  or: none2,
  // x inside [low, high], the bounds included; a bound where it is strictly passed
  clamp: (site) => {
    const { b, x } = site;
    return [
      (v) => keepWhere(site, b.map("and", b.map("le", x(1), x(0)), b.map("le", x(0), x(2))), v),
      (v) => keepWhere(site, b.map("and", b.map("lt", x(0), x(1)), b.map("le", x(1), x(2))), v),
      (v) => keepWhere(site, b.map("lt", x(2), b.map("max", x(0), x(1))), v),
    ];
  },
  select: (site) => [
    undefined,
    (v) => keepWhere(site, site.x(0), v),
    (v) => site.b.map("select", site.x(0), site.c(0), v),
  ],
};
