/** Several threads: the bits of one, whatever happens to workers. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cell, type LoadedCell } from "../../../compiler/driver/in-process.js";
import { adam, arrays, type LostWorker, type ModuleInstance, openPool, sgd, train, type TrainEvent, type TrainOptions } from "../../../runtime/index.js"; // prettier-ignore

let script = "";
/** As `recell/runtime` has it, in one text, after something that makes it slower or ends it. */
const workers = (prelude = ""): (() => object) => {
  return () => new Worker(`${prelude}\n${script}`, { eval: true });
};
/** Each task is begun a little later, at random. */
const delays = `{ const add = Atomics.add; let n = 0; Atomics.add = (...given) => { const end = performance.now() + (n++ * 7) % 4; while (performance.now() < end); return add(...given); }; }`;
/** What happens when the second task of a worker is taken. */
const second = (what: string): string =>
  `{ const store = Atomics.store; let n = 0; Atomics.store = (...given) => { store(...given); if (++n === 2) { ${what} } }; }`;

/** This thread is slow, so that others have something to do. */
let taken = 0;
/** How often it waits, for a while, until another has taken a task. */
let waits = 0;
const { add } = Atomics;
beforeAll(() => {
  vi.spyOn(Atomics, "add").mockImplementation((...given) => {
    taken++;
    const count = given[0] as unknown as Int32Array;
    const before = Atomics.load(count, 0);
    const end = performance.now() + (waits-- > 0 ? 1000 : 3);
    while (performance.now() < end && (waits < 0 || Atomics.load(count, 0) === before));
    return add(...given);
  });
});
afterAll(() => vi.restoreAllMocks());

const network = `import { GRU } from "std/gru"
import { cross_entropy } from "std/losses"
import { Linear } from "std/network"
network Letters(V, H; T) {
  input text: index(V)[T]
  param table: [V, H] ~ normal(0.5)
  use rnn = GRU(H, H)
  use read = Linear(H, V)
  y = dropout(rnn(before(table[text], 0)), 0.2)
  logits = read(y)
  loss = sum(cross_entropy(logits, text)) per T
  loss small = sum(y * y, axis = [0, 1])
  output p = logits
}`;
const plain = `cell Plain(I, H) { input x: [I] state h: [H] param W: [H, I] ~ uniform(1) param U: [H, H] ~ uniform(1) h' = tanh(W @ x + U @ h) output y = h' }`;

let letters: LoadedCell;
let cells: LoadedCell;
beforeAll(async () => {
  const input = fileURLToPath(new URL("../../../runtime/pool/worker.ts", import.meta.url));
  const { output } = await (await rolldown({ input, platform: "node" })).generate({ format: "iife" });
  script = output[0].code;
  letters = await cell(network, { cell: "Letters", dimensions: { V: 6, H: 5 }, gradient: true });
  cells = await cell(plain, { cell: "Plain", dimensions: { I: 3, H: 4 } });
});

const data = arrays({
  text: Array.from({ length: 23 }, (_, i) => Array.from({ length: 2 + (i % 6) }, (_, t) => (i + t * t) % 6)),
});
const options = (): TrainOptions => ({ module: letters, data, optimizer: adam(), batch: 20, epochs: 2, seed: 3, shard: 2 }); // prettier-ignore

async function run(given: TrainOptions): Promise<{ params: object; events: TrainEvent[]; lost: TrainEvent[] }> {
  const training = train(given);
  const events: TrainEvent[] = [];
  for await (const event of training) events.push(event.kind === "update" ? { ...event, milliseconds: 0 } : event);
  const params = Object.fromEntries(Object.entries(training.instance.params).map(([name, own]) => [name, own.slice()]));
  const isLost = ({ kind }: TrainEvent): boolean => kind === "worker-lost";
  return { params, events: events.filter((event) => !isLost(event)), lost: events.filter(isLost) };
}

