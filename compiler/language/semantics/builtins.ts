/** The functions of the language: one table for checking, suggestions, lowering and the reference. */
import { drawFunctions } from "./draw-functions.js";
import { byName, needed, optional, type Parameter } from "./parameters.js";
import { placeFunctions, type PlaceFunctionName } from "./places-and-back.js";

/** Operations on equal or broadcast shapes: the operators too. Lowering has a row for each. */
export type ElementwiseName = keyof typeof elementwiseFunctions | Operator;
export type ReductionName = keyof typeof reductions;
export type NormalizationName = keyof typeof normalizations;
export type CumulativeName = keyof typeof cumulatives;
export type ComplexName = keyof typeof complexFunctions;
export type TimeFunctionName = keyof typeof timeFunctions;

type Operator =
  "+" | "-" | "*" | "/" | "mod" | "^" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "and" | "or" | "not" | "negate" | "if";

export interface Builtin {
  readonly kind:
    "complex" | "elementwise" | "reduction" | "normalization" | "cumulative" | "place" | "shape" | "time" | "draw";
  /** In the order of positions. */
  readonly parameters: readonly Parameter[];
  /** In symbols; empty where words say it better. */
  readonly formula: string;
  readonly documentation: string;
  /** Other spellings. */
  readonly aliases?: readonly string[];
}

function unary(formula: string, documentation = "", aliases?: readonly string[]): Builtin {
  const common = { kind: "elementwise", parameters: needed("x"), formula, documentation } as const;
  return aliases === undefined ? common : { ...common, aliases };
}

export const elementwiseFunctions = {
  sigmoid: unary("1 / (1 + exp(-x))", "", ["σ(x)"]),
  tanh: unary("(exp(x) - exp(-x)) / (exp(x) + exp(-x))"),
  relu: unary("if x <= 0 then 0 else x", "Derivative 0 at 0; NaN stays NaN."),
  leaky_relu: {
    kind: "elementwise",
    parameters: [...needed("x"), ...optional("slope")],
    formula: "if x <= 0 then slope * x else x",
    documentation: "`slope` is 0.01 where it is left out. Derivative `slope` at 0.",
  },
  elu: unary("if x > 0 then x else exp(x) - 1", "Derivative 1 at 0."),
  gelu: unary("x * (1 + erf(x / sqrt(2))) / 2", "The exact form, not the one with tanh."),
  silu: unary("x * sigmoid(x)", "Also called swish."),
  softplus: unary("log(1 + exp(x))", "Without overflow: `max(x, 0) + log1p(exp(-abs(x)))`."),
  log_sigmoid: unary("log(sigmoid(x))", "Without overflow: `-softplus(-x)`."),
  softsign: unary("x / (1 + abs(x))"),
  hard_sigmoid: unary("clamp(x / 6 + 0.5, 0, 1)", "The slope 1/6 is PyTorch's and Keras 3's."),
  hard_tanh: unary("clamp(x, -1, 1)"),
  exp: unary("", "e to the power x, which may be complex."),
  expm1: unary("exp(x) - 1", "Accurate near 0."),
  log: unary("", "The natural logarithm; -inf at 0, NaN below."),
  log1p: unary("log(1 + x)", "Accurate near 0."),
  sqrt: unary("", "The square root; NaN below 0, the derivative at 0 is inf.", ["√(x)"]),
  square: unary("x * x"),
  abs: unary("if x < 0 then -x else x", "Derivative 0 at 0. Of a complex z `sqrt(re(z)^2 + im(z)^2)`."),
  sign: unary("", "-1, 0 or 1. Derivative 0."),
  sin: unary("", "The sine."),
  cos: unary("", "The cosine."),
  tan: unary("sin(x) / cos(x)"),
  sinh: unary("(exp(x) - exp(-x)) / 2", "Accurate near 0."),
  cosh: unary("(exp(x) + exp(-x)) / 2"),
  asinh: unary("log(x + sqrt(x * x + 1))", "The inverse of `sinh`; accurate for both signs and near 0."),
  acosh: unary("log(x + sqrt(x * x - 1))", "The inverse of `cosh` above 0; NaN below 1, the derivative at 1 is inf."),
  atanh: unary("log((1 + x) / (1 - x)) / 2", "The inverse of `tanh`; infinite at -1 and 1, NaN beyond."),
  atan: unary("", "The angle between -π/2 and π/2 whose tangent is x."),
  asin: unary(
    "2 * atan(x / (1 + sqrt(1 - x * x)))",
    "The angle whose sine is x; NaN beyond -1 and 1, where the derivative is inf.",
  ),
  acos: unary(
    "π / 2 - asin(x)",
    "The angle whose cosine is x, accurate near 1; NaN beyond -1 and 1, where the derivative is -inf.",
  ),
  atan2: {
    kind: "elementwise",
    parameters: needed("y", "x"),
    formula: "",
    documentation: "The angle of the point (x, y), between -π and π; 0 at the origin, where the derivative is 0.",
  },
  erf: unary("", "The error function: `2 / sqrt(π)` times the integral of `exp(-t^2)` from 0 to x."),
  floor: unary("", "The largest integer not above x. Derivative 0."),
  round: unary("", "The nearest integer, of two the even one. Derivative 0."),
  min: {
    kind: "elementwise",
    parameters: needed("a", "b"),
    formula: "",
    documentation:
      "The lesser. With one argument a reduction. A tie gives half of the derivative to each; NaN where one is NaN.",
  },
  max: {
    kind: "elementwise",
    parameters: needed("a", "b"),
    formula: "",
    documentation:
      "The greater. With one argument a reduction. A tie gives half of the derivative to each; NaN where one is NaN.",
  },
  clamp: {
    kind: "elementwise",
    parameters: needed("x", "low", "high"),
    formula: "min(max(x, low), high)",
    documentation: "",
  },
  stop_gradient: unary("x", "Derivative 0."),
} as const satisfies Record<string, Builtin>;

