/** Many streams beside an instance of its own for each: the same bits, whatever steps beside them. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../compiler/driver/in-process.js";
import { type CallValues, openStreams, type PartInstance, SnapshotError, type Streams, type StreamsOptions, type TensorRecord } from "../../../runtime/index.js"; // prettier-ignore
import { fuzzParameters } from "../../support/fuzz.js";

interface Kind {
  readonly source: string;
  readonly cell: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly options?: Omit<StreamsOptions, "capacity">;
  /** What the n-th stream begins with. */
  readonly open?: (n: number) => CallValues;
  /** Of one step, by something random. */
  readonly input: (r: number) => Readonly<Record<string, readonly number[]>>;
}

const kinds: Readonly<Record<string, Kind>> = {
  "an LSTM": {
    ...{ source: `import { LSTM } from "std/lstm"`, cell: "LSTM", dimensions: { I: 2, H: 5 } },
    input: (r) => ({ x: [r / 4, 1 - r] }),
  },
  "from states that are given": {
    ...{ source: `import { LSTM } from "std/lstm"`, cell: "LSTM", dimensions: { I: 1, H: 2 } },
    open: (n) => ({ h: [n / 4, -0.5] }),
    input: (r) => ({ x: [r / 4] }),
  },
  "delay lines, indices and a counter": {
    source: `cell Lines(I) { input x: [I] input k: index(3) param W: [I] ~ uniform(1) param table: [3, I] ~ uniform(1) state h: [I]
      late = delay(x, 3) h' = tanh(W * x + late + h + table[k]) output y = if step == 2 then 2 * h' else h' }`,
    ...{ cell: "Lines", dimensions: { I: 3 } },
    input: (r) => ({ x: [r / 4, 1, 0.5], k: [r % 3] }),
  },
  "a network with contexts of each size, and draws": {
    source: `import { GRU } from "std/gru"
      network Told(H; S >= 1, T) {
        input x: [T, H]
        input memory: [S, H]
        input place: index(S)[T]
        use rnn = GRU(H, H)
        y = rnn(x, h = memory[S - 1])
        noise = normal([T, H])
        output z[t] = softmax(memory @ y[t]) @ memory + memory[place[t]] + before(y, 0)[t] + 0.1 * noise[t]
      }`,
    ...{ cell: "Told", dimensions: { H: 2 }, options: { sizes: { S: 3 }, seed: 5 } },
    open: (n) => ({ memory: [0.1, n, 0.3, 0.4, 0.5, 0.6].slice(0, 2 + 2 * (n % 3)), sizes: { S: 1 + (n % 3) } }),
    input: (r) => ({ x: [r / 4, 1], place: [0] }),
  },
  "an entry": {
    source: `import { GRU } from "std/gru"
      network Read(H; S >= 1, T) {
        input source: [S, H]
        input x: [T, H]
        use read, say = GRU(H, H)
        start = read(source)[S - 1]
        output y = say(x, h = start)
        entry next = y given start
      }`,
    ...{ cell: "Read", dimensions: { H: 2 }, options: { entry: "next" } },
    open: (n) => ({ start: [n / 8, 0.25] }),
    input: (r) => ({ x: [r / 4, 1] }),
  },
};

const load = (kind: Kind, target: "js" | "wasm"): Promise<LoadedCell> =>
  cell(kind.source, { cell: kind.cell, dimensions: kind.dimensions, target, gradient: false });

/** Sizes of a call at which there is room for anything here. */
const roomIn = ({ manifest }: LoadedCell, { options }: Kind) => {
  const named = manifest.axes.filter(({ option }) => option === "sizes").map(({ name }) => [name, 1] as const);
  return named.length === 0 ? {} : { sizes: { ...Object.fromEntries(named), ...options?.sizes } };
};

function paramsOf(module: LoadedCell, kind: Kind, seed: number): TensorRecord {
  const instance = module.instantiate(roomIn(module, kind));
  instance.init(seed);
  return instance.params as TensorRecord;
}

