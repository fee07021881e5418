/** What someone writes first who knows other tools: the message says what to write here. */
import { describe, expect, it } from "vitest";
import { check } from "../../../../compiler/index.js";

/** Expressions of `x: [H]` and `W: [H, H]`, as tried by a new user: what the help says, or that there is no error. */
const functions: readonly (readonly [string, string | undefined])[] = [
  ["dot(x, x)", "a @ b"],
  ["matmul(W, x)", "A @ x"],
  ["norm(x)", undefined],
  ["pow(x, 2)", "x ^ p"],
  ["sinh(x)", undefined],
  ["cosh(x)", undefined],
  ["atan(x)", undefined],
  ["arctan(x)", "atan(x)"],
  ["cumsum(x)", undefined],
  ["cumprod(x)", undefined],
  ["sort(x)", undefined],
  ["topk(x, 2)", "sort(x, descending = true)[:1]"],
  ["argmax(x)", "real(x)"],
  ["roll(x, 1)", "concat(x[N - 1:N], x[0:N - 1])"],
  ["flip(x)", "reverse(x)"],
  ["pad(x, 1)", "concat(zeros([1]), x)"],
  ["repeat(x, 2)", "fill(x, [N])"],
  ["diag(x)", "D[i, j < N] = if i == j then x[i] else 0"],
  ["trace(W)", "sum(A[i, i] for i)"],
  ["inv(W)", "std/linear"],
  ["solve(W, x)", "std/linear"],
  ["expm(W)", "std/linear"],
  ["fft(x)", "spectra are no operation"],
  ["conv1d(x, x)", "conv("],
  ["gather(x, x)", "E[argsort(x)]"],
  ["where(x > 0, x, 0)", "if x > 0 then a else b"],
  ["arange(H)", "r[n < N] = n"],
  ["eye(H)", "E[i < N, j < N] = if i == j then 1 else 0"],
  ["tril(W)", "if j <= i then A[i, j] else 0"],
  ["triu(W)", "if i <= j then A[i, j] else 0"],
  ["one_hot(x, H)", "an index is an input"],
  ["prod(x)", undefined],
  ["var(x)", undefined],
  ["std(x)", undefined],
  ["layernorm(x)", "(x - mean(x)) / sqrt(var(x) + 1e-5)"],
  ["layer_norm(x)", "(x - mean(x)) / sqrt(var(x) + 1e-5)"],
  ["log_sigmoid(x)", undefined],
  ["logsigmoid(x)", "log_sigmoid(x)"],
  ["selu(x)", "expm1(x)"],
  ["mish(x)", "x * tanh(softplus(x))"],
  ["swish(x)", "silu(x)"],
  ["ReLU(x)", "`relu`"],
  ["Tanh(x)", "`tanh`"],
  ["sigma(x)", "sigmoid(x)"],
  ["logistic(x)", "sigmoid(x)"],
  ["ceil(x)", "-floor(-x)"],
  ["mod(x, 2)", "a mod b"],
  ["relu6(x)", "clamp(x, 0, 6)"],
  ["maximum(x, 0)", "max(a, b)"],
  ["minimum(x, 0)", "min(a, b)"],
  ["clip(x, 0, 1)", "clamp(x, -1, 1)"],
  ["clamp(x, 0)", "(x, low, high)"],
  ["heaviside(x)", "if x >= 0 then 1 else 0"],
  ["rsqrt(x)", "1 / sqrt(x)"],
  ["log2(x)", "log(x) / 0.69"],
  ["log10(x)", "log(x) / 2.3"],
  ["exp2(x)", "2 ^ x"],
  ["any(x > 0)", "if … then 1 else 0"],
  ["all(x > 0)", "if … then 1 else 0"],
  ["isnan(x)", "x != x"],
  ["full([H], 1)", "fill(p, [N])"],
  ["ones(H)", "ones([H])"],
  ["zeros(H)", "zeros([H])"],
  ["concatenate(x, x)", "concat(a, b)"],
  ["cat(x, x)", "concat(a, b)"],
  ["squeeze(x)", "reshape(x, [N])"],
  ["unsqueeze(x, 1)", "x[:, new]"],
  ["expand_dims(x, 1)", "x[:, new]"],
  ["flatten(W)", "reshape(A, [N * N])"],
  ["T(W)", "transpose(A)"],
  ["split(x)", "x[0:1]"],
  ["tile(x, 2)", "fill(x, [N])"],
  ["einsum(x, x)", "sum(A[i, j] * B[j, k] for j)"],
  ["normalize(x)", "x / max(norm(x), 1e-12)"],
  ["l2norm(x)", "norm(x)"],
  ["dropout(x, 0.1)", undefined],
  ["noise(x)", "(x, s)"],
  ["detach(x)", "stop_gradient(x)"],
  ["sg(x)", "stop_gradient(x)"],
  ["stopgrad(x)", "stop_gradient(x)"],
  ["abs2(x)", "square(x)"],
  ["conj(x)", "its parts are two outputs"],
  ["complex(x, x)", "its parts are two outputs"],
  ["sum(W, dim = 0)", "`axis`"],
  ["sum(W, axis = 0, keepdims = 1)", "`new`"],
  ["torch.tanh(x)", "tanh(…)"],
  ["x.sum()", "sum(…)"],
  ["x ** 2", "write `^`"],
  ["x > 0 ? x : 0", "if c then a else b"],
  ["W^T @ x", "transpose(A)"],
  ["x - x[t - 1]", "delay(x, by = 1)"],
];

