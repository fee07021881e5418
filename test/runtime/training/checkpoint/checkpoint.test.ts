/** Training that goes on from a checkpoint: the same bits, and what is refused. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/driver/in-process.js";
import {
  adam, adamw, arrays, CheckpointError, checkpoints, cosine, nadam, plateau, readSafetensors, sgd, train, type TensorRecord,
  type TrainEvent, type TrainOptions, writeSafetensors,
} from "../../../../runtime/index.js"; // prettier-ignore
import { decodeCheckpoint } from "../../../../runtime/training/checkpoint/contents.js";
import { fuzzParameters } from "../../../support/fuzz.js";

const source = `import { SimpleRNN } from "std/simple-rnn"
import { squared_error } from "std/losses"
network Noisy(I, H; T) {
  input x: [T, I]
  input target: [T, H]
  fixed scale: [H] ~ ones
  setting gain: real = 1
  use rnn = SimpleRNN(I, H)
  y = dropout(rnn(x), 0.2) * scale
  loss = gain * sum(squared_error(y, target), axis = [0, 1]) per T
}`;
import { memoryStore } from "../../../support/memory-store.js";

const wave = (length: number, phase: number): number[] => Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase));
const examples = (count: number, phase: number) =>
  arrays({
    x: Array.from({ length: count }, (_, i) => wave(2 * (1 + (i % 4)), i + phase)),
    target: Array.from({ length: count }, (_, i) => wave(3 * (1 + (i % 4)), i + 0.5)),
  });

let module: LoadedCell;
let js: LoadedCell;
beforeAll(async () => {
  const options = { cell: "Noisy", dimensions: { I: 2, H: 3 }, gradient: true } as const;
  module = await cell(source, options);
  js = await cell(source, { ...options, target: "js" });
});

const base = (): TrainOptions => ({
  module,
  data: examples(10, 0),
  optimizer: adam({ learningRate: plateau(0.05, { patience: 1 }) }),
  batch: 4,
  updates: 13,
  seed: 2 ** 35 + 1,
  average: { decay: 0.9 },
  clip: { norm: 1 },
  validation: { data: examples(3, 1), every: 2, patience: 50, keepBest: true },
});

interface Outcome {
  readonly params: TensorRecord;
  readonly average: TensorRecord | undefined;
  readonly events: readonly TrainEvent[];
  readonly history: readonly string[];
}

/** Runs to the end, or until so many updates are done, when it is left alone, as by a process that ends. */
async function run(options: TrainOptions, history: string[] = [], stopAt = Infinity): Promise<Outcome> {
  const log = { write: (line: string) => history.push(line), cut: (lines: number) => history.splice(lines) };
  const training = train({ ...options, history: log });
  const events: TrainEvent[] = [];
  const iterator = training[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    events.push(value);
    if (value.kind === "update" && value.update >= stopAt) break;
  }
  return { params: { ...training.instance.params }, average: training.average, events, history };
}

const withoutCheckpoints = (history: readonly string[]): string[] =>
  history.filter((line) => !/"kind":"(?:checkpoint|resumed)"/u.test(line));