/** A stream that has an instance for itself. */
interface Alone {
  readonly own: PartInstance;
  readonly set: (params: TensorRecord) => void;
}

function alone(module: LoadedCell, kind: Kind, n: number, params: TensorRecord): Alone {
  const instance = module.instantiate(roomIn(module, kind));
  const { entry, seed } = kind.options ?? {};
  instance.setParams(params as never);
  const own = (entry === undefined ? instance : instance.entries![entry]!) as PartInstance;
  own.reset({ batch: 1, ...kind.open?.(n), ...(seed !== undefined && { seed, examples: [n] }) });
  return { own, set: (next) => instance.setParams(next as never) };
}

interface Mine {
  readonly id: number;
  readonly it: Alone;
}

const rowsOf = (record: TensorRecord, rows: number, row: number): number[] =>
  Object.values(record).flatMap((data) => [...data.slice((row * data.length) / rows, ((row + 1) * data.length) / rows)]); // prettier-ignore

type Action =
  | readonly ["open" | "swap"]
  | readonly ["close" | "fork" | "move", number]
  | readonly ["step", readonly (readonly [stream: number, count: number, r: number])[]];

const which = fc.nat(9);
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<Action>(["open"]) },
    { weight: 1, arbitrary: fc.constant<Action>(["swap"]) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("close" as const, "fork" as const, "move" as const), which) },
    {
      weight: 6,
      arbitrary: fc.tuple(
        fc.constant("step" as const),
        fc.array(fc.tuple(which, fc.nat(5), fc.integer({ min: -9, max: 9 })), { minLength: 1, maxLength: 9 }),
      ),
    },
  ),
  { minLength: 4, maxLength: 14 },
);

/** Does the actions with streams and with an instance for each, and compares all outputs. */
function compare(module: LoadedCell, kind: Kind, list: readonly Action[], batch: number): void {
  const weights = [paramsOf(module, kind, 1), paramsOf(module, kind, 2)] as const;
  let now = 0;
  const streams = openStreams(module, { capacity: 99, batch, steps: 3, weights: weights[0], ...kind.options });
  const mine: Mine[] = [];
  let opened = 0;
  const open = (): void => {
    mine.push({ id: streams.open(kind.open?.(opened)), it: alone(module, kind, opened, weights[now as 0 | 1]) });
    opened++;
  };
  const copy = (at: number, id: number): Mine => {
    const it = alone(module, kind, 0, weights[now as 0 | 1]);
    it.own.restore(mine[at]!.it.own.snapshot() as never);
    return { id, it };
  };
  open();
  for (const action of list) {
    if (action[0] === "open") open();
    else if (action[0] === "swap") {
      now = 1 - now;
      streams.swap(weights[now as 0 | 1]);
      for (const { it } of mine) it.set(weights[now as 0 | 1]);
    } else if (action[0] === "step") {
      const wanted = action[1].map(([n, count, r]) => ({ of: mine[n % mine.length]!, count, r: Math.abs(r) }));
      const inputs = wanted.flatMap(({ count, r }) => Array.from({ length: count }, (_, i) => kind.input(r + i)));
      const names = Object.keys(kind.input(0));
      const given = Object.fromEntries(names.map((name) => [name, inputs.flatMap((own) => own[name]!)]));
      const ids = wanted.map(({ of }) => of.id);
      const outputs = streams.step(ids, given, { counts: wanted.map(({ count }) => count) });
      let row = 0;
      for (const { of, count, r } of wanted) {
        for (let i = 0; i < count; i++) {
          const expected = rowsOf(of.it.own.step(kind.input(r + i)), 1, 0);
          expect(rowsOf(outputs, inputs.length, row++)).toEqual(expected);
        }
      }
    } else {
      const at = Number(action[1]) % mine.length;
      const { id } = mine[at]!;
      if (action[0] === "fork") mine.push(copy(at, streams.fork(id)));
      else if (action[0] === "move") {
        const made = copy(at, streams.restore(streams.snapshot(id)));
        streams.close(id);
        mine[at] = made;
      } else if (mine.length > 1) {
        streams.close(id);
        mine.splice(at, 1);
      }
    }
    expect(streams.size).toBe(mine.length);
  }
}

