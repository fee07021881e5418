/** Truncated backpropagation: sequences in chunks, each from the states that the one before has left. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/driver/in-process.js";
import {
  adam, arrays, type CallValues, checkpoints, type DataSource, type ModuleInstance, sgd, type TensorRecord, text, train,
  type TrainEvent, type TrainOptions,
} from "../../../../runtime/index.js"; // prettier-ignore

// A run, what stood before, and a number of the element: states of all kinds.
const source = `import { GRU } from "std/gru"
import { Linear } from "std/network"
import { cross_entropy } from "std/losses"
network Letters(V, H; T >= 1) {
  input text: index(V)[T]
  param table: [V, H] ~ normal(0.5)
  use rnn = GRU(H, H)
  use read = Linear(H, V)
  y = rnn(table[before(text, 0)])
  z[t] = if t == 0 then 2 * y[t] else y[t]
  logits = read(dropout(z, 0.2))
  loss = sum(cross_entropy(logits, text)) per T
  output p = logits
}`;
import { memoryStore } from "../../../support/memory-store.js";
const options = { cell: "Letters", dimensions: { V: 5, H: 4 }, gradient: true } as const;

let module: LoadedCell;
let js: LoadedCell;
beforeAll(async () => {
  module = await cell(source, { ...options, dtype: "f64" });
  js = await cell(source, { ...options, dtype: "f64", target: "js" });
});

const document = (length: number, phase: number): number[] =>
  Array.from({ length }, (_, t) => (t * t + 3 * phase * t + phase) % 5);
const documents = (...lengths: readonly number[]): DataSource => arrays({ text: lengths.map(document) });

async function run(
  given: TrainOptions,
  stopAt = Infinity,
): Promise<{ params: TensorRecord; events: TrainEvent[]; all: TensorRecord[] }> {
  const training = train(given);
  const events: TrainEvent[] = [];
  const copy = (): TensorRecord => Object.fromEntries(Object.entries(training.instance.params).map(([name, own]) => [name, own.slice()])); // prettier-ignore
  const all = [copy()];
  for await (const event of training) {
    if (event.kind !== "update") {
      events.push(event);
      continue;
    }
    events.push({ ...event, milliseconds: 0 });
    all.push(copy());
    if (event.update >= stopAt) break;
  }
  return { params: copy(), events, all };
}

const updatesOf = (events: readonly TrainEvent[]) => events.filter((event) => event.kind === "update");

it("counts the losses of whole sequences, however they are cut, and begins each anew", async () => {
  const still = { module, data: documents(11, 3, 8, 1, 6), optimizer: sgd({ learningRate: 0 }), seed: 4, epochs: 1 };
  // Nothing is drawn where nothing is dropped.
  const plain = await cell(source.replace("dropout(z, 0.2)", "z"), { ...options, dtype: "f64" });
  const sums = async (change: Partial<TrainOptions>): Promise<[number, number]> => {
    const updates = updatesOf((await run({ ...still, module: plain, batch: 5, ...change } as TrainOptions)).events);
    return [updates.reduce((sum, { loss, weight }) => sum + loss * weight, 0), updates.length];
  };
  const [whole] = await sums({});
  for (const [truncate, batch, count] of [
    [4, 1, 3 + 1 + 2 + 1 + 2],
    [4, 2, undefined],
    [1, 3, undefined],
    [100, 5, 1],
    [{ every: 3, back: 6 }, 2, undefined],
  ] as const) {
    const [sum, updates] = await sums({ truncate, batch });
    expect(sum).toBeCloseTo(whole, 10);
    if (count !== undefined) expect(updates).toBe(count);
  }
});

it("never makes a chunk that the network would not take", async () => {
  const long = await cell(source.replace("T >= 1", "T >= 3").replace("dropout(z, 0.2)", "z"), { ...options });
  const given = { module: long, data: documents(12, 11, 14, 10, 3), optimizer: sgd(), batch: 1, seed: 4, epochs: 1, truncate: 5 }; // prettier-ignore
  const weights = updatesOf((await run(given)).events).map(({ weight }) => weight);
  // 12 = 5 + 7, 11 = 5 + 6, 14 = 5 + 5 + 4, 10 = 5 + 5.
  expect([...weights].sort()).toEqual([3, 4, 5, 5, 5, 5, 5, 5, 6, 7]);
});

/** The loss of a chunk of a document from states, with those params, and the states that it leaves. */
function lossOf(
  instance: ModuleInstance,
  params: TensorRecord,
  states: TensorRecord,
  chunk: readonly number[],
): { loss: number; final: TensorRecord } {
  // prettier-ignore
  instance.setParams(params);
  const values: CallValues = { text: chunk, sizes: { T: chunk.length }, ...states };
  const { loss, final } = instance.forward(values);
  return {
    loss: loss![0]!,
    final: Object.fromEntries(Object.entries(final).map(([name, own]) => [name, own.slice()])),
  };
}

