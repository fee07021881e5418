/**
 * What people call functions and constants elsewhere, and how it is said here. A name of this table that the language
 * gets one day leaves it (a test holds that).
 */

/** Said by an expression: of vectors `x`, `a`, `b`, matrices `A`, `B`, a number `p` and the dimension `N`. */
const written: Readonly<Record<string, string>> = {
  ...all("if x > 0 then a else b", "where select ifelse cond switch ternary IfElse"),
  ...all("a @ b", "dot inner vdot inner_product"),
  ...all("A @ x", "matmul mv gemv matvec Dense dense linear Linear mul_mat"),
  ...all(
    "max(windows(x, 2, stride = 2), axis = 1)",
    "maxpool max_pool MaxPool1d max_pool1d max_pool2d MaxPool2d MaxPooling1D MaxPooling2D maxpool2d pooling",
  ),
  ...all(
    "mean(windows(x, 2, stride = 2), axis = 1)",
    "avg_pool avgpool AvgPool1d AvgPool2d avg_pool1d avg_pool2d mean_pool AveragePooling1D AveragePooling2D average_pool",
  ),
  ...all("windows(x, 3)", "unfold sliding_windows im2col rolling frames framing"),
  ...all("A @ B", "mm bmm gemm dot_general matrix_multiply"),
  ...all("a * b", "multiply mul hadamard times elemwise_mul"),
  ...all("a + b", "add plus"),
  ...all("a - b", "sub subtract minus"),
  ...all("a / b", "div divide true_divide"),
  ...all("x ^ p", "pow power float_power"),
  ...all("norm(x)", "l2norm l2_norm norm2 vecnorm vector_norm"),
  ...all("sum(abs(x))", "l1norm l1_norm norm1 asum"),
  ...all("x / max(norm(x), 1e-12)", "normalize l2_normalize l2norm_layer"),
  ...all("var(x)", "variance nanvar"),
  ...all("std(x)", "stddev stdev standard_deviation"),
  ...all("(x - mean(x)) / sqrt(var(x) + 1e-5)", "layernorm layer_norm LayerNorm standardize zscore instance_norm"),
  ...all("x / sqrt(mean(x * x) + 1e-5)", "rmsnorm RMSNorm"),
  ...all("sqrt(mean(x * x))", "rms"),
  ...all("sqrt(a * a + b * b)", "hypot"),
  ...all("concat(x[N - 1:N], x[0:N - 1])", "roll circshift rotate"),
  ...all("reverse(x)", "flip fliplr flipud"),
  ...all("concat(zeros([1]), x)", "pad zero_pad ZeroPad1d"),
  ...all("concat(zeros([1]), x[0:N - 1])", "shift shift_right"),
  ...all("delay(x, by = 1)", "lag pre prev previous unit_delay delay_line"),
  ...all("past(x, N)", "history sliding_window tapped_delay_line"),
  ...all("x[1:N] - x[0:N - 1]", "diff"),
  ...all("log(x) / 0.6931471805599453", "log2"),
  ...all("log(x) / 2.302585092994046", "log10"),
  ...all("2 ^ x", "exp2"),
  ...all("10 ^ x", "exp10"),
  ...all("log(x)", "ln"),
  ...all("dropout(x, 0.5)", "Dropout dropout1d drop_out"),
  ...all("normal([N])", "randn gaussian normal_like"),
  ...all("uniform([N])", "rand random"),
  ...all("log(x / (1 - x))", "logit inverse_sigmoid"),
  ...all("1 / sqrt(x)", "rsqrt inversesqrt invsqrt"),
  ...all("1 / x", "reciprocal recip inv_elem"),
  ...all("-floor(-x)", "ceil ceiling"),
  ...all("sign(x) * floor(abs(x))", "trunc fix truncate"),
  ...all("x - floor(x)", "frac fract"),
  ...all("a mod b", "mod remainder floormod floor_mod"),
  ...all("a - b * sign(a / b) * floor(abs(a / b))", "fmod rem"),
  ...all("floor(a / b)", "floordiv floor_divide fld"),
  ...all("if x >= 0 then 1 else 0", "heaviside step unit_step threshold"),
  ...all("log_sigmoid(x)", "logsigmoid LogSigmoid"),
  ...all("silu(x)", "swish SiLU Swish"),
  ...all("x * tanh(softplus(x))", "mish Mish"),
  ...all("1.0507009873554805 * (if x > 0 then x else 1.6732632423543772 * expm1(x))", "selu SELU"),
  ...all("clamp(x, 0, 6)", "relu6"),
  ...all("x * clamp(x / 6 + 0.5, 0, 1)", "hardswish hard_swish hard_silu"),
  ...all("if abs(x) > 0.5 then x else 0", "hardshrink hard_shrink"),
  ...all("x - clamp(x, -0.5, 0.5)", "softshrink soft_shrink soft_threshold"),
  ...all("x - tanh(x)", "tanhshrink"),
  ...all("max(x, 0) + p * min(x, 0)", "prelu PReLU"),
  ...all("a * sigmoid(b)", "glu GLU"),
  ...all("silu(a) * b", "swiglu SwiGLU"),
  ...all("if x > 0 then x else p * expm1(x / p)", "celu CELU"),
  ...all("if x == 0 then 1 else sin(pi * x) / (pi * x)", "sinc"),
  ...all("if x > 0 then p else a", "masked_fill masked_scatter"),
  ...all("if x == x then x else 0", "nan_to_num"),
  ...all("hard_tanh(x)", "hardtanh htanh"),
  ...all("hard_sigmoid(x)", "hardsigmoid"),
  ...all("sigmoid(x)", "logistic sigma expit logistic_sigmoid"),
  ...all("softmax(x)", "softargmax"),
  ...all("softmax(-x)", "softmin"),
  ...all("log_softmax(x)", "logsoftmax"),
  ...all("leaky_relu(x)", "leakyrelu lrelu"),
  ...all("relu(x)", "rectify rectifier pos"),
  ...all("max(a, b)", "maximum fmax elementwise_max pmax"),
  ...all("min(a, b)", "minimum fmin elementwise_min pmin"),
  ...all("max(x)", "amax reduce_max maxval"),
  ...all("min(x)", "amin reduce_min minval"),
  ...all("max(x) - min(x)", "ptp"),
  ...all("sum(x)", "reduce_sum nansum total"),
  ...all("mean(x)", "avg average reduce_mean"),
  ...all("mean(a * b) - mean(a) * mean(b)", "cov covariance"),
  ...all("clamp(x, -1, 1)", "clip clip_by_value constrain saturate"),
  ...all("p * a + (1 - p) * b", "mix blend"),
  ...all("a + p * (b - a)", "lerp interpolate"),
  ...all("a + b * x", "fma muladd addcmul"),
  ...all("square(x)", "sqr abs2 squared"),
  ...all("abs(x)", "fabs absolute magnitude"),
  ...all("sign(x)", "sgn signum"),
  ...all("-x", "neg negative"),
  ...all("round(x)", "rint nearbyint roundeven round_ties_even"),
  ...all("1 - erf(x)", "erfc"),
  ...all("(1 + erf(x / sqrt(2))) / 2", "normcdf norm_cdf ndtr phi"),
  ...all("1 / cos(x)", "sec"),
  ...all("1 / sin(x)", "csc cosec"),
  ...all("cos(x) / sin(x)", "cot cotan"),
  ...all("sin(x) / x", "sinc_unnormalized"),
  ...all("x * pi / 180", "radians deg2rad"),
  ...all("x * 180 / pi", "degrees rad2deg"),
  ...all("atan(x)", "arctan arctg atg"),
  ...all("asin(x)", "arcsin"),
  ...all("acos(x)", "arccos"),
  ...all("atan2(a, b)", "arctan2 angle_of"),
  ...all("asinh(x)", "arcsinh arsinh"),
  ...all("acosh(x)", "arccosh arcosh"),
  ...all("atanh(x)", "arctanh artanh"),
  ...all("stop_gradient(x)", "detach stopgrad stop_grad sg no_grad stopgradient lax_stop_gradient BlockGrad"),
  ...all("concat(a, b)", "cat concatenate append hstack vcat join hcat"),
  ...all("[a, b]", "vstack row_stack tensor array asarray Tensor vector matrix"),
  ...all("reshape(A, [N * N])", "flatten ravel view vec"),
  ...all("reshape(x, [N])", "squeeze"),
  ...all("x[:, new]", "unsqueeze expand_dims newaxis add_dim column"),
  ...all("transpose(A, [1, 0])", "permute permutedims permute_dims swapaxes moveaxis"),
  ...all("transpose(A)", "T t adjoint ctranspose matrix_transpose"),
  ...all("outer(a, b)", "ger tensorproduct outer_product"),
  ...all("fill(x, [N])", "repeat tile expand broadcast_to broadcast repmat repeat_interleave"),
  ...all("fill(p, [N])", "full constant_like"),
  ...all("zeros([N])", "zeros_like zeroslike"),
  ...all("ones([N])", "ones_like oneslike"),
  ...all("sum(A[i, i] for i)", "tr"),
  ...all("sum(if x > 0 then 1 else 0)", "count_nonzero count"),
  ...all("x != x", "isnan is_nan"),
  ...all("abs(x) < inf", "isfinite is_finite"),
  ...all("abs(x) == inf", "isinf is_inf"),
  ...all("logsumexp(x)", "log_sum_exp lse reduce_logsumexp"),
  ...all("logsumexp([a, b], axis = 0)", "logaddexp"),
  ...all("x[0:1]", "slice dynamic_slice index_select take"),
  ...all("1 - a @ b / (norm(a) * norm(b))", "cosine_distance"),
  ...all("a @ b / (norm(a) * norm(b))", "cosine_similarity cos_sim"),
  ...all("-cummax(-x)", "cummin"),
  ...all("sum(if x < p then 1 else 0)", "searchsorted"),
  ...all("cumsum(x)", "cumulative_sum running_sum"),
  ...all("cumprod(x)", "cumulative_product"),
  ...all("norm(a - b)", "cdist pdist euclidean_distance dist"),
  ...all("mean(square(a - b))", "mse mse_loss mean_squared_error"),
  ...all("gradient(sum(x ^ p), by = x)", "grad value_and_grad autograd backward vjp"),
};