describe("training by threads", () => {
  // By rows of a table, and with chunks of sequences, too.
  const changes = [{}, { optimizer: sgd({ learningRate: 0.1 }) }, { truncate: { every: 2, back: 4 }, batch: 7, updates: 4, epochs: undefined }]; // prettier-ignore
  const each = (change: object): Promise<unknown>[] => changes.map((own) => run({ ...options(), ...own, ...change } as TrainOptions)); // prettier-ignore

  it("has the bits of one thread, whatever their number and who is faster", async () => {
    const alone = await Promise.all(each({}));
    for (const threads of [1, 2, 3, 5]) {
      const pool = await openPool(letters, { threads, createWorker: workers(delays) });
      expect([pool.threads, pool.how]).toEqual([threads, threads === 1 ? "single" : "copies"]);
      taken = 0;
      for (const [i, own] of changes.entries()) {
        expect(await run({ ...options(), ...own, threads: pool } as TrainOptions)).toEqual(alone[i]);
      }
      // The last it takes of a wave is one too many.
      if (threads > 1) expect(taken).toBeLessThan(60);
      await pool.close();
    }
  });

  it.each<[string, string, RegExp]>([
    ["exits", "process.exit(7)", /^it exited with code 7$/u],
    ["throws", "throw new Error('out of memory');", /memory/u],
    ["hangs", "for (;;);", /^it told nothing for 400 ms$/u],
  ])("has the same bits where a worker %s", async (_, what, cause) => {
    const alone = await run(options());
    const pool = await openPool(letters, { threads: 3, timeout: 400, createWorker: workers(delays + second(what)) });
    waits = 4;
    const { lost, ...others } = await run({ ...options(), threads: pool });
    expect(others).toEqual({ params: alone.params, events: alone.events });
    expect(lost.length).toBeGreaterThan(0);
    for (const event of lost) expect(event).toMatchObject({ kind: "worker-lost", cause: expect.stringMatching(cause) as string }); // prettier-ignore
    await pool.close();
  }); // prettier-ignore

  it("tells workers all where memory cannot be shared", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    try {
      const pool = await openPool(letters, { threads: 3, createWorker: workers() });
      expect([pool.how, pool.why]).toEqual(["messages", "the host lets no threads share memory"]);
      expect(await run({ ...options(), threads: pool })).toEqual(await run(options()));
      await pool.close();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("sends params and examples then, and nothing of the memory around them", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    const around: number[] = [];
    const look = (value: unknown): void => {
      if (ArrayBuffer.isView(value)) around.push(value.buffer.byteLength - value.byteLength);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
    };
    const createWorker = (): object => {
      const worker = workers()() as Worker;
      const send = worker.postMessage.bind(worker);
      worker.postMessage = (message) => {
        look(message);
        send(message);
      };
      return worker;
    };
    try {
      await using pool = await openPool(cells, { threads: 2, batch: 4, steps: 2, createWorker });
      await pool.forward({ x: new Float32Array(24) });
      expect(around.length).toBeGreaterThan(2);
      expect(around.filter((bytes) => bytes > 0)).toEqual([]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("is one thread, and says why, where no worker can begin", async () => {
    const failing = await openPool(letters, { threads: 2, createWorker: workers("throw new Error('no such file');") });
    expect([failing.threads, failing.how, failing.why]).toEqual([1, "single", "a worker was lost: no such file"]);
    const none = await openPool(letters, { threads: 2, createWorker: () => { throw new TypeError("the host has no workers"); } }); // prettier-ignore
    expect([none.how, none.why]).toEqual(["single", "the host has no workers"]);
    expect(await run({ ...options(), threads: none })).toEqual(await run(options()));
  });

  it("measures what pays where it is asked to, to the same bits", async () => {
    const given = { ...options(), epochs: 8 };
    expect(await run({ ...given, threads: "auto" })).toEqual(await run(given));
  });

  it("throws what one thread would throw", async () => {
    const pool = await openPool(letters, { threads: 2, createWorker: workers() });
    const broken = { count: 8, fingerprint: "mine", read: (i: number) => ({ text: [1, i === 5 ? 9 : 2] }) };
    await expect(run({ ...options(), data: broken, threads: pool })).rejects.toThrow("example 5 of the data: text[1]");
    await pool.close();
  });
});

describe("a pool", () => {
  it("gives forward and gradients of cells, with the bits of one thread", async () => {
    const lost: LostWorker[] = [];
    const pool = await openPool(cells, { threads: 3, batch: 9, steps: 5, createWorker: workers(delays), onLost: (worker) => lost.push(worker) }); // prettier-ignore
    const instance: ModuleInstance = cells.instantiate({ batch: 9, steps: 5 });
    for (const own of [pool.instance, instance]) own.init(4);
    const x = Float32Array.from({ length: 9 * 5 * 3 }, (_, i) => Math.sin(i));
    const lengths = [5, 1, 0, 3, 5, 2, 4, 5, 1];
    const { y, final } = await pool.forward({ x, lengths });
    const whole = instance.forward({ x, lengths });
    expect([y, final["h"]]).toEqual([whole["y"], whole.final["h"]]);
    const cotangents = { y: Float32Array.from({ length: 9 * 5 * 4 }, (_, i) => Math.cos(i)), final: { h: new Float32Array(36).fill(0.5) } }; // prettier-ignore
    const found = await pool.gradient({ x, lengths }, { cotangents });
    const single = await openPool(cells, { threads: 1, batch: 9, steps: 5 });
    single.instance.init(4);
    expect(await single.gradient({ x, lengths }, { cotangents })).toEqual(found);
    const { params } = instance.backward!(cotangents);
    found.params["W"]!.forEach((value, i) => expect(value).toBeCloseTo(params["W"]![i]!, 5));
    await expect(pool.gradient({ x, lengths })).rejects.toThrow("gradient: Plain has no losses; give cotangents");
    // Calls wait for each other, and one that is refused leaves nothing behind.
    const wrong = pool.gradient({ x, lengths: [...lengths.slice(0, 8), 6] }, { cotangents });
    const all = await Promise.allSettled([pool.forward({ x, lengths }), wrong, pool.gradient({ x, lengths }, { cotangents })]); // prettier-ignore
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect([all[0], all[2]].map((one) => (one as PromiseFulfilledResult<unknown>).value)).toEqual([
      { y, final },
      found,
    ]);
    // Params that were changed are those of the next call.
    for (const own of [pool.instance, instance]) own.params["W"]![0] = 2;
    expect((await pool.forward({ x }))["y"]).toEqual(instance.forward({ x })["y"]);
    expect(lost).toEqual([]);
    await pool[Symbol.asyncDispose]();
  });

  it("gives losses of a batch, and outputs of each example with sizes of its own", async () => {
    const pool = await openPool(letters, { threads: 2, batch: 6, sizes: { T: 4 }, createWorker: workers() });
    const instance: ModuleInstance = letters.instantiate({ batch: 6, sizes: { T: 4 } });
    for (const own of [pool.instance, instance]) own.init(4);
    const values = { text: Int32Array.from({ length: 24 }, (_, i) => i % 6), sizes: { T: [4, 1, 2, 0, 3, 2] }, seed: 5, train: true }; // prettier-ignore
    expect((await pool.forward(values))["p"]).toEqual(instance.forward(values)["p"]);
    const found = await pool.gradient(values);
    const whole = instance.gradient!(values);
    expect(found.loss).toBeCloseTo(whole.loss, 5);
    expect(found.losses["small"]!.weight).toBe(6);
    found.params["table"]!.forEach((value, i) => expect(value).toBeCloseTo(whole.params["table"]![i]!, 5));
    await pool.close();
  });

  it("refuses what does not fit", async () => {
    await expect(openPool(letters, { threads: 0 })).rejects.toThrow("openPool: threads must be a positive integer, got 0"); // prettier-ignore
    await expect(openPool(letters, { threads: 2, batsh: 1 } as never)).rejects.toThrow("unknown option batsh");
    const { manifest, instantiate, instantiateAsync } = letters;
    const own = { manifest, instantiate, instantiateAsync };
    await expect(openPool(own, { threads: 2 })).rejects.toThrow("workers must load Letters for themselves, and nothing says from where"); // prettier-ignore
    expect(() => train({ ...options(), module: own, threads: 2 })).toThrow("train: threads: workers must load Letters");
    const other = await openPool(cells, { threads: 1 });
    expect(() => train({ ...options(), threads: other })).toThrow("train: threads: the pool is of another module, Plain"); // prettier-ignore
    expect(() => train({ ...options(), threads: {} as never })).toThrow('train: threads must be a number, "auto" or a pool'); // prettier-ignore
  });
});
