/**
 * What people call functions and constants elsewhere, and how it is said here. A name of this table that the language
 * gets one day leaves it (a test holds that).
 */

/** Said by an expression: of vectors `x`, `a`, `b`, matrices `A`, `B`, a number `p` and the dimension `N`. */
const written: Readonly<Record<string, string>> = {
  where: "if x > 0 then a else b",
  select: "if x > 0 then a else b",
  ifelse: "if x > 0 then a else b",
  dot: "a @ b",
  inner: "a @ b",
  matmul: "A @ x",
  mm: "A @ B",
  mv: "A @ x",
  bmm: "A @ B",
  multiply: "a * b",
  hadamard: "a * b",
  pow: "x ^ p",
  power: "x ^ p",
  l2norm: "norm(x)",
  normalize: "x / max(norm(x), 1e-12)",
  variance: "var(x)",
  layernorm: "(x - mean(x)) / sqrt(var(x) + 1e-5)",
  layer_norm: "(x - mean(x)) / sqrt(var(x) + 1e-5)",
  rms_norm: "x / sqrt(mean(x * x) + 1e-5)",
  rmsnorm: "x / sqrt(mean(x * x) + 1e-5)",
  roll: "concat(x[N - 1:N], x[0:N - 1])",
  pad: "concat(zeros([1]), x)",
  log2: "log(x) / 0.6931471805599453",
  log10: "log(x) / 2.302585092994046",
  exp2: "2 ^ x",
  rsqrt: "1 / sqrt(x)",
  ceil: "-floor(-x)",
  mod: "a - b * floor(a / b)",
  fmod: "a - b * sign(a / b) * floor(abs(a / b))",
  remainder: "a - b * floor(a / b)",
  heaviside: "if x >= 0 then 1 else 0",
  step: "if x >= 0 then 1 else 0",
  logsigmoid: "log_sigmoid(x)",
  swish: "silu(x)",
  mish: "x * tanh(softplus(x))",
  selu: "1.0507009873554805 * (if x > 0 then x else 1.6732632423543772 * expm1(x))",
  relu6: "clamp(x, 0, 6)",
  hardtanh: "hard_tanh(x)",
  hardsigmoid: "hard_sigmoid(x)",
  logistic: "sigmoid(x)",
  sigma: "sigmoid(x)",
  maximum: "max(a, b)",
  minimum: "min(a, b)",
  clip: "clamp(x, -1, 1)",
  clip_by_value: "clamp(x, -1, 1)",
  sqr: "square(x)",
  abs2: "square(x)",
  fabs: "abs(x)",
  neg: "-x",
  detach: "stop_gradient(x)",
  stopgrad: "stop_gradient(x)",
  stop_grad: "stop_gradient(x)",
  sg: "stop_gradient(x)",
  no_grad: "stop_gradient(x)",
  cat: "concat(a, b)",
  concatenate: "concat(a, b)",
  append: "concat(a, b)",
  hstack: "concat(a, b)",
  vstack: "stack(a, b)",
  flatten: "reshape(A, [N * N])",
  ravel: "reshape(A, [N * N])",
  view: "reshape(A, [N * N])",
  squeeze: "reshape(x, [N])",
  unsqueeze: "reshape(x, [N, 1])",
  expand_dims: "reshape(x, [N, 1])",
  permute: "transpose(A, [1, 0])",
  T: "transpose(A)",
  full: "fill(p, [N])",
  any: "max(if x > 0 then 1 else 0) > 0",
  all: "min(if x > 0 then 1 else 0) > 0",
  isnan: "x != x",
  logsoftmax: "log_softmax(x)",
  leakyrelu: "leaky_relu(x)",
  log_sum_exp: "logsumexp(x)",
  split: "x[0:1]",
  chunk: "x[0:1]",
  avg: "mean(x)",
  average: "mean(x)",
};

const random = "a cell computes the same from the same: give random numbers as an input";
const noPlaces = "the language has no places that are computed: give them as an input, `index(N)`";
const noTables = "the language has no tables of numbers: give it as a `context` or a `param`";
const roundsOfOne = "the language has no loops inside of a step: keep a running value in a state";