describe.each(Object.entries(kinds))("%s", (_, kind) => {
  it("has the bits that each stream has by itself, whatever is done with others", async () => {
    const modules = [await load(kind, "wasm"), await load(kind, "js")];
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 4 }), fc.constantFrom(...modules), (list, batch, module) =>
        compare(module, kind, list, batch),
      ),
      fuzzParameters(4, 20),
    );
  });
});

describe("one kind", () => {
  const kind = kinds["an LSTM"]!;
  let module: LoadedCell;
  let params: TensorRecord;
  let streams: Streams;
  beforeAll(async () => {
    module = await load(kind, "wasm");
    params = paramsOf(module, kind, 1);
  });
  const fresh = (capacity = 3): Streams => (streams = openStreams(module, { capacity, weights: params }));
  const failure = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return "nothing";
  };

  it("never gives an id twice, and takes none of a closed stream", () => {
    fresh(2);
    const seen = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const id = streams.open();
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      streams.close(id);
      expect(failure(() => streams.close(id))).toMatch(/^RangeError: close: the id must be the id of an open stream.*, which was closed/); // prettier-ignore
    }
    streams.open();
    streams.open();
    expect(failure(() => streams.open())).toBe("RangeError: open: all 2 streams are open: close or expire some, or give a larger capacity"); // prettier-ignore
  });

  it("gives no rows where the first step has none", () => {
    fresh();
    const outputs = streams.step([streams.open()], { x: [] }, { counts: [0] });
    expect(Object.entries(outputs)).toEqual([["y", new Float32Array(0)]]);
  });

  it("changes nothing where a call is wrong", () => {
    fresh();
    const [a, b] = [streams.open(), streams.open()];
    const before = streams.snapshot(a);
    const x = [0, 0, 0, 0];
    const wrong: readonly (readonly [() => unknown, string])[] = [
      [() => streams.step([a, 7], { x }), "RangeError: step: ids[1] must be the id of an open stream, got 7"],
      [() => streams.step([a, b], { x: [1] }), "RangeError: step: x must be 2 rows of [2], that is length 4; got Array of length 1"],
      [() => streams.step([a, b], { x: [1, 2, 3, "4"] } as never), 'TypeError: step: x[3] must be a number, got "4"'],
      [() => streams.step([a], {}), "TypeError: step: x is missing: it must be 1 rows of [2]"],
      [() => streams.step([a], { y: [] }), "TypeError: step: unknown name y; expected x"],
      [() => streams.step([a, b], { x }, { counts: [1] }), "RangeError: step: counts must have length 2, as the ids, got 1"],
      [() => streams.step([a], { x }, { counts: [-2] }), "RangeError: step: counts[0] must be an integer from 0 to 2147483647, got -2"],
      [() => streams.open({ h: [1] }), "RangeError: open: h must be of shape [5], that is length 5; got Array of length 1"],
      [() => streams.open({ g: [1] }), "TypeError: open: unknown name g; expected h, c"],
      [() => streams.open({}, { example: 1 }), "TypeError: open: LSTM draws nothing, so streams have no example"],
      [() => streams.swap({ W_i: [] } as never), "TypeError: swap: weights: W_f is missing"],
      [() => streams.open({}, { now: -1 }), "RangeError: open: now must be a finite number of at least 0, which it was before; got -1"],
      [() => openStreams(module, { capacity: 2 ** 25 }), "RangeError: openStreams: capacity must be at most 16777216, got 33554432"],
      [() => openStreams(module, { capacity: 1, seed: 1 }), "TypeError: openStreams: LSTM draws nothing, so it takes no seed"],
      [() => openStreams(module, { capacity: 1, settings: { calm: 1 } }), "TypeError: openStreams: settings: unknown name calm; expected none"],
      [() => openStreams(module, { capacity: 1, entry: "x" }), 'TypeError: openStreams: LSTM has no entry "x"; it has none'],
    ]; // prettier-ignore
    for (const [call, message] of wrong) expect(failure(call)).toBe(message);
    expect(streams.snapshot(a)).toEqual(before);
    expect([streams.size, streams.version]).toEqual([2, 1]);
  });

  it("exchanges snapshots with another target, and refuses others", async () => {
    fresh();
    const id = streams.open();
    streams.step([id], { x: [1, 2] });
    const snapshot = streams.snapshot(id);
    const other = openStreams(await load(kind, "js"), { capacity: 1, weights: params });
    const there = other.restore(snapshot);
    expect(other.stepsOf(there)).toBe(1);
    expect(other.step([there], { x: [3, 4] })).toEqual(streams.step([id], { x: [3, 4] }));

    const code = (bytes: Uint8Array, options = {}): string => {
      try {
        streams.restore(bytes, options);
      } catch (error) {
        return error instanceof SnapshotError ? error.code : String(error);
      }
      return "nothing";
    };
    expect(code(new Uint8Array(3))).toBe("not-a-snapshot");
    expect(code(Uint8Array.from(snapshot, (byte, i) => (i === 4 ? 9 : byte)))).toBe("unknown-version");
    for (let i = 6; i < snapshot.length; i += 7) {
      expect(code(Uint8Array.from(snapshot, (byte, at) => (at === i ? byte ^ 1 : byte)))).toBe("corrupt");
      expect(code(snapshot.slice(0, i))).toBe("corrupt");
    }
    const larger = await cell(kind.source, { cell: "LSTM", dimensions: { I: 2, H: 6 } });
    const big = openStreams(larger, { capacity: 1, weights: paramsOf(larger, kind, 1) });
    expect(code(big.snapshot(big.open()))).toBe("other-program");
    streams.swap(paramsOf(module, kind, 2));
    expect(code(snapshot)).toBe("other-weights");
    expect(code(snapshot, { weights: "any" })).toBe("nothing");
  });

  it("expires what was not used for longest, and tells before it does", () => {
    fresh(4);
    const [a, b, c] = [streams.open({}, { now: 1 }), streams.open({}, { now: 2 }), streams.open({}, { now: 3 })];
    streams.step([a], { x: [0, 0] }, { now: 4 });
    const told: number[] = [];
    const expired = streams.expire(4, (id, snapshot) => {
      told.push(id);
      // One that comes back at once.
      if (id === c) streams.close(streams.fork(streams.restore(snapshot, { now: 5 })));
    });
    expect([told, expired, streams.size]).toEqual([[b, c], 2, 2]);
    expect(failure(() => streams.step([b], { x: [0, 0] }))).toMatch(/has expired/);
  });

  it("takes modules that stream, step by step", async () => {
    const ahead = await cell("network A(; T) { input x: [T] output y = after(x, 0) }");
    expect(failure(() => openStreams(ahead, { capacity: 1 }))).toBe("TypeError: openStreams: A looks ahead, so it cannot stream"); // prettier-ignore
    const three = await cell("network A(; T >= 3) { input x: [T] output y = before(x, 0) }");
    expect(failure(() => openStreams(three, { capacity: 1 }))).toBe("TypeError: openStreams: A demands T >= 3 of its calls, so that they cannot be of one step"); // prettier-ignore
    const noisy = await cell("cell A() { input x: [] output y = x + normal([]) }");
    expect(failure(() => openStreams(noisy, { capacity: 1 }))).toBe("TypeError: openStreams: A draws random numbers: give a seed"); // prettier-ignore
  });
});