it.each([
  ["one chunk", 4, 1],
  ["two chunks", 8, 2],
  ["three", 12, 3],
])("goes back over %s, and no further", async (_, back, depth) => {
  const plain = await cell(source.replace("dropout(z, 0.2)", "z"), { ...options, dtype: "f64" });
  const letters = document(16, 1);
  const given = { module: plain, data: arrays({ text: [letters] }), optimizer: sgd({ learningRate: 0.5 }), batch: 1, seed: 4, updates: 4, truncate: { every: 4, back } }; // prettier-ignore
  const { all } = await run(given);
  const instance: ModuleInstance = plain.instantiate({ sizes: { T: 4 } });
  const chunks = [0, 4, 8, 12].map((from) => letters.slice(from, from + 4));
  // States as they were when each chunk was passed, which derivatives go back through.
  const before: TensorRecord[] = [{}];
  for (let k = 0; k < 3; k++) before.push(lossOf(instance, all[k]!, before[k]!, chunks[k]!).final);
  const loss = (name: string, at: number, change: number): number => {
    const moved = Object.fromEntries(Object.entries(all[3]!).map(([own, values]) => [own, values.slice()]));
    moved[name]![at]! += change;
    let states = before[4 - depth]!;
    for (let k = 4 - depth; k < 3; k++) {
      const [from, to] = [lossOf(instance, all[3]!, before[k]!, chunks[k]!), lossOf(instance, moved, states, chunks[k]!)].map(({ final }) => final); // prettier-ignore
      states = Object.fromEntries(Object.entries(before[k + 1]!).map(([own, values]) => [own, values.map((value, i) => value + to![own]![i]! - from![own]![i]!)])); // prettier-ignore
    }
    return lossOf(instance, moved, states, chunks[3]!).loss;
  };
  for (const name of ["table", "rnn.W_z", "rnn.U_n", "read.b"]) {
    for (const at of [0, 2]) {
      const slope = (loss(name, at, 1e-5) - loss(name, at, -1e-5)) / 2e-5;
      const moved = (all[3]![name]![at]! - all[4]![name]![at]!) / 0.5;
      expect(moved).toBeCloseTo(slope, 7);
    }
  }
});

const long = (): TrainOptions => ({
  module,
  data: documents(11, 3, 8, 1, 6, 20),
  optimizer: adam({ learningRate: 0.05 }),
  batch: 3,
  shard: 2,
  updates: 16,
  seed: 9,
  truncate: { every: 3, back: 6 },
});

it("gives the same bits again, in JavaScript too, and from the middle of a document on", async () => {
  const whole = await run(long());
  expect(await run({ ...long(), module: js })).toEqual(whole);
  for (const stopAt of [2, 5, 9, 14]) {
    const kept = checkpoints(memoryStore(), { every: 1 });
    await run({ ...long(), checkpoints: kept }, stopAt);
    const other = await run({ ...long(), module: js, checkpoints: kept, resume: true });
    expect(other.params).toEqual(whole.params);
  }
});

it("draws in chunks what the whole sequence would draw there", async () => {
  const drops = await cell(
    "network Drops(; T) { input x, w: [T] param a: [] ~ ones s = before(s, 0) + dropout(a * x, 0.5) loss = sum(w * s) output y = s }",
    { cell: "Drops", gradient: true, dtype: "f64" },
  );
  expect(drops.manifest.cuts).toEqual([{ axis: "T", states: ["step", "s"] }]);
  // Powers of two, whose sums tell what was dropped. The losses of the second half alone count, and gradients go back through the first.
  const x = Array.from({ length: 32 }, (_, t) => 2 ** t);
  const data = arrays({ x: [x], w: [x.map((_, t) => (t < 16 ? 0 : 1))] });
  const given = { module: drops, data, optimizer: sgd({ learningRate: 0 }), batch: 1, updates: 2, seed: 4 };
  const norms = async (truncate: TrainOptions["truncate"]): Promise<readonly number[]> =>
    updatesOf((await run({ ...given, ...(truncate !== undefined && { truncate }) })).events).map(({ norm }) => norm);
  const [, whole] = await norms(undefined);
  for (const every of [16, 32]) expect((await norms({ every, back: 32 })).at(1)).toBe(whole);
  // No network that counts its elements.
  const still = await cell(
    "network Still(; T) { input x: [T] param a: [] ~ ones y = dropout(a * x, 0.5) loss = sum(y) output size = sum(y * y) }",
    { cell: "Still", gradient: true },
  );
  expect(() => train({ ...given, module: still, data: arrays({ x: [x] }), truncate: 8 })).toThrow(
    "train: truncate: Still cannot be cut along T: `loss`, made of `y`, which draws by the place in each chunk; a network whose outputs all go along `T` draws by that in the sequence",
  );
});

