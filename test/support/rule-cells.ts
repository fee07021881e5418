/**
 * For each row of the derivative tables a cell in which one equation, `t`, has the operation, and nothing else has: a fault of the row's
 * rule is a fault of that line.
 */
import type { ScalarOp } from "../../compiler/ir/ops/scalar-ops.js";
import type { LinearKind } from "./mutate-rules.js";

/** The line of the equation, from 1, and the text. */
export interface RuleCell {
  readonly text: string;
  readonly line: number;
}

interface Surroundings {
  readonly declarations: readonly string[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Vectors u, v, w that are made of everything, and a state that keeps t. */
const vectors = (u: string, v: string, w: string, next: string): Surroundings => ({
  declarations: ["input x: [N]", "state h: [N]", "param p: [N] ~ normal(1)"],
  before: [`u = ${u}`, `v = ${v}`, `w = ${w}`],
  after: [`h' = ${next}`, "output y = t"],
});

const withSines = vectors("sin(x + h * p)", "cos(x * x + p)", "sin(h + x * p)", "sin(t + v * w)");
const withQuotients = vectors("x / exp(h)", "h / exp(p)", "p / exp(x)", "tanh(t) / exp(v / exp(w))");

const matrices: Surroundings = {
  declarations: [
    "input x: [N]",
    "input k: index(3)",
    "input X: [N, N]",
    "state h: [N]",
    "param p: [N] ~ normal(1)",
    "param q: real ~ normal(1)",
    "param W: [N, N] ~ normal(1)",
    "param table: [3, N] ~ normal(1)",
    "input z: [N + 2]",
    "param r: [N + 2] ~ normal(1)",
    "input Z: [N + 2, N]",
  ],
  before: [
    "u = sin(x + h * p)",
    "v = cos(x * x + p)",
    "A = cos(X * W)",
    "B = sin(X + W)",
    "long = sin(z * r)",
    "tall = sin(Z * Z)",
  ],
  after: ["h' = sin(u + v)", "output y = sin(t)"],
};

function cellWith({ declarations, before, after }: Surroundings, expression: string): RuleCell {
  const reads = (text: string, name: string): boolean => new RegExp(`\\b${name}\\b`, "u").test(text);
  // What t does not need would only cost time.
  const equations = before.filter((line) => reads([expression, ...after].join(" "), line.split(" ")[0] as string));
  const text = [...equations, expression, ...after].join(" ");
  const used = declarations.filter((line) => reads(text, line.split(/[ :]/u)[1] as string));
  const lines = ["cell Row(N) {", ...[...used, ...equations, `t = ${expression}`, ...after].map((l) => `  ${l}`), "}"];
  return { text: `${lines.join("\n")}\n`, line: lines.findIndex((line) => line.startsWith("  t =")) + 1 };
}

const scalarExpressions: Readonly<Record<ScalarOp, string>> = {
  neg: "-u",
  abs: "abs(u)",
  sign: "sign(u)",
  floor: "floor(3 * u)",
  round: "round(3 * u)",
  sqrt: "sqrt(1.5 + u)",
  exp: "exp(u)",
  expm1: "expm1(u)",
  log: "log(1.5 + u)",
  log1p: "log1p(0.5 * u)",
  sin: "sin(u)",
  cos: "cos(u)",
  tanh: "tanh(u)",
  sigmoid: "sigmoid(u)",
  softplus: "softplus(u)",
  erf: "erf(u)",
  atan: "atan(2 * u)",
  stop_gradient: "stop_gradient(u)",
  not: "if not (u < v) then u else v",
  add: "u + v",
  sub: "u - v",
  mul: "u * v",
  div: "u / (1.5 + v)",
  pow: "(1.5 + u) ^ v",
  min: "min(u, v)",
  max: "max(u, v)",
  lt: "if u < v then u else v",
  le: "if u <= v then u else v",
  eq: "if u == v then u else v",
  ne: "if u != v then u else v",
  and: "if u < v and u < w then u else v",
  or: "if u < v or u < w then u else v",
  // In the derivative of a branch, so in second derivatives.
  strong_mul: "if u < v then exp(u) else v",
  strong_div: "if u < v then log(1.5 + u) else v",
  clamp: "clamp(u, 0.5 * v - 0.2, 0.5 * w + 0.2)",
  select: "if u < v then u else v",
};

const needQuotients: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["add", "mul", "sin", "cos"]);

const linearExpressions: Readonly<Record<LinearKind, readonly string[]>> = {
  // Numbers and sizes have no operands, so their rules are never asked.
  constant: [],
  dimension: [],
  iota: [],
  broadcast: ["u * A", "q * u", "q * A"],
  reduce: ["sum(A, axis = 0)", "sum(A, axis = 1)", "max(A, axis = 0)", "min(A, axis = 1)", "max(u)"],
  contract: ["u @ v", "A @ u", "u @ B", "A @ B", "outer(u, v)"],
  slice: ["long[:N]", "long[2:]", "tall[1:N + 1, :]"],
  // Through a slice, in second derivatives.
  pad: ["long[:N]", "tall[1:N + 1, :]"],
  concat: ["concat(u, v)", "concat(A, B, axis = 1)", "concat(u, p, u)"],
  reshape: ["reshape(A, [N * N])"],
  transpose: ["transpose(A)"],
  // Cells that reverse do much beside it: faults are planted in a graph.
  reverse: [],
  window: ["conv(tall, stack(A, B, axis = 2))"],
  // Through windows, in second derivatives.
  unwindow: ["conv(tall, stack(A, B, axis = 2))"],
  gather: ["u * table[k]"],
  // Through a gather, in second derivatives.
  scatter_add: ["u * table[k]"],
  // Nothing is derived by a place.
  to_index: [],
  // Of every parameter, in second derivatives.
  batch_sum: ["u * p"],
};

export function cellsOfScalar(op: ScalarOp): readonly RuleCell[] {
  return [cellWith(needQuotients.has(op) ? withQuotients : withSines, scalarExpressions[op])];
}

export function cellsOfLinear(kind: LinearKind): readonly RuleCell[] {
  return linearExpressions[kind].map((expression) => cellWith(matrices, expression));
}