/** Whole texts, or the items of a cell of H with an input x: what one message says, and what its help does. */
const texts: readonly (readonly [string, string | undefined])[] = [
  ["cell A(N, D) { param R: [N, D, D] input x: [N, D] output y = R @ x }", "y[n] = R[n] @ x[n]"],
  ["state h: [H] param R: [H, H, H] for l in 0..H { h = tanh(R[l] @ h) } output y = h", "for l < L"],
  ["weight V: [H, H]\n output y = V @ x", "what is learned is a param"],
  ["parameter V: [H, H]\n output y = V @ x", "what is learned is a param"],
  ["let a = x\n output y = a", "a value needs no keyword"],
  ["const a = 2\n output y = a * x", "a value needs no keyword"],
  ["buffer m: [H]\n output y = m * x", "a state"],
  ["hidden h: [H]\n h' = x\n output y = h", "a state"],
  ["state s: [H]\n s += x\n output y = s", "h' = h + x"],
  ["state h: [H]\n h' = h + x\n output h\n", "output y = h"],
  ["state buf: [H] state pos: real pos' = pos + 1 buf' = buf + x output y = buf[pos]", "a place is an index"],
  ["state d: [H] d' = concat(x[:1], d[:-1]) output y = d", "[:H - 1]"],
  ["input z: [H], w: [H] output y = x + z + w", "a declaration of its own"],
  ["param b: [H] ~ 0.5 output y = b + x", undefined],
  ["param b: [H] ~ uniform(-1, 1) output y = b + x", undefined],
  ["state q: [3, H] q' = concat(q[1:], x) output y = q[0]", "v[new]"],
  ["param E: [9, H] output y = E[argmax(x[:1])]", undefined],
  ["param W: [H, H] ~ xavier_uniform output y = W @ x", "glorot_uniform"],
  ["param W: [H, H] ~ kaiming_normal output y = W @ x", "he_normal"],
  ["param a: [H] ~ ones frozen output y = a * x", "`fixed"],
  ["param a: [H] in [0, 1] output y = a * x", "sigmoid(p)"],
  ["use l = LSTMCell(H, H) output y = l(x)", 'import { LSTM } from "std/lstm"'],
  ["use l = Linear(H, H) output y = l(x)", 'import { Linear } from "std/network"'],
  ["use l = Mamba(H, H, 4, 2) output y = l(x)", 'import { Mamba } from "std/mamba"'],
  ["use l = Embedding(H, H) output y = l(x)", "index(V)"],
  ["use l = MultiheadAttention(H, 4) output y = l(x)", "softmax("],
  ["use l = nn.Linear(H, H) output y = l(x)", "plain names"],
  ["use l = B(H)\n l.h' = x\n output y = l(x)", "given where it is called"],
  ["cell A<H> { input x: [H] output y = x }", "cell A(I, H)"],
  ["def f(v) { return v }\ncell A(H) { input x: [H] output y = f(x) }", "a function is `fn"],
  ["class A(H) { input x: [H] output y = x }", "a cell is `cell"],
];

const losses = (call: string): string =>
  `import { cross_entropy } from "std/losses"\ncell A(V) { input x: [V] input k: index(V) output y = ${call} }`;

function expectHelp(text: string, wanted: string | undefined): void {
  const errors = check(text).diagnostics.filter(({ severity }) => severity === "error");
  if (wanted === undefined) expect(errors.map(({ message }) => message)).toEqual([]);
  else expect(errors.map(({ help }) => help ?? "").join("\n")).toContain(wanted);
}

describe("a new user who writes", () => {
  it.each(functions)("%s", (expression, wanted) => {
    expectHelp(`cell A(H) {\n input x: [H]\n param W: [H, H]\n output y = ${expression}\n output z = W @ x\n}`, wanted);
  });

  it.each(texts)("%s", (text, wanted) => {
    expectHelp(/^(cell|def|class)/u.test(text) ? text : `cell A(H) {\n input x: [H]\n ${text}\n}`, wanted);
  });

  it("names of arguments that one of several functions of a name knows", () => {
    expectHelp(losses("cross_entropy(x, k, label_smoothing = 0.1)"), "did you mean `smoothing`?");
    expectHelp(losses("cross_entropy(x, k, reduction = 1)"), "`logits`, `target`, `weights`, `smoothing`");
    expectHelp(losses("cross_entropy(x, k, smoothing = 0.1)"), undefined);
  });
});