it("is another run with other chunks, and of other tracks whatever is allowed", async () => {
  const kept = checkpoints(memoryStore(), { every: 1 });
  await run({ ...long(), checkpoints: kept }, 3);
  const resumed = (change: object, allow: readonly string[]) =>
    run({ ...long(), checkpoints: kept, resume: { allow }, ...change });
  await expect(resumed({ truncate: 3 }, [])).rejects.toThrow(/is of another run: truncate was .*"depth":2/u);
  await expect(resumed({ batch: 4 }, ["batch"])).rejects.toThrow("tracks/places is missing or of another shape");
});

it("says which example, and where in it, made a loss that is no number", async () => {
  const steep = await cell(
    "network Steep(; T) { input x: [T] param a: [] ~ ones s = before(s, 0) + a * x loss = sum(sqrt(s)) per T }",
    { cell: "Steep", gradient: true },
  );
  const data = arrays({ x: [[1, 1, 1, 1, -9, 1]] });
  const training = train({ module: steep, data, optimizer: sgd(), batch: 1, updates: 9, seed: 0, truncate: 2 });
  await expect(training.finish()).rejects.toThrow(
    "update 3 (epoch 0): loss is NaN; example 0 of the data, place 0 of the batch",
  );
});

it("takes documents of a text", async () => {
  const book = text("abc\n\nabcabcab\n\ncba", { unit: "character", documents: /\n\n/u });
  const net = await cell(source, { ...options, dimensions: { V: book.vocabulary.size, H: 2 } });
  const { events } = await run({ module: net, data: book, optimizer: adam(), batch: 3, epochs: 2, seed: 0, truncate: 4 }); // prettier-ignore
  expect(updatesOf(events).map(({ weight, epoch }) => [weight, epoch])).toEqual([
    [10, 0],
    [4, 0],
    [10, 1],
    [4, 1],
  ]);
});

describe("what does not fit", () => {
  it.each<[unknown, string]>([
    [0, "train: truncate must be a positive integer, got 0"],
    ["4", 'train: truncate must be a number of elements or { every, back, along }, got "4"'],
    [{ every: 4, back: 6 }, "train: truncate.back must be a multiple of 4, got 6"],
    [{ every: 4, along: "S" }, 'train: truncate.along must be one of T, got "S"'],
    [{ each: 4 }, "train: truncate: unknown option each; expected every, back, along"],
  ])("%j", (truncate, message) => {
    expect(() => train({ ...long(), truncate: truncate as number })).toThrow(message);
  });

  it.each<[string, string, object?]>([
    [
      "input x: [T] input y: [T] param a: [] b = reverse(before(reverse(a * x), 0)) loss = sum(b * y)",
      "train: truncate: A cannot be cut along T: `loss`, made of `b`, which goes from the last element to the first",
    ],
    [
      "input x: [H, T] param a: [] loss = sum(a * x, axis = [0, 1])",
      "train: truncate: no input of A has a sequence in front",
    ],
    [
      "input x: [T] input y: [S] param a: [] loss = sum(a * x) loss other = sum(y)",
      "train: truncate: A can be cut along T and S; say which by `along`",
    ],
    [
      "input x: [T] input y: [S] param a: [] u = before(s, 0) s[t] = u[t] + a * x[t] * y output z = s loss = sum(s, axis = [0, 1])",
      "the state u has a size that differs from call to call, S, and cannot be handed on",
      { along: "T" },
    ],
  ])("%s", async (equations, message, along = {}) => {
    const sizes = ["T", "S"].filter((name) => new RegExp(`\\b${name}\\]`, "u").test(equations));
    const other = await cell(`network A(H${sizes.length > 0 ? "; " : ""}${sizes.join(", ")}) { ${equations} }`, { cell: "A", dimensions: { H: 2 }, gradient: true, target: "js" }); // prettier-ignore
    expect(() => train({ ...long(), module: other, truncate: { every: 2, ...along } })).toThrow(message);
  });
});
