/** Networks that stream give the bits of the whole sequence: step by step, in blocks, and in chunks of `forward`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/driver/compile.js";
import { cell } from "../../compiler/driver/in-process.js";
import { checkGradients } from "../../compiler/index.js";
import { loadModule, runSequence } from "../../runtime/index.js";
import { fuzzParameters } from "../support/fuzz.js";
import { streamingNetworkOf } from "../support/random-network.js";
import { expectClose, expectStream } from "../support/stream-check.js";

const above = `import { GRU } from "std/gru"
import { LSTM } from "std/lstm"
import { Linear, Stack } from "std/network"
import { cross_entropy } from "std/losses"
`;

/** Each with what is said of its sizes. */
const networks: Readonly<Record<string, string>> = {
  "layers, what was before by name and in an expression, and a loss": `network N(V, H; T) {
    input text: index(V)[T]
    param table: [V, H] ~ normal(0.5)
    use low = LSTM(H, H)
    use high = GRU(H, H)
    use read = Linear(H, V)
    previous = before(text, 1)
    y = high(low(table[previous]))
    logits = read(y + before(y, 0.5, by = 2))
    loss = sum(cross_entropy(logits, text)) per T
    output p = softmax(logits, axis = V)
    output change = y - before(y, 0)
  }`,
  "attention over what is the same at every step, from a state that is given": `network N(I, H, D; S >= 1, T) {
    input x: [T, I]
    input source: [S, D]
    setting gain: real = 0.5
    param W: [H, D]
    param U: [H, H]
    param v: [H]
    use rnn = GRU(I, H)
    use enc = GRU(D, H)
    use bridge = Linear(H, H)
    memory = enc(source)
    keys[s] = W @ source[s] * gain
    start = tanh(bridge(memory[S - 1]))
    y = rnn(x, h = start)
    score[t, s] = v @ tanh(keys[s] + U @ y[t])
    alpha = softmax(score, axis = S)
    output read[t] = alpha[t] @ memory
    output first[t] = before(y, start)[t]
  }`,
  "the number of the element, and draws of each element and of the whole": `network N(H; T) {
    input x: [T, H]
    use rnn = GRU(H, H)
    keep = mask([H], 0.5)
    noise = normal([T, H])
    y = rnn(dropout(x, 0.3) * keep + 0.1 * noise)
    output z[t] = if t == 0 then y[t] else y[t] * (t + 1)
  }`,
  "what only a loss reads, by the place in the sequence, from the input of a layer": `network N(H; T) {
    input x: [T, H]
    param A: [2, H]
    use rnn = GRU(H, H)
    e[t] = tanh(A @ x[t] + (if t == 0 then 0.5 else 0))
    output y = rnn(x)
    loss = sum(sin(e), axis = [0, 1])
  }`,
  "equations that need each other": `network N(C; T) {
    input emit: [T, C]
    param A: [C, C]
    param start: [C]
    u = before(alpha, start)
    alpha[t] = emit[t] + (if t == 0 then 0 else logsumexp(u[t][:, new] + A, axis = 0))
    output y = alpha
  }`,
  "what it says is what it hears": `network N(V, H; T) {
    input start: [H]
    input topic: index(V)
    param table: [V, H] ~ normal(0.5)
    use rnn = GRU(H, H)
    use read = Linear(H, V)
    logits = read(rnn(table[before(said, topic)], h = start))
    output said[t] = argmax(logits[t])
    output logit = logits
  }`,
  "a network in a network, and a call for each of several places": `network Inner(H; T) {
    input x: [T, H]
    use rnn = GRU(H, H)
    y = rnn(x)
    output z = y + before(y, 1)
  }
  network N(C, H; T) {
    input x: [T, C, H]
    use inner = Inner(H)
    use rnn = GRU(H, H)
    a = inner(x[:, 0])
    each[c] = rnn(x[:, c])
    output y[t] = a[t] + sum(each[c, t] for c)
  }`,
  "letters of each word, from the beginning": `network N(V, H; W, T) {
    input letters: index(V)[T, W]
    param table: [V, H] ~ normal(0.5)
    use spell = GRU(H, H)
    use rnn = GRU(H, H)
    word[t] = spell(table[letters[t]]).h'
    output y = rnn(word)
  }`,
  "what the first element was, and what was made of it": `network N(I, H; T >= 1) {
    input x: [T, I]
    use rnn = GRU(I, H)
    y = rnn(x)
    output change = x - before(x, x[0])
    output z[t] = y[t] * y[0] + sum(x[0])
  }`,
  "several things in front of a sequence, along it and along its elements": `network N(H; T) {
    input x: [T, H]
    input topic: [1, H]
    param start: [2, H]
    output y = concat(start, 0.5 * topic, x)[:T]
    output z = concat(topic, start, tanh(x), topic)[1:T + 1]
    output wide = concat(x, concat(start, x)[:T], axis = 1)
  }`,
};

