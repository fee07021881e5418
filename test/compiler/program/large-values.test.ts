/**
 * Values and derivatives where numbers are large, nearly equal, or in the tails of functions: compared with forms that are exact
 * there. Float32 and float64, JavaScript kernels.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../compiler/index.js";
import { dot } from "../../support/evaluate-helpers.js";

const dtypes = ["f32", "f64"] as const;
const unit = { f32: 2 ** -24, f64: 2 ** -53 };

/** Within some units of rounding of the value, or of `scale`. */
function expectNear(got: ArrayLike<number>, wanted: readonly number[], error: number, what: string, scale = 0): void {
  wanted.forEach((value, i) => {
    if (got[i] === value) return;
    const difference = Math.abs(got[i]! - value);
    expect(difference, `${what}: [${i}] is ${got[i]}, not ${value}`).toBeLessThanOrEqual(
      error * Math.max(Math.abs(value), scale),
    );
  });
}

const logSoftmax = (v: readonly number[]): number[] => {
  const top = v.indexOf(Math.max(...v));
  const rest = v.reduce((sum, x, i) => (i === top ? sum : sum + Math.exp(x - v[top]!)), 0);
  return v.map((x) => x - v[top]! - Math.log1p(rest));
};

/** Numbers that are float32: the shift alone must not matter. */
const rows: readonly (readonly number[])[] = [
  ...[0, 1e3, 1e4, 1e6, -1e9, 2 ** 100, -(2 ** 120)].map((x) => [x, x, x]),
  [1e4, 9999, 9998.5],
  [-2e6, -2e6 - 0.5, -2e6 + 2],
  [200, -200, 0],
  [1e4, -1e4, 0],
  [0, -(2 ** 100), 1],
  [-Infinity, 0, 0],
  [5, -Infinity, -Infinity],
];

describe.each(dtypes)("logarithms of sums in %s", (dtype) => {
  const error = 8 * unit[dtype];
  const weights = [1, -0.5, 2];
  const direction = [0.5, 1, -2];
  let module: LoadedCell;
  beforeAll(async () => {
    const source = `cell A(N) {
      input x: [N]
      output l = log_softmax(x)
      output s = logsumexp(x)
      output p = softmax(x)
    }`;
    module = await cell(source, { dimensions: { N: 3 }, dtype, target: "js", jvp: true, hvp: true });
  });

  it.each(rows.map((row) => [row]))("of %j", (x) => {
    const instance = module.instantiate();
    const { l, s, p } = instance.forward({ x });
    const wanted = logSoftmax(x);
    const probabilities = wanted.map(Math.exp);
    expectNear(l!, wanted, error, "log_softmax", 1);
    expectNear(p!, probabilities, error, "softmax", 1);
    const top = Math.max(...x);
    expectNear(s!, [top - wanted[x.indexOf(top)]!], error, "logsumexp", 1);
    // w - p sum(w), and by the sum p itself
    const gradient = instance.backward!({ l: weights, s: [1] })["x"] as ArrayLike<number>;
    const total = weights.reduce((sum, w) => sum + w, 0);
    expectNear(gradient, weights.map((w, i) => w + (1 - total) * probabilities[i]!), error, "gradient", 3); // prettier-ignore
    const tangent = instance.jvp!({ x }, { x: direction });
    const mean = dot(probabilities, direction);
    expectNear(tangent["l"] as ArrayLike<number>, direction.map((d) => d - mean), error, "jvp", 3); // prettier-ignore
    const second = instance.hvp!({ x }, { x: direction }, { l: weights });
    const curvature = probabilities.map((q, i) => -total * q * (direction[i]! - mean));
    expectNear(second["x"] as ArrayLike<number>, curvature, error, "hvp", 3);
  });
});

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const gauss = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

interface Row {
  readonly value: (x: number) => number;
  readonly derivative: (x: number) => number;
  /** Errors are a part of the greater of the value and this; 0 where they are a part of the value alone. */
  readonly scale?: number;
}

/** Smooth functions at any size of the argument; what is computed from a result near 1 has an error of a part of 1. */
const functions: Readonly<Record<string, Row>> = {
  sigmoid: { value: sigmoid, derivative: (x) => sigmoid(x) * sigmoid(-x), scale: 1 },
  tanh: { value: Math.tanh, derivative: (x) => 1 / Math.cosh(x) ** 2, scale: 1 },
  softplus: { value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), derivative: sigmoid },
  elu: { value: (x) => (x > 0 ? x : Math.expm1(x)), derivative: (x) => (x > 0 ? 1 : Math.exp(x)) },
  silu: { value: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)), scale: 1 },
  softsign: { value: (x) => x / (1 + Math.abs(x)), derivative: (x) => 1 / (1 + Math.abs(x)) ** 2, scale: 1 },
  hard_tanh: { value: (x) => Math.min(1, Math.max(-1, x)), derivative: (x) => (Math.abs(x) <= 1 ? 1 : 0) },
  erf: {
    value: (x) => Math.sign(x),
    derivative: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  },
  gelu: { value: (x) => (x > 0 ? x : 0), derivative: (x) => (x > 0 ? 1 : 0) + x * gauss(x), scale: 1 },
};

describe.each(dtypes)("functions of large arguments in %s", (dtype) => {
  const arguments_ = [-1e30, -1e4, -200, -40, -20, 20, 40, 200, 1e4, 1e30].map(Math.fround);

  it.each(Object.entries(functions))("%s", async (name, { value, derivative, scale = 0 }) => {
    const source = `cell A(N) { input x: [N]  output y = ${name}(x) }`;
    const module = await cell(source, { dimensions: { N: arguments_.length }, dtype, target: "js", jvp: true });
    const instance = module.instantiate();
    // Results below the least normal number are as good as 0.
    const tiny = dtype === "f32" ? 2 ** -126 / unit.f32 : 2 ** -1022 / unit.f64;
    const least = Math.max(scale, tiny);
    const { y } = instance.forward({ x: arguments_ });
    expectNear(y!, arguments_.map(value), 32 * unit[dtype], "value", least);
    const ones = arguments_.map(() => 1);
    const gradient = instance.backward!({ y: ones })["x"] as ArrayLike<number>;
    expectNear(gradient, arguments_.map(derivative), 32 * unit[dtype], "gradient", least);
    const tangent = instance.jvp!({ x: arguments_ }, { x: ones })["y"] as ArrayLike<number>;
    expectNear(tangent, arguments_.map(derivative), 32 * unit[dtype], "jvp", least);
  });
});
