/** Training of real networks: what it learns, and that its bits depend on what they should. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/driver/in-process.js";
import {
  adagrad,
  adam,
  adamw,
  arrays,
  type ClipOptions,
  constant,
  cosine,
  type DataSource,
  type Optimizer,
  type OptimizerState,
  sgd,
  train,
  type TensorRecord,
  type TrainEvent,
  type TrainOptions,
  TrainingError,
} from "../../../../runtime/index.js";

const parity = `import { GRU } from "std/gru"
import { Linear } from "std/network"
import { binary_cross_entropy } from "std/losses"
/// Is the count of ones odd, at every place?
network Parity(H; T) {
  input x: [T, 1]
  input odd: [T]
  use rnn = GRU(1, H)
  use read = Linear(H, 1)
  y = read(rnn(x))[:, 0]
  loss = sum(binary_cross_entropy(y, odd)) per T
  output p = sigmoid(y)
}`;

const noisy = `import { SimpleRNN } from "std/simple-rnn"
import { squared_error } from "std/losses"
network Noisy(I, H; T) {
  input x: [T, I]
  input target: [T, H]
  input shift: [H]
  setting calm: real = 1
  use rnn = SimpleRNN(I, H)
  y = dropout(rnn(x), 0.3) + shift
  loss = sum(squared_error(y, target), axis = [0, 1]) per T
  loss small = calm * sum(y * y, axis = [0, 1])
}`;

const words = `import { GRU } from "std/gru"
import { Linear } from "std/network"
import { cross_entropy } from "std/losses"
network Words(V, E; T) {
  input words: index(V)[T]
  param table: [V, E] ~ normal(1)
  use read = Linear(E, V)
  loss = sum(cross_entropy(read(before(table[words], 0)), words)) per T
}`;

const affine = `import { squared_error } from "std/losses"
network Affine(; T) {
  input x: [T]
  input y: [T]
  fixed mean, spread: [] ~ ones
  param a, b: [] ~ zeros
  output said = a * (x - mean) / spread + b
  loss = sum(squared_error(said, y)) per T
}`;

/** Examples of different lengths, from a formula. */
function parityData(count: number): DataSource {
  const x = Array.from({ length: count }, (_, i) =>
    Array.from({ length: 1 + (i % 5) }, (_, t) => ((i * 7 + t * t) % 3) % 2),
  );
  let odd = 0;
  const told = x.map((bits) => ((odd = 0), bits.map((bit) => (odd = (odd + bit) % 2))));
  return arrays({ x, odd: told });
}

const wave = (length: number, phase: number): number[] => Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase));
const noisyData = arrays({
  x: Array.from({ length: 22 }, (_, i) => wave(2 * (1 + (i % 4)), i)),
  target: Array.from({ length: 22 }, (_, i) => wave(3 * (1 + (i % 4)), i + 0.5)),
  shift: Array.from({ length: 22 }, (_, i) => wave(3, i)),
});

const withoutClock = (event: TrainEvent): TrainEvent =>
  event.kind === "update" ? { ...event, milliseconds: 0 } : event;

async function eventsOf(options: TrainOptions): Promise<{ events: TrainEvent[]; params: TensorRecord }> {
  const training = train(options);
  const events: TrainEvent[] = [];
  for await (const event of training) events.push(withoutClock(event));
  const params = Object.fromEntries(
    Object.entries(training.instance.params).map(([name, values]) => [name, values.slice()]),
  );
  return { events, params };
}

let networks: Record<"parity" | "noisy" | "noisyJs" | "affine" | "words", LoadedCell>;
beforeAll(async () => {
  networks = {
    parity: await cell(parity, { cell: "Parity", dimensions: { H: 8 }, gradient: true }),
    noisy: await cell(noisy, { cell: "Noisy", dimensions: { I: 2, H: 3 }, gradient: true }),
    noisyJs: await cell(noisy, { cell: "Noisy", dimensions: { I: 2, H: 3 }, gradient: true, target: "js" }),
    affine: await cell(affine, { cell: "Affine", gradient: true, dtype: "f64" }),
    words: await cell(words, { cell: "Words", dimensions: { V: 30, E: 5 }, gradient: true }),
  };
});