/** Said by an equation, of the same: by index, or by rounds. */
const byIndex: Readonly<Record<string, string>> = {
  ...all("E[i < N, j < N] = if i == j then 1 else 0", "identity I"),
  ...all("r[n < N] = n", "arange range iota"),
  ...all("r[n < N] = p * n / (N - 1)", "linspace"),
  ...all("L[i, j] = if j <= i then A[i, j] else 0", "lower_triangular"),
  ...all("U[i, j] = if i <= j then A[i, j] else 0", "triu upper_triangular"),
  ...all("D[i, j < N] = if i == j then x[i] else 0", "diagm diag_embed"),
  ...all("C[i, k] = sum(A[i, j] * B[j, k] for j)", "einsum tensordot contract Einsum"),
  ...all("z[n] = tanh(A[n] @ x)", "vmap map batched pmap vectorize"),
  ...all("G[i, j] = x[i] - a[j]", "meshgrid pairwise"),
  ...all("s = 0 then s + x[k] for k < N", "accumulate reduce fold foldl scan"),
  ...all("r = x then tanh(A @ r) for 6", "fori_loop repeat_apply"),
  ...all("r = x then tanh(A @ r) for 30 until max(abs(r' - r)) < 1e-6", "while_loop while foreach"),
  ...all(
    "r = x then tanh(A @ r + a) for 30 until max(abs(r' - r)) < 1e-6 implicit",
    "fixed_point root_finding custom_root",
  ),
};