describe("training that goes on", () => {
  it.each([
    ["adam", () => base()],
    [
      "nadam in epochs",
      () => ({ ...base(), optimizer: nadam(), epochs: 4, updates: undefined }) as unknown as TrainOptions,
    ],
    [
      "momentum",
      () => ({
        ...base(),
        optimizer: sgd({ momentum: 0.9, groups: [{ match: "rnn.W", frozen: true }] }),
        settings: { gain: plateau(2, { patience: 0 }) },
      }),
    ],
  ])("gives the bits of one that was never stopped, with %s", async (_, make) => {
    const whole = await run(make());
    for (const stopAt of [1, 3, 4, 6, 11]) {
      const store = memoryStore();
      const kept = checkpoints(store, { every: 3 });
      const history: string[] = [];
      await run({ ...make(), checkpoints: kept, resume: true }, history, stopAt);
      // The other target, as bits are the same.
      const other = await run({ ...make(), module: js, checkpoints: kept, resume: true }, history);
      expect(other.params).toEqual(whole.params);
      expect(other.average).toEqual(whole.average);
      expect(withoutCheckpoints(other.history)).toEqual(whole.history);
      const resumed = other.events.filter((event) => event.kind === "resumed");
      expect(resumed.map((event) => event.update)).toEqual(stopAt > 3 ? [3 * Math.floor((stopAt - 1) / 3)] : []);
      expect(store.files.size).toBe(2);
    }
  });

  it("may not begin anew where there are checkpoints", async () => {
    const store = memoryStore();
    const kept = checkpoints(store, { every: 5 });
    await run({ ...base(), checkpoints: kept });
    const before = new Map(store.files);
    const again = run({ ...base(), updates: 3, checkpoints: kept });
    await expect(again).rejects.toMatchObject({ name: "CheckpointError", code: "not-empty" });
    await expect(again).rejects.toThrow(
      "train: the store of checkpoints has those of a run already, up to step-0000000013.safetensors; `resume: true`",
    );
    expect(store.files).toEqual(before);
  });

  it("has nothing to do where it was at its end, and may go further", async () => {
    const store = memoryStore();
    const kept = checkpoints(store, { every: 100, keep: 1 });
    const first = await run({ ...base(), checkpoints: kept });
    expect([...store.files.keys()]).toEqual(["step-0000000013.safetensors"]);
    const again = await run({ ...base(), checkpoints: kept, resume: true });
    expect(again.events.map(({ kind }) => kind)).toEqual(["resumed", "end"]);
    expect(again.params).toEqual(first.params);
    const further = await run({ ...base(), updates: 17, checkpoints: kept, resume: true });
    expect(further.params).toEqual((await run({ ...base(), updates: 17 })).params);
  });

  it("keeps a checkpoint where it is aborted", async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const training = train({ ...base(), checkpoints: checkpoints(store, { every: 100 }), signal: controller.signal });
    const pull = async (): Promise<void> => {
      for await (const event of training)
        if (event.kind === "update" && event.update === 5) controller.abort(new Error("stop"));
    };
    await expect(pull()).rejects.toThrow("stop");
    expect([...store.files.keys()]).toEqual(["step-0000000005.safetensors"]);
  });

  it("goes on where a checkpoint cannot be written, but not twice", async () => {
    const broken = { ...memoryStore(), write: () => Promise.reject(new Error("the disk is full")) };
    const options = { ...base(), checkpoints: checkpoints(broken, { every: 2 }) };
    const seen: TrainEvent[] = [];
    const pull = async (): Promise<void> => {
      for await (const event of train(options)) seen.push(event);
    };
    await expect(pull()).rejects.toThrow("the disk is full");
    expect(seen.filter(({ kind }) => kind === "checkpoint")).toEqual([{ kind: "checkpoint", update: 2, name: "step-0000000002.safetensors", failed: "the disk is full" }]); // prettier-ignore
  });
});

describe("the store of checkpoints", () => {
  const store = memoryStore();
  it.each([
    [{ store }],
    [{ store, every: 5 }],
    [{ store, every: 0, keep: 2 }],
    [{ store: { ...store, read: undefined }, every: 5, keep: 2 }],
  ])("is what `checkpoints` gives, and not %j", (given) => {
    expect(() => train({ ...base(), checkpoints: given as never })).toThrow(
      "train: checkpoints must be what checkpoints(store, { every }) gives",
    );
  });
});