const dimensions: Readonly<Record<string, number>> = { I: 2, H: 3, D: 2, V: 4, C: 2 };

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it.each(Object.keys(networks))("%s", async (what) => {
    const text = above + networks[what]!;
    const given = Object.fromEntries(Object.entries(dimensions).filter(([name]) => new RegExp(`network N\\([^;]*\\b${name}\\b`, "u").test(text))); // prettier-ignore
    const { files, diagnostics } = compile(text, { cell: "N", dimensions: given, target, dtype: target === "js" ? "f64" : "f32" }); // prettier-ignore
    expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
    const module = await loadModule(files[0]!.text);
    const others = Object.fromEntries(module.manifest.axes.flatMap(({ name, option }) => option === "sizes" && name !== module.manifest.stream ? [[name, [3, 2]]] : [])); // prettier-ignore
    expectStream(module, { batch: 2, steps: 6, others }, 3);
  });
});

it("random ones, with every example's own sizes of what is the same at every step", async () => {
  const choices = fc.array(fc.nat(999), { minLength: 20, maxLength: 30 });
  const property = fc.asyncProperty(
    choices,
    fc.integer({ min: 1, max: 6 }),
    fc.nat(999),
    async (chosen, steps, seed) => {
      // What only losses read is left out of streams: what they compute with outputs is computed apart then.
      const withLosses = seed % 4 === 3;
      const whole = streamingNetworkOf(chosen);
      const text = withLosses ? whole : whole.replaceAll(/^ {2}loss.*\n/gmu, "");
      const target = seed % 2 === 0 ? "js" : "wasm";
      const { files, diagnostics } = compile(text, { cell: "Random", target, dtype: seed % 3 === 0 ? "f64" : "f32" });
      expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
      expectStream(
        await loadModule(files[0]!.text),
        { batch: 3, steps, others: { S: [2, 3, 1] } },
        seed,
        withLosses ? expectClose : undefined,
      );
    },
  );
  await fc.assert(property, fuzzParameters(4, 60));
});

it("nothing streams with something beside a part that may lack elements, and a loss may have it", async () => {
  const parts = ["concat([7], x[:T - 1])", "concat([7], 2 * x[:T - 1])", "concat(x[:T - 1], [7])", "concat([7], sum(windows(x, 2), axis = 1))", "before(concat([7], x[:T - 1]), 1)"]; // prettier-ignore
  const of = (equations: string): string => `network A(; T >= 2) { input x: [T] param W: [2] ${equations} }`;
  for (const part of parts) {
    const { diagnostics } = compile(of(`stream output y = W[0] * ${part}`), { cell: "A" });
    const messages = diagnostics.map(({ message }) => message);
    expect([part, messages]).toEqual([part, [expect.stringContaining("beside a part that may lack elements")]]);
    const { instantiate, manifest } = await cell(of(`output y = x * W[0] loss = sum((${part} - x) ^ 2) per T`), {
      cell: "A",
    });
    expect([manifest.has.step, manifest.states]).toEqual([true, []]);
    const net = instantiate({ sizes: { T: 2 } });
    net.setParams({ W: [2, 1] });
    expect([...net.step!({ x: [4] })["y"]!]).toEqual([8]);
  }
});