/** Said by more than one expression, each between ticks. */
const notes: Readonly<Record<string, string>> = {
  ...over("a place by chance is `sample(x)`, the greater `softmax(x)` the likelier", "categorical multinomial"),
  ...over(
    "draws have their shape in brackets: `uniform([N])`, `normal([N])`, `bernoulli([N], 0.5)`; a place is `sample(x)`",
    "rand_like randn_like randint RandomState",
  ),
  ...over(
    "how many there are would be known at run time only: a choice for each element is `if x != 0 then a else b`",
    "nonzero unique",
  ),
  ...over("of `x: [K + R]` the parts are `x[:K]` and `x[K:]`", "split chunk tensor_split array_split"),
  ...over(
    "of `x: [K + R]` the K greatest are `sort(x, descending = true)[:K]`, and their places `argsort(x, descending = true)[:K]`",
    "topk top_k",
  ),
  ...over("of `x: [2 * K + 1]` it is `sort(x)[K]`", "median nanmedian"),
  ...over(
    "of `X: [T, I]` and `F: [O, I, K]` it is `conv(X, F, pad = same)`; of a cell's own past `conv(past(x, K), F)[0]`, with `x: [I]`",
    "conv1d Conv1d convolve convolution correlate cross_correlation",
  ),
  ...over("of `X: [Y, T, I]` and `F: [O, I, K, L]` it is `conv(X, F, pad = same)`", "conv2d Conv2d"),
  ...over("`conv` goes over one axis or two: `conv(X, F)` of `X: [Y, T, I]` and `F: [O, I, K, L]`", "conv3d Conv3d"),
  ...over(
    "of vectors `reshape(outer(a, b), [N * N])`, of matrices `K[i, k, j, l] = A[i, j] * B[k, l]` and `reshape(K, [N * N, N * N])`",
    "kron",
  ),
  ...over("a row of it is the gradient of one entry: `gradient(tanh(A @ x)[0], by = x)`", "jacobian jacfwd jacrev"),
  ...over(
    'steps of a solver are rounds: `import { rk4 } from "std/ode"`, `r = x then rk4(rate, r, 0.1) for 10` with `fn rate(h: [n]): [n] { return -h }`',
    "odeint solve_ivp ode_solve",
  ),
  ...over(
    "it is a product with fixed numbers: `F[k < N] = sum(x[n] * exp(-2i * pi * k * n / N) for n)`, with `re(F)` and `im(F)`",
    "fft rfft dft",
  ),
  ...over(
    "it is a product with fixed numbers: `S[n < N] = sum(F[k] * exp(2i * pi * k * n / N) for k) / N`, with `re(S)`",
    "ifft irfft idft",
  ),
  ...over(
    "a frame are the last values of the input, `past(x, K)`, and its spectrum is a product with fixed numbers",
    "stft",
  ),
  ...over(
    'the library has `solve`, `inverse`, `det`, `log_det`, `cholesky` and `expm`: `import { solve } from "std/linear"`',
    "inv trace_inv svd qr eig eigh pinv logdet slogdet lu eigvals eigvalsh matrix_exp matrix_power lstsq",
  ),
  imag: "the imaginary part of a complex z is `im(z)`",
  angle: "the angle of a complex z is `arg(z)`",
  set: "one place is set by an equation of all: `y[n] = if n == argmax(a) then p else x[n]`",
  ...over("the conjugate of a complex z is `conj(z)`", "conjugate"),
  ...over("of an angle x the complex number is `exp(1i * x)`", "cis expj polar"),
  ...over(
    "a cell sees one example: statistics of a batch are `fixed m: [N] ~ zeros` and `fixed v: [N] ~ ones`, set from outside: `(x - m) / sqrt(v + 1e-5)`",
    "batch_norm BatchNorm batchnorm BatchNorm1d",
  ),
  gather: "a row at a computed place is `A[argmax(x)]`, rows at several `A[argsort(x)]`",
  onehot: "of an index k below N it is `one_hot(k, N)`",
  ...over("an input `input t: index(V)` picks a row of a table: `E[t]`", "embedding Embedding"),
  ...over("sizes are dimensions: a vector `x: [N]` has `N` elements", "len length size shape ndims numel"),
  int: "numbers are real; `floor(x)` and `round(x)` make them whole",
  ...over("numbers are real already", "float double cast astype float32 to"),
  ...over("what is to be seen is an output: `output seen = x`", "print assert"),
};