/** Of complex numbers, beside `abs` and `exp`: element by element. */
export const complexFunctions = {
  complex: {
    kind: "complex",
    parameters: needed("a", "b"),
    formula: "a + 1i * b",
    documentation: "Of two real numbers.",
  },
  re: { kind: "complex", parameters: needed("z"), formula: "", documentation: "The real part." },
  im: { kind: "complex", parameters: needed("z"), formula: "", documentation: "The imaginary part: a real number." },
  conj: { kind: "complex", parameters: needed("z"), formula: "complex(re(z), -im(z))", documentation: "" },
  arg: {
    kind: "complex",
    parameters: needed("z"),
    formula: "atan2(im(z), re(z))",
    documentation: "The angle, between -π and π; 0 at 0, where the derivative is 0.",
  },
} as const satisfies Record<string, Builtin>;

export const reductionParameters = [...needed("v"), ...optional("axis")];

/** Reductions remove an axis. */
export const reductions = {
  sum: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "Σ v_i",
    documentation: "",
    aliases: ["∑(v)", "Σ(v)"],
  },
  prod: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "Π v_i",
    documentation: "Over axes whose sizes are known when the cell is compiled.",
  },
  mean: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "Σ v_i / n",
    documentation: "`n` is the size of the axis.",
  },
  max: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "",
    documentation: "The greatest element. Equal greatest elements share the derivative.",
  },
  min: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "",
    documentation: "The least element. Equal least elements share the derivative.",
  },
  any: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "",
    documentation: "Of truth values: does one hold?",
  },
  all: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "",
    documentation: "Of truth values: do all hold?",
  },
  norm: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "sqrt(Σ v_i^2)",
    documentation: "The length of a vector. Derivative 0 where all elements are 0.",
  },
  var: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "mean((v - mean(v))^2)",
    documentation: "Divided by the size of the axis, not by one less.",
  },
  std: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "sqrt(var(v))",
    documentation: "Derivative 0 where all elements are equal.",
  },
  logsumexp: {
    kind: "reduction",
    parameters: reductionParameters,
    formula: "log(Σ exp(v_i))",
    documentation: "The greatest element is taken out first, so nothing overflows.",
  },
} as const satisfies Record<string, Builtin>;

