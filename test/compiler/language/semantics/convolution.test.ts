/** What `conv` and `windows` accept, the shapes that it gives, and what it says about the rest. */
import { describe, expect, it } from "vitest";
import { printDim } from "../../../../compiler/base/types/dim.js";
import { axesOf } from "../../../../compiler/language/semantics/semantic-type.js";
import { expectFine, expectReport } from "./support.js";

const inCell = (value: string): string =>
  `cell A(Y, X, I, O, K, G) {
  input x: [X, I]
  input z: [Y, X, I]
  context m: [S, I]
  param W: [O, I, K]
  param V: [O, I, K, 3]
  param D: [I, 1, 3]
  param E: [2 * G, I / G, 3]
  output u = sum(m) + sum(W, axis = [0, 1, 2]) + sum(V, axis = [0, 1, 2, 3]) + sum(D, axis = [0, 1, 2]) + sum(E, axis = [0, 1, 2]) + sum(x, axis = [0, 1]) + sum(z, axis = [0, 1, 2])
  output y = ${value}
}`.replace("sum(m)", "sum(m, axis = [0, 1])");

it.each([
  ["conv(x, W)", "-K + X + 1, O"],
  ["conv(x, W, pad = same)", "X, O"],
  ["conv(x, W, pad = causal, dilation = 2)", "X, O"],
  ["conv(x, W, pad = valid)", "-K + X + 1, O"],
  ["conv(x, W, pad = K)", "K + X + 1, O"],
  ["conv(x, W, pad = [K - 1, 1])", "X + 1, O"],
  ["conv(x, D, groups = I)", "X - 2, I"],
  ["conv(x, E, groups = G, stride = 2, pad = 1)", "X / 2 + 1 / 2, 2*G"],
  ["conv(z, V, pad = same)", "Y, X, O"],
  ["conv(z, V, pad = [[K - 1, 0], 0], dilation = [1, 2])", "Y, X - 4, O"],
  ["conv(z, V, stride = [1, 2], pad = [0, [1, 0]])", "-K + Y + 1, X / 2, O"],
  ["conv(m, W, pad = same)", "S, O"],
  ["windows(x, 3)", "X - 2, 3, I"],
  ["windows(x[:, 0], K, pad = causal, dilation = 2)", "X, K"],
  ["windows(z, [K, 2], stride = [1, 2], pad = [0, [1, 0]], fill = -inf)", "-K + Y + 1, X / 2 + 1 / 2, K, 2, I"],
  ["windows(m, 2, pad = [1, 0])", "S, 2, I"],
])("%s", (value, shape) => {
  const { cells } = expectFine(inCell(value));
  const [, type] = cells.get("A")!.outputs.map((output) => output.type);
  expect(axesOf(type!).map(({ dim }) => printDim(dim)).join(", ")).toBe(shape); // prettier-ignore
});

describe("says", () => {
  it.each([
    ["conv(x, ‹D›)", "shape-mismatch", "the weights are for 1 channels, `x` has I"],
    ["conv(x, ‹W›, groups = 2)", "shape-mismatch", "for I channels for each of 2 groups"],
    ["‹conv›(x, V)", "shape-mismatch", "`conv` of [X, I] with weights [O, I, K, 3]"],
    ["‹conv›(x[0], W)", "shape-mismatch", "`conv` of [I] with weights [O, I, K]"],
    ["‹conv(m, W)›", "bad-slice", "nothing says that windows of K fit into `S`"],
    [
      "conv(‹transpose(m)›, W)",
      "run-time-dimension",
      "channels and weights of `conv` do not differ from call to call, and this has `S`",
    ],
    ["conv(m, W, pad = same, dilation = ‹S›)", "run-time-dimension", "`S` is known at run time only"],
    ["windows(x, ‹S›)", "run-time-dimension", "`S` is known at run time only"],
    ["windows(x, ‹0›)", "bad-dimension-size", "a size of 0"],
    ["‹windows›(x, [2, 2, 2])", "shape-mismatch", "`windows` over 3 axes of [X, I]"],
    ["windows(x, 2, fill = ‹x›)", "shape-mismatch", "`fill` is one number, this is [X, I]"],
    ["‹windows(x)›", "wrong-arity", "`windows` needs `size`"],
    ["‹max_pool›(x)", "unknown-function", "there is no function `max_pool`"],
    ["conv(x, W, stride = ‹[1, 2]›)", "bad-argument", "`conv` goes over one axis here"],
    ["conv(z, V, dilation = ‹[1, 2, 3]›)", "bad-argument", "`conv` goes over two axes here"],
    ["conv(x, W, stride = ‹0›)", "bad-dimension-size", "a size of 0"],
    ["conv(x, W, pad = ‹full›)", "bad-argument", "`pad` does not know `full`"],
    ["conv(z, V, pad = ‹causal›)", "bad-argument", "`causal` is for one axis"],
    ["conv(x, W, stride = 2, pad = ‹same›)", "bad-argument", "`same` is for a stride of 1"],
    ["conv(x, W, pad = ‹[1, 2, 3]›)", "bad-argument", "a list of 3 for one axis"],
    ["conv(x, W, pad = ‹-1›)", "bad-dimension-size", "-1 zeros"],
    [
      "‹conv(x[0:6], D[:, :, 0:2], groups = I, stride = 3)›",
      "dimension-not-whole",
      "windows with a stride of 3 leave out 1 of 6",
    ],
    ["conv(x[0:4], D[:, :, 0:2], groups = I, pad = ‹same›)", "dimension-not-whole", "`1 / 2` is not a whole number"],
    ["‹conv(x[0:2], D, groups = I)›", "bad-dimension-size", "a size of 0"],
    ["conv(x, W, ‹2›)", "wrong-arity", "too many arguments for `conv`"],
    ["conv(x, W, ‹padding› = 1)", "unknown-argument", "`conv` has no argument `padding`"],
  ])("%s", (value, code, message) => {
    const text = inCell(value).replace("X, I]", "X + 9, I]");
    expect(expectReport(text, code).message).toContain(message.replace("[X, I]", "[X + 9, I]"));
  });
});