/** Said by no expression of today's language. */
const unsaid: Readonly<Record<string, string>> = {
  ...over(random, "dropout rand randn random bernoulli noise sample gaussian multinomial zoneout"),
  ...over(noPlaces, "argmax argmin topk top_k sort argsort gather scatter nonzero"),
  ...over(noTables, "eye arange linspace tril triu range iota diag"),
  ...over(roundsOfOne, "cumsum cumprod cummax cummin scan while_loop fori_loop"),
  ...over(
    "the language has no convolutions: give windows of the data as inputs",
    "conv conv1d conv2d conv3d convolve fft rfft ifft stft",
  ),
  ...over(
    "the language has no linear algebra beyond products: `@`, `transpose` and `outer`",
    "inv inverse solve cholesky det trace expm svd qr eig pinv",
  ),
  ...over("the language has real numbers only: write the two parts", "complex conj real imag angle"),
  ...over("the language has no inverse of a sine or tangent", "asin acos atan atan2 arcsin arccos arctan arctan2"),
  ...over(
    "entries are repeated by broadcasting: a scalar to any shape, `[N]` to `[M, N]`",
    "repeat tile expand broadcast broadcast_to",
  ),
  ...over("entries are put in another order one by one: `stack(x[1], x[0])`", "flip reverse"),
  prod: "for entries above 0, write `exp(sum(log(x)))`",
  one_hot: "an input `t: index(V)` picks a row of a table: `E[t]`",
  onehot: "an input `t: index(V)` picks a row of a table: `E[t]`",
  embedding: "an input `t: index(V)` picks a row of a table: `E[t]`",
  len: "sizes are dimensions: a vector `[N]` has `N` entries",
  size: "sizes are dimensions: a vector `[N]` has `N` entries",
  shape: "sizes are dimensions: a vector `[N]` has `N` entries",
  einsum: "products are `@`, `*` with `sum(…, axis = …)`, and `outer`",
  grad: "gradients are derived by the compiler",
  gradient: "gradients are derived by the compiler",
  int: "numbers are real; `floor(x)` and `round(x)` make them whole",
  float: "numbers are real already",
  print: "what is to be seen is an output: `output seen = …`",
};

function over(help: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, help]));
}

/** Names of functions in other languages, in the spelling that people use, with the expression that stands for each. */
export const writtenInstead: ReadonlyMap<string, string> = new Map(Object.entries(written));

/** How something is said whose name elsewhere is `name`, as help for a diagnostic. */
export function saidElsewhere(name: string): string | undefined {
  const key = [name, name.toLowerCase()].find((word) => Object.hasOwn(written, word) || Object.hasOwn(unsaid, word));
  if (key === undefined) return undefined;
  return Object.hasOwn(written, key) ? `write \`${written[key]}\`` : unsaid[key];
}

function constants(expression: string, names: string): [string, string][] {
  return names.split(" ").map((name) => [name, `write \`${expression}\``]);
}

/** Constants that people write by name. */
export const constantsElsewhere: ReadonlyMap<string, string> = new Map([
  ...constants("pi", "PI Pi M_PI"),
  ...constants("2 * pi", "tau TAU two_pi twopi"),
  ...constants("exp(1)", "e E euler M_E"),
  ...constants("inf", "Inf INF infinity Infinity INFINITY infty oo"),
  ...constants("-inf", "NINF neg_inf"),
  ["nan", "there is no literal for NaN"],
  ["NaN", "there is no literal for NaN"],
  ["true", "there is no literal for it: `1 == 1` holds"],
  ["True", "there is no literal for it: `1 == 1` holds"],
  ["false", "there is no literal for it: `1 == 0` does not hold"],
  ["False", "there is no literal for it: `1 == 0` does not hold"],
  ["None", "a value that is not there is not written"],
  ["null", "a value that is not there is not written"],
  ["t", "a cell is written for one time step and does not know its number: count in a state, `n' = n + 1`"],
  ["T", "a cell is written for one time step; the transpose of a matrix is `transpose(A)`"],
]);
