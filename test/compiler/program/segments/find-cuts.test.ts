/** Which sequences training may take in chunks, and what is in the way of the others. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { networkAxes } from "../../../../compiler/base/types/call-axes.js";
import { compile } from "../../../../compiler/index.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import type { Program, ProgramInput } from "../../../../compiler/program/program.js";
import { findCuts } from "../../../../compiler/program/segments/find-cuts.js";

const head = `import { GRU } from "std/gru"
import { Bidirectional, Linear } from "std/network"
import { cross_entropy } from "std/losses"
`;

function cutsOf(network: string, text: string): readonly string[] {
  const dims = /\(([^;]*);/u
    .exec(network)![1]!
    .split(",")
    .filter((name) => name.trim() !== "");
  const used = head.split("\n").filter((line) => (/\{ (.*) \}/u.exec(line)?.[1] ?? "").split(", ").some((name) => text.includes(name))); // prettier-ignore
  const source = `${used.join("\n")}\nnetwork ${network} { ${text} }`;
  const { manifest, diagnostics } = compile(source, {
    cell: network.slice(0, network.indexOf("(")),
    dimensions: Object.fromEntries(dims.map((name) => [name.trim(), 3])),
    gradient: true,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return manifest!.cuts!.map(({ axis, states, obstacle }) => `${axis}: ${obstacle ?? states!.join(", ")}`);
}

const read = `use rnn = GRU(V, H) use read = Linear(H, V) logits = read(rnn(one_hot(before(text, 0), V)))`;

it.each<[string, string, readonly string[]]>([
  // What a chunk hands on, whether or not there are outputs that stream.
  ["A(V, H; T)", `input text: index(V)[T] ${read} loss = sum(cross_entropy(logits, text)) per T output p = logits`, ["T: rnn.h, logits"]],
  ["A(V, H; T)", `input text: index(V)[T] ${read} nll = if text == 0 then 0 else cross_entropy(logits, text)
     loss = sum(nll) per sum(if text == 0 then 0 else 1) loss small = sum(logits * logits, axis = [0, 1])`, ["T: rnn.h, logits"]],
  ["A(H; T)", "input x: [T, H] input s: [H] use rnn = GRU(H, H) y = rnn(x, h = s) output z = y loss = sum(y, axis = [0, 1])", ["T: rnn.h, step"]],
  ["A(H; T)", "input x: [T, H] param W: [H, H, 3] use rnn = GRU(H, H) y = rnn(conv(x, W, pad = causal)) output z = y loss = sum(y, axis = [0, 1])", ["T: rnn.h, y"]],
  ["A(; T)", "input x: [T] t = before(t, 0) + x loss = sum(t * t) per T output y = t", ["T: t"]],
  // Other sequences, which every chunk has whole, hand on nothing.
  ["A(H; S, T)", `input x: [T, H] input m: [S, H] use enc, dec = GRU(H, H) k = enc(m) y = dec(x)
     a[t] = softmax(k @ y[t]) @ k loss = sum(a, axis = [0, 1]) per T`, ["S: `loss`, made of `a`, which takes the max over all elements", "T: dec.h"]],
  // Sums of sums are sums.
  ["A(; T)", "input x, y: [T] param a: [] loss = a * (x @ y) / 2 - sum(x) per 2 * T + sum(x) loss size = a * a", ["T: "]],
  // What would count in every chunk.
  ...["loss = sum(a * x) + a * a per T", "loss = sum(a * x) per T - 1"].map((text): [string, string, readonly string[]] =>
    ["A(; T)", `input x: [T] param a: [] ${text}`, ["T: `loss` adds something to a sum over `T`; as a loss of its own it could stand beside it"]]),
  ["A(; T)", "input x: [T] param a: [] loss = if a > 0 then sum(a * x) else a", ["T: `loss` adds something to a sum over `T`; as a loss of its own it could stand beside it"]],
  ["A(; T)", "input x: [T] param a: [] loss = if a > 0 then sum(a * x) else 0", ["T: "]],
  // Draws go by the number of the element where it is counted, and anew in every chunk elsewhere.
  ["A(H; T)", "input x: [T, H] use rnn = GRU(H, H) y = dropout(rnn(x), 0.5) loss = sum(y, axis = [0, 1]) output z = y", ["T: rnn.h, step"]],
  ["A(H; T)", "input x: [T, H] use rnn = GRU(H, H) y = rnn(x) loss = sum(y, axis = [0, 1]) output z = dropout(y, 0.5)", ["T: rnn.h"]],
  ["A(H; T)", "input x: [T, H] use rnn = GRU(H, H) y = dropout(rnn(x), 0.5) loss = sum(y, axis = [0, 1]) output z = sum(y, axis = [0, 1])",
    ["T: `loss`, made of `y`, which draws by the place in each chunk; a network whose outputs all go along `T` draws by that in the sequence"]],
  // What looks ahead, or at all of it.
  ["A(V, H; T)", "input text: index(V)[T] use rnn = Bidirectional(GRU, V, H) y = rnn(one_hot(text, V)) loss = sum(y, axis = [0, 1])",
    ["T: `loss`, made of `y`, which goes from the last element to the first"]],
  ["A(V, H; T)", "input text: index(V)[T] use rnn = GRU(V, H) use read = Linear(H, V) y = read(rnn(one_hot(text, V))) loss = sum(cross_entropy(y, after(text, 0))) per T",
    ["T: `loss` looks an element ahead"]],
  ["A(; T)", "input x: [T] param a: [] loss = max(a * x)", ["T: `loss` takes the max over all elements"]],
  ["A(; T)", "input x: [T] param a: [] loss = sqrt(sum(a * x))", ["T: `loss` takes `sqrt` of what all elements make together"]],
  ["A(; T)", "input x: [T] param a: [] s = sum(a * x) loss = s * s", ["T: `loss` takes `mul` of what all elements make together"]],
  ["A(; T)", "input x: [T] param a: [] s = sum(x) loss = sum(a * x / (1 + s * s))", ["T: `loss`, made of `s`, which takes the sum over all elements"]],
  ["A(; T)", "input x: [T] param a: [] loss = sum(a * x) per sqrt(T)", ["T: `loss`, made of `per loss`, which takes `sqrt` of what all elements make together"]],
  ["A(H; T >= 1)", "input x: [T, H] use rnn = GRU(H, H) y = rnn(x) loss = sum(y[T - 1])", ["T: `loss`, made of `y`, which is known after the last element only"]],
  // What has no state, as it streams along another sequence.
  ["A(H; T, S)", "input x: [T, H] input s: [H] use rnn = GRU(H, H) y = rnn(x, h = s) output z[n < S] = s loss = sum(y, axis = [0, 1])",
    ["T: `loss`, made of `y`, which begins as an equation says, in every chunk"]],
  ["A(; T, S)", "input x: [T] y = before(x, 0) output z[n < S] = 1 loss = sum(y)", ["T: `loss`, made of `y`, which begins anew in every chunk"]],
  ["A(; T, S)", "input x: [T, 1] param W: [1, 1, 2] y = conv(x, W, pad = causal) output z[n < S] = 1 loss = sum(y, axis = [0, 1])",
    ["T: `loss`, made of `y`, which begins anew in every chunk"]],
  ["A(; T, S)", "input x: [T] y[t] = if t == 0 then 0 else x[t] output z[n < S] = 1 loss = sum(y)", ["T: `loss`, made of `y`, which counts its elements anew in every chunk"]],
])("%s { %s }", (network, text, cuts) => {
  expect(cutsOf(network, text)).toEqual(cuts);
}); // prettier-ignore

it("tells what is put in front of a sequence, which no equation says so far", () => {
  const forward = parseProgram(
    `func forward(%input.x: real[T]) -> (output.loss.sum: %s) {
      %y: real[T + 1] = pad axis 0 before 1 after 0 %input.x
      %z: real[T] = slice axis 0 start 0 length T %y
      %e: real[] = reduce sum axes [0] %z
      %s: shared real[] = batch_sum %e
    }`,
    networkAxes(["T"]),
  ).functions[0]!;
  const given = { axes: networkAxes(["T"]), stream: undefined, states: [], randoms: [], losses: ["loss"], forward };
  const obstacle = "`loss`, made of `e`, made of `z`, made of `y`, which begins anew in every chunk";
  expect(findCuts({ ...given, inputs: [{ name: "x" } as ProgramInput] })).toMatchObject([{ axis: "T", obstacle }]);
});

it("tells a loop that goes on from the state of another", () => {
  const text = (
    begins: string,
  ): string => `func forward(%initial.a: real[], %initial.b: real[], %input.x: real[T]) -> (output.loss.sum: %s, final.a: %a, final.b: %b) {
      %a: real[], %y: real[T] = scan length T carried 1 sequences 1 %initial.${begins}, %input.x body
        func step(%h: real[], %x: real[]) -> (h: %n, y: %n) {
          %n: real[] = add %h, %x
        }
      %b: real[] = tanh %initial.b
      %e: real[] = reduce sum axes [0] %y
      %s: shared real[] = batch_sum %e
    }`;
  const of = (begins: string): unknown => {
    const forward = parseProgram(text(begins), networkAxes(["T"])).functions[0]!;
    const states = ["a", "b"].map((name) => ({ name }) as Program["states"][0]);
    const inputs = [{ name: "x" } as ProgramInput];
    return findCuts({
      axes: networkAxes(["T"]),
      stream: undefined,
      states,
      inputs,
      randoms: [],
      losses: ["loss"],
      forward,
    });
  };
  expect(of("a")).toMatchObject([{ axis: "T", states: ["a"], totals: ["loss.sum"] }]);
  const obstacle = "`loss`, made of `e`, made of `y`, which begins as an equation says, in every chunk";
  expect(of("b")).toMatchObject([{ axis: "T", states: [], obstacle }]);
});

it("finds what the model of a book hands on", () => {
  const book = readFileSync(new URL("../../../../examples/moby-dick/letters.cell", import.meta.url), "utf8");
  const { manifest } = compile(book, { dimensions: { V: 9, E: 2, H: 2 } });
  expect(manifest!.cuts).toEqual([{ axis: "T", states: ["known.h"] }]);
  expect(compile(book, { dimensions: { V: 9, E: 2, H: 2 }, gradient: false }).manifest!.cuts).toBeUndefined();
});