/** The same for several names. */
function all(expression: string, names: string): Record<string, string> {
  return over(expression, names);
}

function over(help: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, help]));
}

/** Names of functions in other languages, in the spelling that people use, with the expression that stands for each. */
export const writtenInstead: ReadonlyMap<string, string> = new Map(Object.entries(written));
/** The same for what an equation by index says. */
export const equationsInstead: ReadonlyMap<string, string> = new Map(Object.entries(byIndex));

/** Words on what takes more than one expression. */
export const notesInstead: ReadonlyMap<string, string> = new Map(Object.entries(notes));

/** How something is said whose name elsewhere is `name`, as help for a diagnostic. */
export function saidElsewhere(name: string): string | undefined {
  const tables = [written, byIndex, notes];
  const has = (word: string): boolean => tables.some((table) => Object.hasOwn(table, word));
  const key = [name, name.toLowerCase()].find(has);
  if (key === undefined) return undefined;
  if (Object.hasOwn(written, key)) return `write \`${written[key]}\``;
  const equation = Object.hasOwn(byIndex, key) ? byIndex[key] : undefined;
  if (equation === undefined) return notes[key];
  return `write ${equation.includes(" then ") && equation.includes(" for ") ? "rounds" : "an equation by index"}: \`${equation}\``;
}

