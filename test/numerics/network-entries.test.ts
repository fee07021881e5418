/**
 * Entries of networks: what one gives has the bits that the same equations have in the whole, where it is given what the whole has computed; on
 * both targets, in batches, with padding, in streams.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/driver/compile.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import type { CellCall } from "../../compiler/tools/calls/call.js";
import { instanceFor, resultsOf, valuesOf } from "../../compiler/tools/calls/call.js";
import { drawCall, drawExtents } from "../../compiler/tools/calls/draw-call.js";
import { partModule } from "../../compiler/tools/calls/part-module.js";
import { examplesAreIndependent, piecesMatchWhole, repeatsGiveSameBits } from "../../compiler/tools/testing/index.js";
import { type CompiledModule, createRandom, loadModule } from "../../runtime/index.js";
import { namedAxes } from "../../runtime/module/axes.js";
import type { ProgramTensor } from "../../compiler/program/program.js";
import { nameOfRole, type TensorKind } from "../../compiler/program/base/roles.js";
import { randomInputs, randomSource, run, tensorsOf } from "../support/evaluate-helpers.js";
import { fuzzParameters } from "../support/fuzz.js";
import { randomParams } from "../support/random-call.js";
import { networkOf, streamingNetworkOf, withPart } from "../support/random-network.js";
import { expectStream } from "../support/stream-check.js";

const above = `import { GRU } from "std/gru"
import { LSTM } from "std/lstm"
import { Bidirectional, Linear } from "std/network"
import { cross_entropy } from "std/losses"
`;

/** All that entries give and are given are outputs of the whole, too. */
const networks: Readonly<Record<string, string>> = {
  "a reader and a speaker": `network N(V, H; S >= 1, T) {
    input source: index(V)[S]
    input target: index(V)[T]
    param table: [V, H] ~ normal(0.5)
    use enc = Bidirectional(GRU, H, H)
    use bridge = Linear(2 * H, H)
    use say = LSTM(H, H)
    use read = Linear(3 * H, V)
    output memory = enc(table[source])
    output start = tanh(bridge(concat(memory[S - 1, :H], memory[0, H:])))
    output previous = before(target, 0)
    y = say(table[previous], h = start)
    output seen[t] = softmax(memory @ concat(y[t], y[t])) @ memory
    output scores = read(concat(y, seen, axis = 1))
    loss = sum(cross_entropy(scores, target)) per T
    entry encode = memory, start
    entry next = scores, seen given memory, start, previous
  }`,
  "loops that come apart": `network N(V, H; S, T) {
    input begin: [H]
    input emit: [S, V]
    param table: [V, H] ~ normal(0.5)
    param A: [V, V] ~ normal(0.5)
    use rnn = GRU(H, H)
    use read = Linear(H, V)
    output logits = read(rnn(table[before(said, 1)], h = begin))
    output said[t < T] = argmax(logits[t])
    u = before(alpha, 0)
    output beta[s] = logsumexp(u[s][:, new] + A, axis = 0)
    output alpha = emit + tanh(beta + before(beta, 0.5))
    entry after = logits given said
    entry chain = beta given alpha
    entry both = logits, beta
  }`,
  "sizes that follow from others, settings and draws": `network N(H; S >= 2, T) {
    input x: [S, H]
    input z: [T, H]
    setting gain: real = 0.5
    setting other: real = 2
    param W: [H]
    output half = sum(windows(x * W * gain, 2, stride = 2), axis = 1)
    output pieces = reshape(z, [T / 2, 2, H]) * other
    output noisy = z * gain + normal([T, H]) * W
    output total = before(total, W) + noisy
    output all = total + sum(half, axis = 0) + before(noisy, 0, by = 9)
    entry halves = half
    entry paired = pieces
    entry heard = noisy, total
    entry totals = all given half, noisy
  }`,
};
const dimensions: Readonly<Record<string, number>> = { V: 4, H: 2 };
const dimensionsOf = (text: string): Record<string, number> =>
  Object.fromEntries(Object.entries(dimensions).filter(([name]) => new RegExp(`network N\\([^;]*\\b${name}\\b`, "u").test(text))); // prettier-ignore

type Target = "js" | "wasm";

/** Each once. */
const loaded = new Map<string, Promise<CompiledModule>>();

function made(text: string, target: Target, cell = "N"): Promise<CompiledModule> {
  const key = `${target} ${text}`;
  const found = loaded.get(key) ?? compiled(text, target, cell);
  loaded.set(key, found);
  return found;
}

async function compiled(text: string, target: Target, cell: string): Promise<CompiledModule> {
  const given = cell === "N" ? dimensionsOf(text) : {};
  const { files, diagnostics } = compile(text, { cell, dimensions: given, target, dtype: "f64", gradient: false });
  expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
  return loadModule(files[0]!.text);
}

const drawn = { seed: 9, train: true };