describe("train", () => {
  it("learns", async () => {
    const optimizer = adam({ learningRate: cosine(0.03, { updates: 150 }) });
    const { events } = await eventsOf({
      module: networks.parity,
      data: parityData(30),
      optimizer,
      batch: 10,
      updates: 150,
      seed: 3,
    });
    const losses = events.flatMap((event) => (event.kind === "update" ? [event.loss] : []));
    expect(losses).toHaveLength(150);
    expect(losses[0]).toBeGreaterThan(0.6);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(events.at(-1)).toEqual({ kind: "end", reason: "updates", update: 150 });
  });

  const noisyOptions = (): TrainOptions => ({
    module: networks.noisy,
    data: noisyData,
    optimizer: adamw(),
    batch: 9,
    epochs: 3,
    seed: 5,
  });

  it("gives the same bits again, and in JavaScript as in WebAssembly", async () => {
    const first = await eventsOf(noisyOptions());
    expect(first.events.filter(({ kind }) => kind === "update").map((event) => "epoch" in event && event.epoch)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]); // prettier-ignore
    expect(await eventsOf(noisyOptions())).toEqual(first);
    expect(await eventsOf({ ...noisyOptions(), module: networks.noisyJs })).toEqual(first);
    const other = await eventsOf({ ...noisyOptions(), seed: 6 });
    expect(other.params).not.toEqual(first.params);
  });

  it("does not notice validation", async () => {
    const plain = await eventsOf(noisyOptions());
    const data = arrays({ x: [wave(20, 1)], target: [wave(30, 2)], shift: [[1, 2, 3]] });
    const looked = await eventsOf({ ...noisyOptions(), validation: { data, every: 2 } });
    expect(looked.params).toEqual(plain.params);
    expect(looked.events.filter(({ kind }) => kind === "validation")).toHaveLength(4);
  });

  it("computes the gradient of a whole batch, however many shards it has", async () => {
    const learned = await Promise.all([1, 2, 4, 22].map((shard) => eventsOf({ ...noisyOptions(), optimizer: sgd({ learningRate: 0.1 }), batch: 22, shard }))); // prettier-ignore
    const [first, ...others] = learned;
    for (const other of others) {
      for (const [name, values] of Object.entries(other!.params)) {
        values.forEach((value, i) => expect(Math.abs(value - first!.params[name]![i]!)).toBeLessThan(1e-6));
      }
    }
  });

  it("takes as many batches for an update as it is told to, with the bits of one batch", async () => {
    const whole = await eventsOf({ ...noisyOptions(), batch: 8 });
    expect(await eventsOf({ ...noisyOptions(), batch: 4, accumulate: 2 })).toEqual(whole);
    expect(await eventsOf({ ...noisyOptions(), batch: 2, accumulate: 4 })).toEqual(whole);
  });

  it.each([
    ["sgd", sgd({ learningRate: 0.3 })],
    ["adagrad", adagrad({ learningRate: 0.3 })],
    ["groups", adam({ groups: [{ match: "read.*", frozen: true }] })],
  ])("learns tables by rows as whole ones, with %s", async (_, optimizer) => {
    const data = arrays({
      words: Array.from({ length: 12 }, (_, i) => Array.from({ length: 1 + (i % 4) }, (_, t) => (i * 5 + t * 7) % 30)),
    });
    expect(networks.words.manifest.params.find(({ name }) => name === "table")!.rows).toEqual(["T"]);
    const options = { module: networks.words, data, batch: 10, epochs: 2, seed: 1, shard: 2, optimizer };
    const whole: Optimizer = {
      ...optimizer,
      attach: (instance) => Object.create(optimizer.attach(instance), { byRows: { value: [] } }) as OptimizerState,
    };
    const [rows, all] = [await eventsOf(options), await eventsOf({ ...options, optimizer: whole })];
    expect(rows.params).toEqual(all.params);
    const norms = [rows, all].map(({ events }) =>
      events.flatMap((event) => (event.kind === "update" ? [event.norm] : [])),
    );
    norms[0]!.forEach((norm, i) => expect(norm).toBeCloseTo(norms[1]![i]!, 6));
  });

  it("gives settings as numbers, functions and schedules, to validation too", async () => {
    const options = { ...noisyOptions(), optimizer: sgd({ learningRate: 0 }), batch: 22, epochs: 4 };
    const small = async (settings: NonNullable<TrainOptions["settings"]>): Promise<number[]> => {
      const { events } = await eventsOf({ ...options, settings });
      return events.flatMap((event) => (event.kind === "update" ? [event.losses["small"]!] : []));
    };
    const plain = await small({});
    expect(await small({ calm: 1 })).toEqual(plain);
    const ratios = (await small({ calm: (updates) => updates })).map((value, i) => value / plain[i]!);
    ratios.forEach((ratio, i) => expect(ratio).toBeCloseTo(i, 5));
    expect(await small({ calm: constant(0) })).toEqual([0, 0, 0, 0]);
    await expect(small({ calm: () => NaN })).rejects.toThrow("settings.calm must be a finite number, got NaN");
    const looks = async (own: object): Promise<number[]> => {
      const validation = { data: noisyData, every: 1, ...own };
      const { events } = await eventsOf({ ...options, settings: { calm: (updates) => updates }, validation });
      return events.flatMap((event) => (event.kind === "validation" ? [event.losses["small"]!] : []));
    };
    const [followed, fixed] = [await looks({}), await looks({ settings: { calm: 3 } })];
    expect(new Set(fixed).size).toBe(1);
    followed.forEach((value, i) => expect(value / fixed[0]!).toBeCloseTo((i + 1) / 3, 5));
  });

  it("stops by patience, keeps the best and averages", async () => {
    const data = arrays({ x: [[0, 1, 2]], y: [[1, 3, 5]] });
    const options: TrainOptions = { module: networks.affine, data, optimizer: sgd({ learningRate: 0.2 }), batch: 1, updates: 400, seed: 0 }; // prettier-ignore
    const away = arrays({ x: [[0, 1, 2]], y: [[0.5, 1.5, 2.5]] });
    const validation = { data: away, every: 1, patience: 3, keepBest: true };
    const training = train({ ...options, validation, average: { decay: 0.5 } });
    const summary = await training.finish();
    expect(summary.reason).toBe("patience");
    expect(summary.updates).toBe(summary.best!.update + 3);
    expect(summary.best!.loss).toBeLessThan(0.2);
    const { said } = training.instance.forward({ x: [0, 1, 2], batch: 1, sizes: { T: 3 } });
    const loss = [0.5, 1.5, 2.5].reduce((sum, y, i) => sum + (said![i]! - y) ** 2, 0) / 3;
    expect(loss).toBeCloseTo(summary.best!.loss, 12);
    expect(training.average!["a"]).not.toEqual(training.instance.params["a"]);
  });

  it("standardizes by the data that it learns from", async () => {
    const data = arrays({ x: [[1, 2, 3], [6]], y: [[1, 2, 3], [6]] });
    const standardize = { x: ["mean", "spread"] } as const;
    const training = train({
      module: networks.affine,
      data,
      optimizer: sgd(),
      batch: 2,
      updates: 1,
      seed: 0,
      standardize,
    });
    await training.finish();
    expect(training.instance.fixed!["mean"]![0]).toBe(3);
    expect(training.instance.fixed!["spread"]![0]).toBeCloseTo(Math.sqrt(3.5), 15);
  });

  it("clips the length and each number of a gradient", async () => {
    const data = arrays({ x: [[0, 1, 2]], y: [[100, 300, 500]] });
    const step = async (clip: ClipOptions): Promise<number[]> => {
      const { params } = await eventsOf({ module: networks.affine, data, optimizer: sgd({ learningRate: 1 }), batch: 1, updates: 1, seed: 0, clip }); // prettier-ignore
      return [params["a"]![0]!, params["b"]![0]!];
    };
    expect(Math.hypot(...(await step({ norm: 2 })))).toBeCloseTo(2, 6);
    expect(await step({ value: 0.5 })).toEqual([0.5, 0.5]);
  });

  it("stops when it is told to, with the reason", async () => {
    const controller = new AbortController();
    const training = train({ ...noisyOptions(), signal: controller.signal });
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const event of training) {
        if (event.kind === "update") seen.push(event.update);
        if (seen.length === 2) controller.abort(new RangeError("enough"));
      }
    };
    await expect(run()).rejects.toThrow("enough");
    expect(seen).toEqual([1, 2]);
    await expect(training.finish()).rejects.toThrow("stopped before its end");
  });

  it("writes history and progress", async () => {
    const [history, progress]: string[][] = [[], []];
    const tell = { history: (line: string) => history!.push(line), progress: (line: string) => progress!.push(line) };
    const { events } = await eventsOf({ ...noisyOptions(), ...tell, validation: { data: noisyData, every: 4 } });
    // No line has the clock.
    const lines = events.map((event) => (event.kind === "update" ? { ...event, milliseconds: undefined } : event));
    expect(history!.map((line) => JSON.parse(line) as unknown)).toEqual(lines);
    expect(progress).toHaveLength(3 + 2 + 1);
    expect(progress!.at(-1)).toBe("the end after 9 updates: all epochs");
  });

  it("says which example made a loss that is no number, and changes nothing", async () => {
    const data = arrays({ x: [[1], [2], [3, NaN, 4]], y: [[1], [2], [3, 4, 5]] });
    const training = train({
      module: networks.affine,
      data,
      optimizer: sgd({ learningRate: 1e-3 }),
      batch: 3,
      epochs: 1,
      seed: 0,
    });
    const error: unknown = await training.finish().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TrainingError);
    expect((error as TrainingError).message).toMatch(
      /^update 1 \(epoch 0\): loss is NaN; example 2 of the data, place \d of the batch: said\[1\] is NaN\./u,
    );
    expect((error as TrainingError).code).toBe("non-finite");
    expect(training.instance.params["a"]![0]).toBe(0);
  });

  it("says which example of a validation made a loss that is no number", async () => {
    const data = arrays({ x: [[1]], y: [[1]] });
    const validation = { data: arrays({ x: [[1], [2], [0], [3], [4], [5, NaN]], y: [[1], [2], [0], [3], [4], [5, 6]] }), every: 2 }; // prettier-ignore
    const training = train({ module: networks.affine, data, optimizer: sgd(), batch: 1, updates: 3, seed: 0, validation }); // prettier-ignore
    await expect(training.finish()).rejects.toMatchObject({
      code: "non-finite",
      update: 2,
      message:
        "validation after update 2: loss is NaN; example 5 of the validation's data: said[1] is NaN. Params are those of that update",
    });
  });

  it("ends where it is disposed of", async () => {
    const training = train(noisyOptions());
    const seen: TrainEvent[] = [];
    for await (const event of training) {
      seen.push(event);
      if (seen.length === 2) await training[Symbol.asyncDispose]();
    }
    expect(seen).toHaveLength(2);
    await expect(training.finish()).rejects.toThrow("stopped before its end");
  });

  it("cuts no infinite gradient to one that is finite", async () => {
    const module = await cell("network Steep(; T) { input x: [T] param a: [] ~ ones loss = sum(sqrt(a - x)) }", { cell: "Steep", gradient: true, target: "js" }); // prettier-ignore
    const data = arrays({ x: [[1]] });
    const training = train({ module, data, optimizer: sgd(), batch: 1, updates: 1, seed: 0, clip: { value: 1 } });
    await expect(training.finish()).rejects.toThrow(
      /^update 1 \(epoch 0\): the gradient's norm is Infinity; example 0/u,
    );
    expect([...training.instance.params["a"]!]).toEqual([1]);
  });

  it("tells the length of a gradient before its numbers are cut, and limits that of what is left", async () => {
    const data = arrays({ x: [[0, 1, 2]], y: [[100, 300, 500]] });
    const options: TrainOptions = { module: networks.affine, data, optimizer: sgd({ learningRate: 1 }), batch: 1, updates: 1, seed: 0 }; // prettier-ignore
    const { events } = await eventsOf(options);
    const cut = await eventsOf({ ...options, clip: { value: 3, norm: 1 } });
    const norms = [events, cut.events].map((all) => all.find((event) => event.kind === "update")?.norm);
    expect(norms[0]).toBeGreaterThan(600);
    expect(norms[1]).toBe(norms[0]);
    expect(cut.params["a"]![0]).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it("leaves the params of the last update where it stops before its end", async () => {
    const data = arrays({ x: [[0, 1, 2]], y: [[1, 3, 5]] });
    // Every update makes this one worse.
    const away = arrays({ x: [[0, 1, 2]], y: [[-1, -3, -5]] });
    const validation = { data: away, every: 1, keepBest: true };
    const options: TrainOptions = { module: networks.affine, data, optimizer: sgd({ learningRate: 0.1 }), batch: 1, updates: 3, seed: 0 }; // prettier-ignore
    const [last, best] = [{ ...options }, { ...options, updates: 1 }].map((own) => eventsOf(own));
    const training = train({ ...options, updates: 9, validation });
    for await (const event of training) if (event.kind === "validation" && event.update === 3) break;
    expect([...training.instance.params["a"]!]).toEqual([...(await last!).params["a"]!]);
    const whole = await eventsOf({ ...options, validation });
    expect([...whole.params["a"]!]).toEqual([...(await best!).params["a"]!]);
  });

  it("begins with the params that an instance is given", async () => {
    const data = arrays({ x: [[1, 2]], y: [[1, 2]] });
    const training = train({
      module: networks.affine,
      data,
      optimizer: sgd({ learningRate: 0.1 }),
      batch: 1,
      updates: 1,
      seed: 0,
    });
    training.instance.setParams({ a: [1], b: [1] });
    expect((await training.finish()).loss).toBe(0);
  });
});