it.each(["js", "wasm"] as const)(
  "what is demanded of the length of a sequence is none of a stream's, on %s",
  async (target) => {
    const text = (demand: string): string =>
      `network A(; T${demand}, S) { ${demand === "" ? "require T >= 3 require S >= 2" : ""} input x: [T] input s: [S] y = before(y, 0) + x * sum(s) output z = y loss = sum(x[2:]) + sum(sum(windows(x, 2, stride = 2), axis = 1)) }`;
    for (const demand of ["", " >= 3"]) {
      const { instantiate } = await cell(text(demand), { cell: "A", target, dtype: "f64" });
      const one = instantiate({ sizes: { T: 1, S: 2 } });
      one.reset!({ s: [1, 1] });
      expect([1, 2].map((x) => one.step!({ x: [x] })["z"]![0])).toEqual([2, 6]);
      expect(() => one.steps!({ x: [1] })).toThrow(RangeError);
      expect(() => one.forward({ x: [1], s: [1, 1] })).toThrow(RangeError);
      // Other sizes are demanded as ever, and a block is a sequence.
      if (demand === "") expect(() => one.reset!({ s: [1], sizes: { S: 1 } })).toThrow("S >= 2 must hold");
      const more = instantiate({ sizes: { T: 4, S: 2 } });
      more.reset!({ s: [1, 1] });
      expect(() => more.steps!({ x: [1, 2], steps: 2 })).toThrow(RangeError);
      expect([...more.steps!({ x: [1, 2, 3], steps: 3 })["z"]!]).toEqual([2, 6, 12]);
      expect([...more.step!({ x: [4] })["z"]!]).toEqual([20]);
    }
  },
);

it("what indices are filled up with beyond the sizes of an example may be any in streams, too", async () => {
  const text = `network A(V; S, T) { input w: index(V)[T, S] param table: [V] output y[t] = sum(table[w[t]], axis = 0) }`;
  const { instantiate } = await cell(text, { cell: "A", dimensions: { V: 3 }, dtype: "f64" });
  const net = instantiate({ batch: 2, sizes: { T: 2, S: 2 } });
  net.setParams({ table: [1, 2, 4] });
  net.reset!({ sizes: { S: [2, 1] } });
  expect([...net.step!({ w: [1, 2, 0, -1] })["y"]!]).toEqual([6, 1]);
  expect([...net.steps!({ w: [1, 2, 0, 0, 2, -1, 1, 99] })["y"]!]).toEqual([6, 2, 4, 2]);
  expect(() => net.step!({ w: [1, -1, 0, 0] })).toThrow("w[1] must be an integer from 0 to 2");
  net.reset!();
  expect(() => net.step!({ w: [1, 2, 0, -1] })).toThrow("w[3] must be an integer from 0 to 2");
});

it("gradients reach what a stream begins with, and states that go on", async () => {
  const text = `network A(H; T) {
    input x: [T, H]
    input s: [H]
    param v: [H]
    total = before(total, s * v) + x
    output y = tanh(total)
  }`;
  // It fails where a gradient was zero at every point, as that of `v` where no call begins.
  const report = await checkGradients(text, { dimensions: { H: 2 }, seed: 1, runs: 2 });
  expect(report.passed).toBe(true);
  expect(report.tensors.map(({ role, name }) => `${role} ${name}`)).toEqual(["param v", "input x", "context s", "state total"]); // prettier-ignore
});

it("before is a state that a call may give, in networks that look ahead as well", async () => {
  const text = `network A(; T) { input x: [T] param v: [] p = before(x, 0.25, by = 2) q = before(x, v) output y = reverse(p) + reverse(q) }`;
  const { instantiate, manifest } = await cell(text, { cell: "A", dtype: "f64" });
  expect(manifest.has.step).toBe(false);
  expect(manifest.states.map(({ name, shape, initial }) => [name, shape, initial])).toEqual([
    ["p", [2], "computed"],
    ["q", [1], "computed"],
  ]);
  const net = instantiate({ sizes: { T: 3 } });
  net.setParams({ v: [4] });
  const { y, final } = net.forward({ x: [1, 2, 3] });
  expect([...y!]).toEqual([1 + 2, 0.25 + 1, 0.25 + 4]);
  expect([[...final["p"]!], [...final["q"]!]]).toEqual([[2, 3], [3]]);
  expect([...net.forward({ x: [5], sizes: { T: 1 }, p: [2, 3], q: [3] })["y"]!]).toEqual([2 + 3]);
  // A chunk shorter than what is kept.
  expect([...net.forward({ x: [5], sizes: { T: 1 }, p: [2, 3], q: [3] }).final["p"]!]).toEqual([3, 5]);
  const slopes = net.backward!({ y: [1] });
  expect([[...slopes.initial["p"]!], [...slopes.initial["q"]!], [...slopes.params["v"]!]]).toEqual([[1, 0], [1], [0]]);
  expect(() => runSequence({ manifest }, net, { x: [1] }, { batch: 1, steps: 1, chunk: 1 })).toThrow(
    "this module looks ahead",
  );
});