/** Along an axis, keeping the shape. */
export const normalizations = {
  softmax: {
    kind: "normalization",
    parameters: reductionParameters,
    formula: "exp(v_i) / Σ exp(v_j)",
    documentation: "The greatest element is taken out first, so nothing overflows.",
  },
  log_softmax: {
    kind: "normalization",
    parameters: reductionParameters,
    formula: "v_i - logsumexp(v)",
    documentation:
      "The greatest element is taken out first, so that large elements do not hide the logarithm of the sum.",
  },
} as const satisfies Record<string, Builtin>;

const cumulativeParameters = [...needed("v"), ...optional("axis", "reverse")];

/** Along one axis, keeping the shape: each element is made of those up to it. */
export const cumulatives = {
  cumsum: {
    kind: "cumulative",
    parameters: cumulativeParameters,
    formula: "Σ_{j ≤ i} v_j",
    documentation: "",
  },
  cumprod: {
    kind: "cumulative",
    parameters: cumulativeParameters,
    formula: "Π_{j ≤ i} v_j",
    documentation: "Its derivative is exact where elements are 0.",
  },
  cummax: {
    kind: "cumulative",
    parameters: cumulativeParameters,
    formula: "",
    documentation: "The greatest of `v_0` to `v_i`. Of two that are equal each has half of the derivative.",
  },
  logcumsumexp: {
    kind: "cumulative",
    parameters: cumulativeParameters,
    formula: "log(Σ_{j ≤ i} exp(v_j))",
    documentation: "Without overflow, as `logsumexp`.",
  },
} as const satisfies Record<string, Builtin>;

export const shapeFunctions = {
  concat: {
    kind: "shape",
    parameters: [...needed("a", "b", "…"), ...optional("axis")],
    formula: "",
    documentation: "`a`, then `b`, … Along axis 0 where `axis` is left out. The other axes agree.",
  },
  stack: {
    kind: "shape",
    parameters: [...needed("a", "b", "…"), ...optional("axis")],
    formula: "",
    documentation:
      "`a`, `b`, … along a new axis. The new axis comes first where `axis` is left out. All shapes are equal.",
  },
  reshape: {
    kind: "shape",
    parameters: needed("v", "shape"),
    formula: "",
    documentation:
      "The same elements in row-major order. `shape` is a list of dimensions: `reshape(v, [N, D])`; the number of elements stays.",
  },
  transpose: {
    kind: "shape",
    parameters: [...needed("a"), ...optional("order")],
    formula: "",
    documentation:
      "Axis i of the result is axis `order[i]` of `a`. Without `order` the axes are reversed: `transpose(a, [1, 0])` is `transpose(a)` for a matrix.",
  },
  outer: {
    kind: "shape",
    parameters: needed("a", "b"),
    formula: "a_i b_j",
    documentation: "`[N]` and `[M]` give `[N, M]`; of larger shapes the axes of `a` come before those of `b`.",
  },
  conv: {
    kind: "shape",
    parameters: [...needed("x", "W"), ...byName("stride", "dilation", "pad", "groups")],
    formula: "Σ_k W[o, :, k] @ x[stride t + dilation k]",
    documentation:
      "Over the axes of `x` before its last, which are its channels: `[X, I]` with `W: [O, I, K]` gives `[X - K + 1, O]`, `[Y, X, I]` with `[O, I, K, L]` a picture. " +
      "`stride` and `dilation` are one number for all axes or a list with one for each. `pad` are zeros around: `same`, `causal`, `valid`, n on both sides, `[before, after]`. " +
      "With `groups = G` the weights are `[O, I / G, …]`.",
  },
  windows: {
    kind: "shape",
    parameters: [...needed("x", "size"), ...byName("stride", "dilation", "pad", "fill")],
    formula: "x[stride t + dilation k]",
    documentation:
      "What `conv` goes over: `windows(x, K)` of `[T, …]` is `[T - K + 1, K, …]`, `windows(x, [K, L])` of `[Y, X, …]` is `[Y - K + 1, X - L + 1, K, L, …]`. " +
      "`stride`, `dilation` and `pad` are those of `conv`, and `fill` stands around in the place of zeros. " +
      "Pooling is a reduction of them: `max(windows(x, 2, stride = 2), axis = 1)`.",
  },
  reverse: {
    kind: "shape",
    parameters: [...needed("x"), ...optional("axis")],
    formula: "x[N - 1 - n]",
    documentation:
      "The elements in the other direction, along the first axis where `axis` is left out. Of a sequence each example's own: padding stays where it is.",
  },
  before: {
    kind: "shape",
    parameters: [...needed("x", "v"), ...optional("by")],
    formula: "x[n - by]",
    documentation:
      "The elements `by` places earlier along the first axis, 1 where it is left out, and `v` in front of the first: `before([a, b, c], v)` is `[v, a, b]`.",
  },
  after: {
    kind: "shape",
    parameters: [...needed("x", "v"), ...optional("by")],
    formula: "x[n + by]",
    documentation:
      "The elements `by` places later along the first axis, and `v` after the last one of each example: `after([a, b, c], v)` is `[b, c, v]`.",
  },
  fill: {
    kind: "shape",
    parameters: needed("v", "shape"),
    formula: "",
    documentation:
      "`v` again and again along new axes in front: `fill(2, [H])` is `[H]`, `fill(v, [N])` of a `[K]` is `[N, K]`.",
  },
  zeros: { kind: "shape", parameters: needed("shape"), formula: "0", documentation: "Of that shape: `zeros([H])`." },
  ones: { kind: "shape", parameters: needed("shape"), formula: "1", documentation: "Of that shape: `ones([H])`." },
} as const satisfies Record<string, Builtin>;

