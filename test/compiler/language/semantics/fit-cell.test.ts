import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { expectFine, expectReport } from "./support.js";

const gru = `cell B(I, H) { input x: [I] state h: [H] param W: [H, I] h' = tanh(W @ x + h) output y = h' }\n`;
const whole = "Cell: cell(I, H) { input x: [I]; state h: [H]; output y: [H] }";
const user = `cell S(${whole}, I, H) { input x: [I] use a = Cell(I, H) output y = a(x) + a.h' }\n`;
const attending = `cell M(I, H, D) { input x: [I] context m: [R, D] param W: [H, I] output y = W @ x + m[0, 0] output alpha = m @ sum(m, axis = 0) }\n`;
const reader =
  "cell S(Cell: cell(I, H, D) { input x: [I]; context memory: [S, D]; output y: [H]; output look: [S] }, I, H, D) " +
  "{ input x: [I] context memory: [S, D] use a = Cell(I, H, D) output y = a(x, memory = memory).y output look = a.look }\n";
const both =
  "network S(Part: network(I, H; T, S >= 1) { input x: [T, I]; input m: [S, H]; output y: [T, H]; output end: [H] }, I, H; T, S >= 1) " +
  "{ input x: [T, I] input m: [S, H] use p = Part(I, H) q = p(x, m) output z = q.y + q.end }\n";

