/**
 * Local derivatives of the scalar operations: for each operand the linear map `v -> ∂f/∂xᵢ · v`, as graph values.
 * A scalar's derivative is its own transpose, so forward mode applies it to tangents and reverse mode to cotangents.
 * `undefined`: the derivative is zero everywhere it exists. What happens at kinks: spec/autodiff.md.
 */
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/types.js";
import type { ScalarOp } from "../../ops/scalar-ops.js";

/** The operation being differentiated: values of its operands and result are asked for only where a formula needs them. */
export interface ScalarSite {
  readonly b: GraphBuilder;
  /** Value of operand `i`. */
  x(i: number): ValueId;
  /** Value of the result. */
  y(): ValueId;
  /** `value` repeated over the shape of the result. */
  c(value: number): ValueId;
}

export type LinearMap = (v: ValueId) => ValueId;
type Rule = (site: ScalarSite) => readonly (LinearMap | undefined)[];

const none1: Rule = () => [undefined];
const none2: Rule = () => [undefined, undefined];

/** `v` where the condition holds, else 0. */
function keepWhere({ b, c }: ScalarSite, condition: ValueId, v: ValueId): ValueId {
  return b.map("select", condition, v, c(0));
}

/** 1 where `low < high`, ½ at a tie, else 0. */
function winner({ b, c }: ScalarSite, low: ValueId, high: ValueId): ValueId {
  return b.map("select", b.map("lt", low, high), c(1), b.map("select", b.map("eq", low, high), c(0.5), c(0)));
}

export const scalarDerivatives: Readonly<Record<ScalarOp, Rule>> = {
  // -1
  neg: ({ b }) => [(v) => b.map("neg", v)],
  // sign(x); 0 at 0
  abs: ({ b, x }) => [(v) => b.map("mul", v, b.map("sign", x(0)))],
  sign: none1,
  floor: none1,
  round: none1,
  // 1 / (2 sqrt x)
  sqrt: ({ b, y, c }) => [(v) => b.map("div", b.map("mul", v, c(0.5)), y())],
  exp: ({ b, y }) => [(v) => b.map("mul", v, y())],
  // exp(x), from x: y + 1 would lose what expm1 keeps for very negative x
  expm1: ({ b, x }) => [(v) => b.map("mul", v, b.map("exp", x(0)))],
  log: ({ b, x }) => [(v) => b.map("div", v, x(0))],
  log1p: ({ b, x, c }) => [(v) => b.map("div", v, b.map("add", x(0), c(1)))],
  sin: ({ b, x }) => [(v) => b.map("mul", v, b.map("cos", x(0)))],
  cos: ({ b, x }) => [(v) => b.map("neg", b.map("mul", v, b.map("sin", x(0))))],
  // 1 - y²
  tanh: ({ b, y, c }) => [(v) => b.map("mul", v, b.map("sub", c(1), b.map("mul", y(), y())))],
  // y (1 - y)
  sigmoid: ({ b, y, c }) => [(v) => b.map("mul", v, b.map("mul", y(), b.map("sub", c(1), y())))],
  softplus: ({ b, x }) => [(v) => b.map("mul", v, b.map("sigmoid", x(0)))],
  // 2/sqrt(π) exp(-x²)
  erf: ({ b, x, c }) => [
    (v) => {
      const gauss = b.map("exp", b.map("neg", b.map("mul", x(0), x(0))));
      return b.map("mul", v, b.map("mul", c(2 / Math.sqrt(Math.PI)), gauss));
    },
  ],
  stop_gradient: none1,
  not: none1,
  add: () => [(v) => v, (v) => v],
  sub: ({ b }) => [(v) => v, (v) => b.map("neg", v)],
  mul: ({ b, x }) => [(v) => b.map("mul", v, x(1)), (v) => b.map("mul", v, x(0))],
  // 1/b and -y/b
  div: ({ b, x, y }) => [(v) => b.map("div", v, x(1)), (v) => b.map("neg", b.map("mul", v, b.map("div", y(), x(1))))],
  // b a^(b-1) and y log a, the latter 0 at a = 0
  pow: (site) => {
    const { b, x, y, c } = site;
    return [
      (v) => b.map("mul", v, b.map("mul", x(1), b.map("pow", x(0), b.map("sub", x(1), c(1))))),
      (v) => {
        const isZero = b.map("eq", x(0), c(0));
        const logarithm = b.map("log", b.map("select", isZero, c(1), x(0)));
        return b.map("mul", v, b.map("mul", y(), logarithm));
      },
    ];
  },
  // the smaller one, half each at a tie
  min: (site) => [
    (v) => site.b.map("mul", v, winner(site, site.x(0), site.x(1))),
    (v) => site.b.map("mul", v, winner(site, site.x(1), site.x(0))),
  ],
  max: (site) => [
    (v) => site.b.map("mul", v, winner(site, site.x(1), site.x(0))),
    (v) => site.b.map("mul", v, winner(site, site.x(0), site.x(1))),
  ],
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