const token = "a token is an input, and picks a row of a table: `input t: index(V)`, `E[t]`";

/** Cells that other libraries have. */
const cellsElsewhere: Readonly<Record<string, string>> = {
  ...over('import it: `import { LSTM } from "std/lstm"`', "LSTMCell LSTMBlock CudnnLSTM CuDNNLSTM"),
  ...over('import it: `import { GRU } from "std/gru"`', "GRUCell CudnnGRU CuDNNGRU"),
  ...over('import it: `import { SimpleRNN } from "std/simple-rnn"`', "RNN RNNCell SimpleRNNCell ElmanRNN Elman"),
  ...over('import it: `import { Linear } from "std/network"`', "Dense FullyConnected Affine Projection"),
  ...over('import it: `import { Mamba } from "std/mamba"`', "S6 MambaBlock SelectiveSSM"),
  ...over(token, "Embedding EmbeddingBag Embed"),
  ...over("a convolution is a function: `conv(x, W, pad = same)`", "Conv1d Conv2d Conv1D Conv2D Conv"),
  ...over("it is a function: `dropout(x, 0.1)`", "Dropout"),
  ...over('it is a function: `import { standardise } from "std/norms"`, with a gain and a bias', "LayerNorm"),
  ...over('it is a function: `import { rms_norm } from "std/norms"`, with a gain', "RMSNorm"),
  ...over(
    "attention is an equation: `softmax(K @ q / sqrt(D)) @ V`",
    "MultiheadAttention MultiHeadAttention Attention",
  ),
  ...over(
    "cells follow each other in equations: `y = b(a(x))`; equal ones are rounds, `y = x then l[k](y) for k < L`",
    "Sequential",
  ),
};

/** Where a cell is that is called `name` elsewhere, or what stands in its place. */
export const cellElsewhere = (name: string): string | undefined =>
  Object.hasOwn(cellsElsewhere, name) ? cellsElsewhere[name] : undefined;

function constants(expression: string, names: string): [string, string][] {
  return names.split(" ").map((name) => [name, `write \`${expression}\``]);
}

/** Constants that people write by name. */
export const constantsElsewhere: ReadonlyMap<string, string> = new Map([
  [
    "implicit",
    "it stands after what ends the rounds, without `and`: `… for 30 until max(abs(r' - r)) < 1e-6 implicit`",
  ],
  ...constants("pi", "PI Pi M_PI"),
  ...constants("2 * pi", "tau TAU two_pi twopi"),
  ...constants("exp(1)", "e E euler M_E"),
  ...constants("inf", "Inf INF infinity Infinity INFINITY infty oo"),
  ...constants("-inf", "NINF neg_inf"),
  ["i", "the imaginary unit is `1i`; an index is bound by an equation, `y[i] = x[i]`"],
  ["nan", "there is no literal for NaN"],
  ["NaN", "there is no literal for NaN"],
  ["true", "there is no literal for it: `1 == 1` holds"],
  ["True", "there is no literal for it: `1 == 1` holds"],
  ["false", "there is no literal for it: `1 == 0` does not hold"],
  ["False", "there is no literal for it: `1 == 0` does not hold"],
  ["None", "a value that is not there is not written"],
  ["null", "a value that is not there is not written"],
  ["t", "a cell is written for one time step; how many there were before is `step`"],
  ["T", "a cell is written for one time step; the transpose of a matrix is `transpose(A)`"],
]);