describe("cells for parameters that say what they have", () => {
  it.each([
    ["by the names that stand there", `${gru}${user}cell A = S(B)`],
    ["under names of their own, where one is left", `${attending}${reader}cell A = S(M)`],
    [
      "with their inputs in another order",
      "cell P(H) { input u: [H] input v: real output y = u * v }\n" +
        "cell S(Cell: cell(H) { input v: real; input u: [H]; output y: [H] }, H) { input x: [H] use a = Cell(H) output y = a(2, x) }\n" +
        "cell A = S(P)",
    ],
    [
      "with dimensions in another order",
      "cell P(H, I) { input x: [I] param W: [H, I] output y = W @ x }\n" +
        "cell S(Cell: cell(I, H), I, H) { input x: [I] use a = Cell(I, H) output y = a(x) }\ncell A = S(P)",
    ],
    [
      "with more outputs and states than are asked for",
      `cell P(I, H) { input x: [I] state h, c: [H] h' = h + sum(x) c' = c + h output y = h' output z = c' }\n${user}cell A = S(P)`,
    ],
    [
      "with a name twice, where only how many there are is told",
      `${gru}cell S(Cell: cell(H, H), H) { input x: [H] use a = Cell(H, H) output y = a(x) }\ncell A = S(B)`,
    ],
    ["handed on", `${gru}${user}cell T(${whole}, H) { input x: [H] use s = S(Cell, H, H) output y = s(x) }\ncell A = T(B)`], // prettier-ignore
    ["of their own", `${gru}cell T(H, ${whole} = B) { input x: [H] use s = Cell(H, H) output y = s(x) }\ncell A = T()`],
    [
      "networks of several inputs and outputs",
      `network P(H, I; A, B >= 1) { input x: [A, I] input m: [B, H] output w[t] = sum(x[t]) + m[0] output end = sum(m, axis = 0) }\n${both}network A = S(P)`,
    ],
    [
      "networks in the place of cells, with what they are given once",
      "network P(I, H; T, R >= 1) { input x: [T, I] input m: [R, H] output w[t] = sum(x[t]) + m[0] }\n" +
        "network S(Cell: cell(I, H) { input x: [I]; context m: [T, H]; output y: [H] }, I, H; T >= 1, N) " +
        "{ input x: [N, I] input m: [T, H] use a = Cell(I, H) output z = a(x, m) }\nnetwork A = S(P)",
    ],
    [
      "with sizes of contexts that headers name",
      "cell P(H; R >= 1) { input x: [H] context m: [R, H] output y = x + m[R - 1] }\n" +
        "network S(Part: cell(H; S >= 1) { input x: [H]; context m: [S, H]; output y: [H] }, H; T, N >= 1) " +
        "{ input x: [T, H] input m: [N, H] use p = Part(H) output z = p(x, m) }\nnetwork A = S(P)",
    ],
    [
      "that make places",
      "network P(H; T) { input x: [T, H] output best[t] = argmax(x[t]) }\n" +
        "network S(Part: network(H; T) { input x: [T, H]; output k: index(H)[T] }, H; T) " +
        "{ input x: [T, H] param w: [H] use p = Part(H) output z = w[p(x)] }\nnetwork A = S(P)",
    ],
  ])("are taken %s", (_what, text) => {
    expectFine(text);
  });

  it.each([
    ["without a state", `cell P(I, H) { input x: [I] param W: [H, I] output y = W @ x }\n${user}cell A = S(‹P›)`, "it has no state `h`"], // prettier-ignore
    [
      "with a state of another shape",
      `cell P(I, H) { input x: [I] state h: [2 * H] h' = h + sum(x) output y = h'[:H] }\n${user}cell A = S(‹P›)`,
      "its state `h` is [2*H], not [H]",
    ],
    [
      "with an input that nothing gives",
      `cell P(I, H) { input x: [I] input z: [I] state h: [H] h' = h + sum(x) + sum(z) output y = h' }\n${user}cell A = S(‹P›)`,
      "it also has the input `z`, which nothing gives it",
    ],
    [
      "with another output",
      `cell P(I, H) { input x: [I] state h: [H] h' = h + sum(x) output u = h output v = h }\n${user}cell A = S(‹P›)`,
      "it has no output `y`",
    ],
    [
      "with outputs along something else",
      `cell P(I, H, D) { input x: [I] context m: [R, D] output y = zeros([H]) + sum(x) + m[0, 0] output alpha = x }\n${reader}cell A = S(‹P›)`,
      "its output `alpha` is [I], not [S]",
    ],
    ["with a context", `${attending}cell S(Cell: cell(I, H, D), I, H, D) { input x: [I] use a = Cell(I, H, D) output y = a(x) }\ncell A = S(‹M›)`, "it also has the context `m`"], // prettier-ignore
    ["that is none, but a network", `network P(I, H; T) { input x: [T, I] param W: [H, I] output y = x @ transpose(W) }\n${user}cell A = S(‹P›)`, "a network, and a cell uses cells"], // prettier-ignore
    ["where a network is wanted", `${gru}${both}network A = S(‹B›)`, "is a cell, and a network is wanted"],
    [
      "that is a network along no sequence",
      "network P(I, H) { input x: [I] param W: [H, I] output y = W @ x }\n" +
        "network S(Cell: cell(I, H), I, H; T) { input x: [T, I] use a = Cell(I, H) output z = a(x) }\nnetwork A = S(‹P›)",
      "goes along no sequence",
    ],
    [
      "that has a size of its own",
      "network P(I, H; T, N) { input x: [T, I] param W: [H, I] output y[t] = W @ x[t] + N }\n" +
        "network S(Cell: cell(I, H), I, H; T) { input x: [T, I] use a = Cell(I, H) output z = a(x) }\nnetwork A = S(‹P›)",
      "no input tells its size `N`",
    ],
    [
      "of which the size is asked for",
      "network P(H; T >= 1) { input x: [T, H] output end = x[T - 1] }\n" +
        "network S(Part: network(H; T) { input x: [T, H]; output end: [H] }, H; T) { input x: [T, H] use p = Part(H) output z = p(x) }\nnetwork A = ‹S›(P)",
      "wants `T >= 1`",
    ],
    ["that is handed on and is less", `${gru}${user}cell T(Cell: cell(I, H), I, H) { input x: [I] use s = S(‹Cell›, I, H) output y = s(x) }\ncell A = T(B)`, "it has no state `h`"], // prettier-ignore
  ])("are refused %s", (_what, text, words) => {
    const { message } = expectReport(text, "cell-does-not-fit");
    expect(message).toContain(words);
  });

  it("are given what the names say, in whatever order they have it", async () => {
    const text =
      "cell P(H) { input u: [H] input v: real output z = v - u output w = u }\n" +
      "cell S(Cell: cell(H) { input v: real; input u: [H]; output w: [H]; output other: [H] }, H) " +
      "{ input x: [H] use a = Cell(H) output y = a(10, u = x).other output k = a.w }\ncell A = S(P)";
    const { instantiate } = await cell(text, { cell: "A", dimensions: { H: 2 }, dtype: "f64" });
    const { y, k } = instantiate({ batch: 1, steps: 1 }).forward({ x: [1, 3] });
    expect([...y!, ...k!]).toEqual([9, 7, 1, 3]);
  });

  it("say what is wrong at both places", () => {
    const text = `cell P(I, H) { input x: [H] param w: [I] state h: [H] h' = h + x * sum(w) output y = h' }\n${user}cell A = S(‹P›)`;
    const { related } = expectReport(text, "cell-does-not-fit");
    expect(related.map(({ message, span }) => [message, span.start])).toEqual([
      ["what `Cell` has to have", text.indexOf("input x: [I]; state") + "input ".length],
      ["what `P` has", text.indexOf("x: [H]")],
    ]);
  });
});
