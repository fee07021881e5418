/** Along which sequence networks stream, and what is said of those that look ahead. */
import { expect, it } from "vitest";
import { check, compile, format } from "../../../../compiler/driver/compile.js";
import { streamsOf } from "../../../../compiler/driver/streams.js";
import { describeObstacle } from "../../../../compiler/program/sequences/find-stream.js";

const above = `import { GRU } from "std/gru"
import { Bidirectional } from "std/network"
`;

/** What is found of the last network. */
function found(text: string): string {
  const { streams, diagnostics } = streamsOf(above + text, {});
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message)).toEqual([]);
  const { stream, obstacle } = streams.at(-1)!;
  if (stream !== undefined) return `along ${stream}`;
  return obstacle === undefined ? "nothing to tell" : describeObstacle(obstacle);
}

const x = "input x: [T, H]";

it.each<[string, string, string]>([
  ["a run", `network A(H; T) { ${x} use c = GRU(H, H) output y = c(x) }`, "along T"],
  ["what was before", `network A(H; T) { ${x} output y = x - before(x, 0, by = 3) }`, "along T"],
  [
    "back and as far ahead",
    `network A(H; T) { ${x} z = before(x, 0) output y = z + before(after(z, 0), 0) }`,
    "along T",
  ],
  [
    "every element turned by what is the same",
    `network A(H; S, T) { ${x} input m: [S, H] output y[t] = softmax(m @ x[t]) @ m }`,
    "along T",
  ],
  [
    "letters of a word",
    `network A(V, H; W, C) { input l: index(V)[W, C] param E: [V, H] use c = GRU(H, H) output y[w] = c(E[l[w]]).h' }`,
    "along W",
  ],
  ["what it says itself", `network A(H; N) { input s: [H] output y[n < N] = tanh(before(y, 0)[n] + s) }`, "along N"],
  [
    "only losses look at all of it",
    `network A(H; T) { ${x} output y = 2 * x loss = sum(x, axis = [0, 1]) per T }`,
    "along T",
  ],
  ["losses alone", `network A(H; T) { ${x} loss = sum(x, axis = [0, 1]) per T }`, "nothing to tell"],
  [
    "the other direction",
    `network A(H; T) { ${x} use c = Bidirectional(GRU, H, H) z = c(x) output y = 2 * z }`,
    "`y`, made of `z`, which goes from the last element to the first",
  ],
  [
    "after",
    `network A(H; T) { ${x} z = after(x, 0) output y = 2 * z }`,
    "`y`, made of `z`, which looks an element ahead",
  ],
  ["further after", `network A(H, K; T) { ${x} output y = after(x, 0, by = K) }`, "`y` looks K elements ahead"],
  [
    "more ahead than back",
    `network A(H; T) { ${x} output y = before(after(x, 0, by = 2), 0) }`,
    "`y` looks 2 elements ahead",
  ],
  [
    "a loop from the end",
    `network A(H; T) { ${x} z = after(z, 0) + x output y = z }`,
    "`y`, made of `z`, which goes from the last element to the first",
  ],
  [
    "a sum",
    `network A(H; T) { ${x} m = sum(x, axis = 0) output y = x - m }`,
    "`y`, made of `m`, which takes the sum over all elements",
  ],
  [
    "a product over all",
    `network A(H; T) { ${x} m = transpose(x) @ x output y = x @ m }`,
    "`y`, made of `m`, which sums products over all elements",
  ],
  ["the size", `network A(H; T) { ${x} output y = x / (T + 1) }`, "`y` takes the size as a number"],
  [
    "every one beside every other",
    `network A(H; T >= 1) { ${x} s[t, u] = x[t] @ x[u] output y[t] = softmax(s[t]) @ x }`,
    "`y`, made of `s`, which has every element beside every other one",
  ],
  [
    "all of it as a context",
    `cell C(H) { input x: [H] context m: [S, H] output y = softmax(m @ x) @ m } network A(H; T >= 1) { ${x} use c = C(H) output y = c(x, x) }`,
    "`y` reads all elements at every step",
  ],
  [
    "the end of a run",
    `network A(H; T) { ${x} use c = GRU(H, H) e = c(x) output y[t] = x[t] + e.h' }`,
    "`y` needs what is known after the last element",
  ],
  [
    "an element at its place",
    `network A(H; T >= 2) { ${x} output y[t] = x[t] + x[1] }`,
    "`y` is a part at a fixed place",
  ],
  [
    "an index at the first place",
    `network A(H; T >= 1) { ${x} input k: index(H)[T] output y[t] = x[t] * x[t, k[0]] }`,
    "`y` is a part at a fixed place",
  ],
  [
    "a part",
    `network A(H; T >= 2) { ${x} output y = x + concat(x[1:], x[:1]) }`,
    "`y` puts something beside a part that may lack elements",
  ],
  [
    "chosen places",
    `network A(H; T >= 1) { ${x} output y = x[argsort(x[:, 0])] }`,
    "`y` has every element beside every other one",
  ],
  [
    "an output without the sequence",
    `network A(H; T) { ${x} output y = 2 * x output z = sum(x, axis = 0) }`,
    "`z` does not have T in front",
  ],
  ["a number", `network A(H; T) { ${x} output z = sum(x, axis = [0, 1]) }`, "`z` has no sequence in front"],
  [
    "another number of elements",
    `network A(H; T) { ${x} output z = max(windows(x, 2, stride = 2), axis = 1) }`,
    "`z` has floor(T / 2) elements, and a step gives one for each that it is given",
  ],
  [
    "two sequences",
    `network A(H; S, T) { ${x} input m: [S, H] output y = 2 * x output z = 2 * m }`,
    "`z` does not have T in front",
  ],
])("%s", (_, text, expected) => {
  expect(found(text)).toBe(expected);
});

it("`stream` is an error where a network looks ahead, with the place", () => {
  const text = `network A(H; T) { stream ${x} z = after(x, 0) output y = 2 * z }`;
  for (const { diagnostics } of [check(text), compile(text, { dimensions: { H: 2 } })]) {
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ["looks-ahead", "`A` does not stream along `T`: `y`, made of `z`, which looks an element ahead"],
    ]);
    expect(text.slice(diagnostics[0]!.span.start, diagnostics[0]!.span.end)).toBe("stream");
    const [place] = diagnostics[0]!.related;
    expect(text.slice(place!.span.start, place!.span.end)).toBe("after(x, 0)");
  }
  const fine = `network A(H; T) { stream ${x} output y = before(x, 0) }`;
  expect(check(fine).diagnostics).toEqual([]);
  expect(check("cell A(H) { stream input x: [H] output y = x }").diagnostics.map(({ code }) => code)).toEqual([
    "not-in-cell",
  ]);
});

it("`stream` keeps its line and its comments, and is a name elsewhere", () => {
  const text =
    "network A(H; T) {\n  // It runs beside a talk.\n  stream // always\n  input x: [T, H]\n\n  stream = 2 * x\n\n  output y = stream + before(stream, 0)\n}\n";
  expect(check(text).diagnostics).toEqual([]);
  expect(format(text).text).toBe(text);
  expect(format("cell A(H) { input stream: [H] output y = stream }").diagnostics).toEqual([]);
});