describe("a checkpoint", () => {
  let store: ReturnType<typeof memoryStore>;
  const newest = "step-0000000013.safetensors";
  beforeAll(async () => {
    store = memoryStore();
    await run({ ...base(), checkpoints: checkpoints(store, { every: 6 }) });
  });
  const resumeWith = (change: Partial<TrainOptions>, files = store.files, allow?: readonly string[]) => {
    const own = memoryStore();
    for (const [name, bytes] of files) own.files.set(name, bytes);
    const resume = allow === undefined ? true : { allow };
    return run({ ...base(), ...change, checkpoints: checkpoints(own, { every: 100 }), resume });
  };

  it.each<[string, Partial<TrainOptions>]>([
    ["batch", { batch: 5 }],
    ["shard", { shard: 2 }],
    ["seed", { seed: 3 }],
    ["settings", { settings: { gain: 2 } }],
    ["clip", { clip: {} }],
    ["average", { average: { decay: 0.5 } }],
    ["optimizer", { optimizer: adamw() }],
    ["data", { data: examples(10, 3) }],
    ["validation", { validation: { data: examples(3, 1), every: 3 } }],
  ])("of another %s is refused by name", async (name, change) => {
    await expect(resumeWith(change)).rejects.toThrow(
      new RegExp(`^${newest} is of another run: (?:.*; )?${name} was `, "u"),
    );
    await expect(resumeWith(change)).rejects.toBeInstanceOf(CheckpointError);
  });

  it("of another network is refused, and what is allowed goes on", async () => {
    const other = await cell(source, { cell: "Noisy", dimensions: { I: 2, H: 3 }, gradient: true, dtype: "f64" });
    await expect(resumeWith({ module: other })).rejects.toThrow("dtype was f32 and is f64");
    const changed = source.replace("dropout(rnn(x), 0.2)", "dropout(rnn(x), 0.3)");
    const like = await cell(changed, { cell: "Noisy", dimensions: { I: 2, H: 3 }, gradient: true });
    await expect(resumeWith({ module: like })).rejects.toThrow(/run: program was [0-9a-f]{16} and is [0-9a-f]{16}\. /u);
    const { events } = await resumeWith({ batch: 5, updates: 14 }, store.files, ["batch"]);
    expect(events.map(({ kind }) => kind).slice(0, 2)).toEqual(["resumed", "update"]);
    await expect(resumeWith({}, store.files, ["bach"])).rejects.toThrow(
      "resume.allow: there is no part bach; there are cell,",
    );
  });

  it.each([3, 5, 8, 20])("goes on with batches of %i without an example that was taken", async (batch) => {
    const { events } = await resumeWith({ batch, epochs: 6, updates: undefined } as never, store.files, ["batch"]);
    const updates = events.filter((event) => event.kind === "update");
    // Four epochs of 10 were done, and one or two examples more.
    expect(updates[0]).toMatchObject({ update: 14, epoch: 4 });
    expect(updates.at(-1)!.epoch).toBe(5);
    expect(updates.filter(({ epoch }) => epoch === 5)).toHaveLength(Math.ceil(10 / batch));
  });

  it("with another average begins it where it is asked for, and ends it where not", async () => {
    const without = await resumeWith({ average: undefined, updates: 14 } as never, store.files, ["average"]);
    expect(without.average).toBeUndefined();
    const plain = memoryStore();
    await run({ ...base(), average: undefined, checkpoints: checkpoints(plain, { every: 6 }) } as never);
    const { params } = await resumeWith({ average: undefined, validation: undefined } as never, plain.files, ["validation"]); // prettier-ignore
    const change = { average: { decay: 0.5 }, validation: undefined, updates: 14 } as never;
    const begun = await resumeWith(change, plain.files, ["average", "validation"]);
    const half = (name: string) => params[name]!.map((p, i) => p + Math.fround((begun.params[name]![i]! - p) / 2));
    expect(begun.average).toEqual(Object.fromEntries(Object.keys(params).map((name) => [name, half(name)])));
    expect(begun.params).not.toEqual(params);
  });

  it("keeps best params only where they are asked for", async () => {
    const { data, every, patience } = base().validation!;
    const validation = { data, every, patience: patience! };
    const last = (await resumeWith({ validation: undefined } as never, store.files, ["validation"])).params;
    expect((await resumeWith({ validation }, store.files, ["validation"])).params).toEqual(last);
    expect((await resumeWith({})).params).not.toEqual(last);
    const plain = memoryStore();
    await run({ ...base(), validation, checkpoints: checkpoints(plain, { every: 100 }) });
    const next = await resumeWith({ updates: 14 }, plain.files, ["validation"]);
    // The first that is looked at is the best of those whose params are there.
    expect(next.events.filter(({ kind }) => kind === "validation")).toMatchObject([{ update: 14, best: true }]);
  });

  it("of other options of the optimiser goes on where they are allowed; of another optimiser it is another run", async () => {
    const optimizer = adam({ learningRate: plateau(0.01, { patience: 1 }) });
    const { events } = await resumeWith({ optimizer, updates: 14 }, store.files, ["optimizer"]);
    expect(events[0]).toMatchObject({ kind: "resumed", update: 13, skipped: [] });
    for (const [other, problem] of [
      [nadam({ learningRate: plateau(0.05) }), "load: it is the state of adam, not of nadam"],
      [adam({ amsgrad: true }), "load: scalars/adam of the state of adam must be F64 [1], got F64 [4]"],
    ] as const) {
      const refused = resumeWith({ optimizer: other }, store.files, ["optimizer"]);
      await expect(refused).rejects.toMatchObject({ code: "other-run", message: `${newest} is of another run: ${problem}` }); // prettier-ignore
    }
  });

  it("of other tensors is another run where they are allowed, too", async () => {
    const module = await cell(source, { cell: "Noisy", dimensions: { I: 3, H: 2 }, gradient: true });
    const data = arrays({ x: [wave(3, 0)], target: [wave(2, 0)] });
    const change = { module, data, validation: undefined } as never;
    const refused = resumeWith(change, store.files, ["tensors", "dimensions", "program", "data", "validation"]);
    await expect(refused).rejects.toMatchObject({ code: "other-run", message: `${newest} is of another run: param/rnn.W is missing or of another shape` }); // prettier-ignore
  });

  it("of a schedule with other options is refused", async () => {
    const optimizer = adam({ learningRate: cosine(0.001, { updates: 20 }) });
    const own = memoryStore();
    await run({ ...base(), optimizer, checkpoints: checkpoints(own, { every: 100 }) });
    const other = adam({ learningRate: cosine(0.5, { updates: 20 }) });
    await expect(resumeWith({ optimizer: other }, own.files)).rejects.toThrow(/is of another run: optimizer was /u);
    expect((await resumeWith({ optimizer }, own.files)).events[0]).toMatchObject({ kind: "resumed" });
  });

  it("that cannot be read is passed over for the one before", async () => {
    const own = memoryStore();
    for (const [name, bytes] of store.files) own.files.set(name, bytes);
    const read = (name: string) => (name === newest ? Promise.reject(new Error("EIO")) : own.read(name));
    const kept = checkpoints({ ...own, read }, { every: 100 });
    const { events } = await run({ ...base(), checkpoints: kept, resume: true });
    expect(events[0]).toMatchObject({ update: 12, skipped: [`${newest}: it cannot be read: EIO`] });
  });

  it("that is damaged is passed over for the one before", async () => {
    const bytes = store.files.get(newest)!.slice();
    bytes[bytes.length - 5]! ^= 1;
    const { events, params } = await resumeWith({}, new Map([...store.files, [newest, bytes]]));
    expect(events[0]).toEqual({
      kind: "resumed",
      update: 12,
      name: "step-0000000012.safetensors",
      skipped: [`${newest}: it is damaged: its contents are not those of its hash`],
    });
    expect(params).toEqual((await run(base())).params);
    await expect(resumeWith({}, new Map([[newest, bytes]]))).rejects.toThrow(
      "there are 1 checkpoints and none is whole",
    );
  });

  it("is told from other files", () => {
    const decode = (bytes: Uint8Array) => () => decodeCheckpoint("it", bytes);
    expect(decode(new Uint8Array(3))).toThrow("it: a file has at least 8 bytes, this one 3");
    expect(decode(writeSafetensors(new Map()))).toThrow("it: this is no checkpoint of training");
    const { tensors, metadata } = readSafetensors(store.files.get(newest)!);
    const with_ = (key: string, value: string) => writeSafetensors(tensors, new Map([...metadata, [key, value]]));
    expect(decode(with_("version", "2"))).toThrow("it: it is of version 2, known is 1");
    expect(decode(with_("run.seed", "9"))).toThrow("it is damaged");
  });

  it("that anybody changed is refused, whatever was changed", () => {
    const bytes = store.files.get(newest)!;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cuts) => {
        const mutant = cuts ? bytes.slice(0, at) : bytes.slice();
        if (!cuts) mutant[at]! ^= change;
        expect(() => decodeCheckpoint("it", mutant)).toThrow(CheckpointError);
      }),
      fuzzParameters(60, 0.025),
    );
  });
});
