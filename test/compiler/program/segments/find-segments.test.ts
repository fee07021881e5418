/** Along which sequence gradients can be computed in segments, and what is in the way of the others. */
import { expect, it } from "vitest";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { findSegments, SegmentsError } from "../../../../compiler/program/segments/find-segments.js";

const head = `import { GRU } from "std/gru"\nimport { Bidirectional } from "std/network"\n`;

function found(text: string): ReturnType<typeof findSegments> {
  const used = head.split("\n").filter((line) => text.includes(/\{ (\w+) \}/u.exec(line)?.[1] ?? "no such name"));
  const { program } = lowerSource(
    `${used.join("\n")}\n${text}`,
    { cell: "A", dimensions: text.includes("(H") ? { H: 2 } : {} },
    "all sizes",
  );
  return findSegments(program!);
}

it.each<[string, ReturnType<typeof findSegments>]>([
  ["cell A(H) { input x: [H] state h: [H] h' = tanh(h + x) output y = h' }", { symbol: "%T", totals: [] }],
  ["network A(H; T) { input x: [T, H] use rnn = GRU(H, H) output y = rnn(x) }", { symbol: "T", totals: [] }],
  ["network A(H; T) { input x: [T, H] param W: [H] ~ zeros use rnn = GRU(H, H) y = rnn(x) loss main = sum(y, axis = [0, 1]) per T loss small = sum(W) }",
    { symbol: "T", totals: ["main.sum", "main.weight"] }],
  ["network A(H; T) { input x: [T, H] use rnn = GRU(H, H) loss = sum(rnn(x), axis = [0, 1]) }", { symbol: "T", totals: ["loss.sum"] }],
  ["network A(H; T) { input x: [T, H] use rnn = Bidirectional(GRU, H, H) y = rnn(x) loss = sum(y, axis = [0, 1]) }",
    { obstacle: "`loss`, made of `y`, which goes from the last element to the first" }],
  ["network A(; T) { input x: [T] param a: [] ~ zeros output y = a * reverse(x) }", { obstacle: "`y` goes from the last element to the first" }],
  ["network A(H; T >= 1) { input x: [T, H] use rnn = GRU(H, H) y = rnn(x) output last = y[T - 1] }", { obstacle: "`last` has no sequence in front" }],
  ["network A(; T) { input x: [T] param a: [] ~ zeros loss = sum(a * x) + a * a }",
    { obstacle: "`loss` adds something to a sum over `T`; as a loss of its own it could stand beside it" }],
  ["network A(; T) { input x: [T] param a: [] ~ zeros loss = sum(dropout(a * x, 0.5)) }",
    { obstacle: "`loss` draws by the place in each chunk; a network whose outputs all go along `T` draws by that in the sequence" }],
  ["network A(; T) { input x: [T] param a: [] ~ zeros loss = sum(a * x) output y = sum(dropout(a * x, 0.5)) }",
    { obstacle: "`y 0` draws by the place along `T`, which begins anew in every segment" }],
])("%s", (text, wanted) => {
  expect(found(text)).toEqual(wanted);
}); // prettier-ignore

it("is an error with help", () => {
  const error = new SegmentsError("`y` looks ahead", "do not");
  expect([error.message, error.help]).toEqual([
    "the gradient cannot be computed in segments: `y` looks ahead",
    "do not",
  ]);
});