it("windows without a middle are told what to write", () => {
  const text = inCell("conv(x, D[:, :, 0:2], groups = I, pad = ‹same›)");
  const { help } = expectReport(text, "dimension-not-whole");
  expect(help).toBe(
    "`same` puts as many zeros before as after, for windows with a middle: say how many, `pad = [1, 2]`",
  );
});

describe("over axes that calls give", () => {
  const network = (least: string, value: string): string =>
    `network A(K; T${least}) {
  input x: [T, 2]
  input frames: [T, 6, 5, 2]
  param W: [3, 2, K]
  param Q: [3, 2, 3, 3]
  output u = sum(W, axis = [0, 1, 2]) + sum(Q, axis = [0, 1, 2, 3]) + sum(x, axis = [0, 1]) + sum(frames, axis = [0, 1, 2, 3])
  output y${value.startsWith("[") ? "" : " = "}${value}
}`;

  it.each([
    ["", "conv(x, W, pad = same)", "T, 3"],
    ["", "conv(x, W, pad = causal, dilation = 3)", "T, 3"],
    ["", "conv(x, W[:, :, 0:1], stride = 2)", "T - floor(T / 2), 3"],
    [" >= 2", "conv(x, W[:, :, 0:1], stride = 3, pad = [0, 1])", "floor(T / 3) + 1, 3"],
    [" >= 2", "windows(x, 3)", "T - 2, 3, 2"],
    [") {\n  require T >= K - 1\n  //", "conv(x, W)", "-K + T + 1, 3"],
    [" >= 1", "windows(x, 3, dilation = 2, pad = 1, stride = 2)", "T - floor(T / 2) - 1, 3, 2"],
    ["", "[t] = max(windows(conv(frames[t], Q, pad = same), [2, 2], stride = [2, 1]), axis = [2, 3])", "T, 3, 4, 3"],
    ["", "conv(frames[:, :, 0], Q, stride = [2, 1], pad = 1)", "T - floor(T / 2), 6, 3"],
  ])("%s %s", (least, value, shape) => {
    const { cells } = expectFine(network(least, value));
    const [, type] = cells.get("A")!.outputs.map((output) => output.type);
    expect(axesOf(type!).map(({ dim }) => printDim(dim)).join(", ")).toBe(shape); // prettier-ignore
  });

  it.each([
    ["‹windows(x, 3)›", "nothing says that windows of 3 fit into `T`", "`network Name(…; T >= 2)`"],
    [
      "‹windows(x, 3, stride = 2, pad = 1, dilation = 2)›",
      "nothing says that windows of 3",
      "`network Name(…; T >= 1)`",
    ],
    [
      "‹conv(x, W)›",
      "nothing says that windows of K fit into `T`",
      "`require T >= K - 1`; or put zeros around it, `pad = same`",
    ],
  ])("%s", (value, message, help) => {
    const report = expectReport(network("", value), "bad-slice");
    expect(report.message).toContain(message);
    expect(report.help).toContain(help);
  });
});