/** Values of earlier steps: states without a declaration. */
export const timeFunctions = {
  delay: {
    kind: "time",
    parameters: [...needed("x", "by"), ...optional("first", "most")],
    formula: "",
    documentation:
      "The value of `x` from `by` steps ago, a dimension of at least 1; in the first steps `first`, which is 0 where it is left out. " +
      "With `most` a real number of steps from 1 to `most`, and between two steps what lies between; beyond, that of the nearest, with derivative 0.",
  },
  past: {
    kind: "time",
    parameters: [...needed("x", "count"), ...optional("first")],
    formula: "",
    documentation:
      "The last `count` values of `x` along a new first axis, that of this step first: `past(x, K)[k]` is from `k` steps ago.",
  },
} as const satisfies Record<string, Builtin>;

/** Every name that can be called without being declared. `min` and `max` are in two tables. */
export const builtinNames: ReadonlySet<string> = new Set([
  ...Object.keys(elementwiseFunctions),
  ...Object.keys(complexFunctions),
  ...Object.keys(reductions),
  ...Object.keys(normalizations),
  ...Object.keys(cumulatives),
  ...Object.keys(placeFunctions),
  ...Object.keys(shapeFunctions),
  ...Object.keys(timeFunctions),
  ...Object.keys(drawFunctions),
]);

function lookUp<T extends Record<string, Builtin>>(table: T, name: string): (keyof T & string) | undefined {
  return Object.hasOwn(table, name) ? name : undefined;
}

export const elementwiseNamed = (name: string) => lookUp(elementwiseFunctions, name);
export const complexFunctionNamed = (name: string) => lookUp(complexFunctions, name);
const ofSome: ReadonlySet<string> = new Set<ReductionName>(["mean", "var", "std"]);

/** Whether it has no meaning for no elements. */
export const isOfSome = (reduction: ReductionName): boolean => ofSome.has(reduction);

export const reductionNamed = (name: string) => lookUp(reductions, name);
export const normalizationNamed = (name: string) => lookUp(normalizations, name);
export const cumulativeNamed = (name: string) => lookUp(cumulatives, name);
export const placeFunctionNamed = (name: string) => lookUp(placeFunctions, name);
const placesOverIndices: ReadonlySet<string> = new Set<PlaceFunctionName>(["argmax", "argmin"]);
/** Whether it goes over the values of indices, `argmax(e for j)`. */
export const goesOverIndices = (name: string): boolean =>
  reductionNamed(name) !== undefined || placesOverIndices.has(name);
export const timeFunctionNamed = (name: string) => lookUp(timeFunctions, name);
export const shapeFunctionNamed = (name: string) => lookUp(shapeFunctions, name);