/** What all parts give of what the whole gives, by part and name. */
function resultsOfParts(module: CompiledModule, seed: number, outputOf = (given: string): string => given) {
  const { manifest } = module;
  const call = callOf(module, seed);
  const instance = instanceFor(module, call);
  randomParams(instance, seed);
  const options = manifest.random === undefined ? {} : drawn;
  const given: Record<string, unknown> = { ...valuesOf(manifest, call), ...options };
  const whole = Object.fromEntries(Object.entries(resultsOf(instance.forward(given))).map(([name, own]) => [name, own.slice()])); // prettier-ignore
  const sizes = given["sizes"] as Record<string, unknown>;
  const found = (manifest.entries ?? []).map((part) => {
    const names = [...part.inputs, ...part.contexts, ...(part.settings ?? []), ...part.states].map(({ name }) => name);
    const values = Object.fromEntries(names.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
    for (const name of part.given) values[name] = whole[outputOf(name)];
    const own = Object.fromEntries(Object.entries(sizes).filter(([name]) => part.axes.includes(name)));
    const result = instance.entries![part.name]!.forward({ ...values, batch: call.batch, sizes: own, ...(part.random && options) }); // prettier-ignore
    return [part.name, part.outputs.map(({ name }) => [name, [...result[name]!]] as const)] as const;
  });
  return { whole, found };
}

describe.each(Object.keys(networks))("%s", (what) => {
  const text = above + networks[what]!;

  it("have the bits of the whole, the same on both targets", async () => {
    const results = await Promise.all(
      (["js", "wasm"] as const).map(async (target) => {
        const { whole, found } = resultsOfParts(await made(text, target), 4);
        for (const [part, outputs] of found) {
          for (const [name, values] of outputs) {
            // What is known before a loop that has come apart is added first.
            if (part === "after" || part === "chain")
              values.forEach((value, i) => expect(value).toBeCloseTo(whole[name]![i]!, 12)); // prettier-ignore
            else expect([part, name, values]).toEqual([part, name, [...whole[name]!]]);
          }
        }
        return found;
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[0]!.flatMap(([, outputs]) => outputs).some(([, values]) => values.some((value) => value !== 0))).toBe(true); // prettier-ignore
  });

  it.each(["js", "wasm"] as const)("are alone what they are in a batch, and stream, on %s", async (target) => {
    const module = await made(text, target);
    for (const part of module.manifest.entries ?? []) {
      const own = partModule(module, part);
      const call = callOf(own, target.length);
      examplesAreIndependent(own, call);
      repeatsGiveSameBits(own, call);
      if (part.stream !== undefined) expectChunks(own, call, 3);
    }
  });

  it("are what their equations mean", async () => {
    const { program } = lowerSource(text, { cell: "N", dimensions: dimensionsOf(text), dtype: "f64" }, "all sizes");
    const module = await made(text, "js");
    const sizes = new Map([["S", 2], ["T", 4]]); // prettier-ignore
    const instance = module.instantiate({ sizes: Object.fromEntries(sizes) });
    let compared = 0;
    for (const { name, program: part } of program?.parts ?? []) {
      if (part.randoms.length > 0) continue;
      const values = randomInputs(part.forward, [sizes], randomSource(3));
      const dataOf = (kind: TensorKind, tensor: string): Float64Array =>
        tensorsOf(values.get(nameOfRole({ kind, name: tensor }))!)[0]!.data as Float64Array;
      instance.setParams(Object.fromEntries(part.params.map((own) => [own.name, dataOf("param", own.name)])));
      const given = (kind: TensorKind, tensors: readonly ProgramTensor[] = []): [string, unknown][] =>
        tensors.map((own) => [own.name, kind === "setting" ? dataOf(kind, own.name)[0] : dataOf(kind, own.name)]);
      const all = [...given("input", part.inputs), ...given("context", part.contexts), ...given("initial", part.states), ...given("setting", part.settings)]; // prettier-ignore
      const result = instance.entries![name]!.forward(Object.fromEntries(all));
      const meant = run(part.forward, values, [sizes]);
      for (const output of part.outputs) {
        const [wanted] = tensorsOf(meant.get(nameOfRole({ kind: "output", name: output.name }))!);
        wanted!.data.forEach((value, k) => expect(result[output.name]![k], `${name} ${output.name}`).toBeCloseTo(value, 10)); // prettier-ignore
        compared += wanted!.data.length;
      }
    }
    expect(compared).toBeGreaterThan(10);
  });
});

describe("what convolutions look back at", () => {
  const text = `fn smooth(x: [T, H], W: [O, H, K]): [T, O] { return conv(x, W, pad = causal) }
  network N(H; T) {
    input x: [T, H]
    param A: [H, H, 3]
    param B: [H, H, 2]
    output a = conv(x, A, pad = causal)
    output b = conv(a, B, pad = causal) + before(b, 0)
    output c = conv(tanh(conv(x, B, pad = causal)), A, pad = causal)
    output d = smooth(a, A) + concat(fill(0, [1, H]), c)[:T]
    entry mixed = d, c, a
    entry late = b given a
  }`;
  const namesOf = (states: readonly { readonly name: string; readonly shape: readonly unknown[] }[]): string[] =>
    states.map(({ name, shape }) => `${name}: ${JSON.stringify(shape)}`).sort();

  it("is called by its equation in the whole and in its parts, which go on with it", async () => {
    const module = await made(text, "js");
    const { manifest } = module;
    expect(namesOf(manifest.states)).toEqual(["a: [2,2]", "b 2: [1,2]", "b: [1,2]", "c 2: [2,2]", "c: [1,2]", "d 2: [1,2]", "d: [2,2]"]); // prettier-ignore
    const [mixed, late] = manifest.entries!;
    expect(namesOf(mixed!.states)).toEqual(namesOf(manifest.states.filter(({ name }) => !name.startsWith("b"))));
    expect(namesOf(late!.states)).toEqual(namesOf(manifest.states.filter(({ name }) => name.startsWith("b"))));
    const instance = module.instantiate({ sizes: { T: 5 } });
    randomParams(instance, 3);
    const random = createRandom(5);
    const x = Float64Array.from({ length: 10 }, () => random.normal(1));
    const run = (values: object, T: number) => resultsOf(instance.forward({ ...values, sizes: { T } }));
    const whole = run({ x }, 5);
    const first = run({ x: x.slice(0, 4) }, 2);
    const part = (name: string, values: Record<string, unknown>, own: readonly { readonly name: string }[]) =>
      instance.entries![name]!.forward({ ...values, ...Object.fromEntries(own.map((state) => [state.name, first[`final ${state.name}`]])), sizes: { T: 3 } }); // prettier-ignore
    const second = part("mixed", { x: x.slice(4) }, mixed!.states);
    for (const name of ["a", "c", "d"]) expect([...second[name]!], name).toEqual([...whole[name]!.slice(4)]);
    const { b } = part("late", { a: whole["a"]!.slice(4) }, late!.states);
    expect([...b!]).toEqual([...whole["b"]!.slice(4)]);
  });
});

function callOf({ manifest }: CompiledModule, seed: number): CellCall {
  const random = createRandom(seed);
  const sizes = Object.fromEntries(namedAxes(manifest).map((name, i) => [name, 4 + 2 * i]));
  // Whole pairs, and no fewer than are demanded of the others.
  const extents = drawExtents(manifest, { batch: 3, steps: 4, sizes }, (most) => 2 * Math.ceil(most / 4) + 2 * random.integer(Math.floor(most / 4) + 1)); // prettier-ignore
  return drawCall(manifest, extents, random, { number: () => random.normal(1) });
}

/** In chunks, blocks and steps: by the one check where sizes follow from others, by the other where calls draw or inputs have several sizes. */
function expectChunks(part: CompiledModule, call: CellCall, seed: number): void {
  const { manifest } = part;
  if (manifest.axes.some(({ size }) => size !== undefined)) return piecesMatchWhole(part, call);
  const others = namedAxes(manifest).filter((name) => name !== manifest.stream);
  expectStream(part, { batch: 3, steps: 4, others: Object.fromEntries(others.map((name) => [name, [4, 2, 3]])) }, seed);
}

/** Elements that are apart by more than rounding. */
const far = (found: readonly number[], wanted: ArrayLike<number>): [number, number | undefined][] =>
  found.length === wanted.length
    ? found.flatMap((value, i): [number, number][] => {
        const other = wanted[i]!;
        const isNear = Object.is(value, other) || Math.abs(value - other) <= 1e-12 * Math.max(1, Math.abs(other));
        return isNear ? [] : [[value, other]];
      })
    : [[found.length, wanted.length]];

it("random cuts of random networks", async () => {
  const choices = fc.array(fc.nat(999), { minLength: 20, maxLength: 30 });
  const property = fc.asyncProperty(choices, fc.nat(999), async (chosen, seed) => {
    const text = (seed % 3 === 0 ? streamingNetworkOf : networkOf)(chosen);
    // A loop that comes apart adds in another order.
    const isCut = (whole: string, name: string): boolean => !new RegExp(`before\\(${name}, 0\\)\\)$`, "mu").test(whole);
    const target = seed % 2 === 0 ? "js" : "wasm";
    const module = await made(withPart(text, seed, { isCut, outputOf: (name) => `o${name}` }), target, "Random");
    const [part] = module.manifest.entries ?? [];
    const { whole, found } = resultsOfParts(module, seed, (name) => `o${name}`);
    // What reads the same operand is one product in the whole, and begins with other terms in a part that has less of it.
    for (const [name, values] of found[0]![1])
      expect([text, name, far(values, whole[name]!)]).toEqual([text, name, []]);
    const own = partModule(module, part!);
    const call = callOf(own, seed);
    examplesAreIndependent(own, call);
    if (part!.stream !== undefined) expectChunks(own, call, seed);
  });
  await fc.assert(property, fuzzParameters(3, 40));
});