describe("what does not fit", () => {
  const options = (change: Readonly<Record<string, unknown>>): TrainOptions =>
    ({ module: networks.affine, data: arrays({ x: [[1]], y: [[1]] }), optimizer: sgd(), batch: 1, updates: 1, seed: 0, ...change }) as TrainOptions; // prettier-ignore

  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{ epochs: 1 }, "train: only one of updates and epochs may say when training ends, got updates 1 and epochs 1"],
    [{ updates: undefined }, "train: updates or epochs must be given, to say when training ends"],
    [{ accumulate: 0 }, "train: accumulate must be a positive integer, got 0"],
    [{ settings: { beta: 1 } }, "train: settings: Affine has no setting beta; it has none"],
    [{ updates: 0 }, "train: updates must be a positive integer, got 0"],
    [{ seed: 0.5 }, "train: seed must be an integer from 0 to 2^53 - 1, got 0.5"],
    [{ batch: "8" }, 'train: batch must be a positive integer, got "8"'],
    [{ optimizer: "adam" }, 'train: optimizer must be an optimiser (from adam, sgd, …), got "adam"'],
    [{ data: [] }, "train: data must be a source of examples (from arrays, windows, …), got Array of length 0"],
    [{ clip: { nrom: 1 } }, "train: clip: unknown option nrom; expected norm, value"],
    [{ standardize: { x: ["mean", "a"] } }, 'train: standardize: "a" is no fixed value of Affine'],
    [{ signal: {} }, "train: signal must be an AbortSignal, got an object"],
    [{ module: 3 }, "train: module must be a module (from loadModule, cell() or import), got 3"],
    [{ patience: 3 }, "train: unknown option patience; expected module, data"],
  ])("%j", (change, message) => {
    expect(() => train(options(change))).toThrow(message);
  });

  it("a cell without a loss", async () => {
    const module = await cell(`import { GRU } from "std/gru"`, { cell: "GRU", dimensions: { I: 1, H: 1 } });
    expect(() => train(options({ module }))).toThrow("train: GRU has no loss; a network says with `loss = …`");
  });

  it.each<[object, string | RegExp]>([
    [
      { x: [[1, 2]], y: [[1]] },
      "train: example 0 of the data: y must have shape [T] with T = 2, that is length 2; got 1",
    ],
    [{ x: [[1, 2]] }, "train: example 0 of the data: y is missing"],
    [{ x: [[1, null]], y: [[1, 2]] }, "train: example 0 of the data: x[1] must be a number, got null"],
    [{ x: [[1, 2]], y: [["3", 2]] }, 'train: example 0 of the data: y[0] must be a number, got "3"'],
    [
      { x: [[[1], [2]]], y: [[1, 2]] },
      /^train: example 0 of the data: x\[0\] must be a number, got Array.*in one list, one after the other$/u,
    ],
    [{ x: [[1]], y: [[1]], z: [[1]] }, "train: example 0 of the data: unknown name z; expected x, y, sizes"],
  ])("examples %j", async (columns, message) => {
    await expect(train(options({ data: arrays(columns as never) })).finish()).rejects.toThrow(message);
  });
});
