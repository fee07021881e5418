/**
 * Random sequences of right and wrong calls: an instance that gets them all, in every guise, gives the bits of one that gets only the
 * right ones, plainly. So a refused call leaves no trace, and no object of a caller is looked at twice.
 */
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { createRandom, type Random } from "../../../../runtime/index.js";
import { fuzzParameters, isFuzzing } from "../../../support/fuzz.js";
import { type Arguments, copyOf, disguise, Refusal, spoil } from "../../../support/hostile-arguments.js";

const source = `cell Attend(H, V) {
  input x: [H]
  input k: index(V)
  context m: [S, H]
  state h: [H] = tanh(start)
  state c: [H]
  param decay, start: [H] ~ normal(1)
  param table: [V, H] ~ normal(1)
  h' = tanh(decay * h + x + table[k])
  c' = c + h' * sum(m, axis = 0)
  output y = c' * h
}`;
const [H, V, batch, steps, S] = [3, 4, 2, 3, 2];
const targets = ["js", "wasm"] as const;

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong calls are what this is about */
type Instance = any;

const modules = await Promise.all(
  targets.map((target) =>
    cell(source, { dimensions: { H, V }, target, dtype: "f64", gradient: true, jvp: true, hvp: true }),
  ),
);

function prepared(target: (typeof targets)[number]): Instance {
  const instance = modules[targets.indexOf(target)]!.instantiate({ batch, steps, sizes: { S } });
  instance.init(1);
  return instance;
}

type Call = readonly [method: string, ...given: Arguments[]];

/** A call that is right, in plain arrays, if the instance is ready for it. */
function drawCall(random: Random): Call {
  const reals = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.uniform(-2, 2));
  const [rows, length, size] = [1 + random.integer(batch), 1 + random.integer(steps), 1 + random.integer(S)];
  const maybe = (make: () => Arguments): Arguments => (random.integer(2) === 0 ? {} : make());
  const indices = (count: number): Int32Array => Int32Array.from({ length: count }, () => random.integer(V));
  const inputs = (count: number): Arguments => ({ x: reals(rows * count * H), k: indices(rows * count) });
  const context = (): Arguments => ({ m: reals(rows * size * H) });
  const states = (): Arguments => ({
    ...maybe(() => ({ h: reals(rows * H) })),
    ...maybe(() => ({ c: reals(rows * H) })),
  });
  const whole = (): Arguments => ({
    ...inputs(length),
    ...context(),
    ...states(),
    steps: length,
    sizes: { S: random.integer(2) === 0 ? size : { padded: size, each: new Int32Array(rows).fill(size) } },
    ...maybe(() => ({ lengths: Int32Array.from({ length: rows }, () => random.integer(length + 1)) })),
    batch: rows,
  });
  const cotangents = (): Arguments => ({
    ...maybe(() => ({ y: reals(rows * length * H) })),
    ...maybe(() => ({ final: { h: reals(rows * H) } })),
  });
  const tangents = (): Arguments => ({
    x: reals(rows * length * H),
    ...maybe(() => ({ params: { start: reals(H) } })),
  });
  const calls: readonly (() => Call)[] = [
    () => ["forward", whole()],
    () => ["backward", cotangents()],
    () => ["step", { ...inputs(1), ...maybe(context) }],
    () => ["step", { x: reals(H * batch), k: indices(batch), m: reals(batch * S * H) }],
    () => ["steps", { ...inputs(length), ...maybe(context), steps: length }],
    () => ["reset", { ...context(), ...states(), sizes: { S: size }, batch: rows }],
    () => ["jvp", whole(), tangents()],
    () => ["hvp", whole(), tangents(), cotangents(), cotangents()],
    () => ["setParams", { decay: reals(H), ...maybe(() => ({ table: reals(V * H) })) }],
    () => ["snapshot"],
    () => ["restore", { cell: "Attend", batch: rows, sizes: { S: size }, states: { h: reals(rows * H), c: reals(rows * H) }, contexts: context() }],
  ]; // prettier-ignore
  return calls[random.integer(calls.length)]!();
}

/** What a call gives, as text of its bits; or the error. */
function outcomeOf(instance: Instance, [method, ...given]: Call): string {
  try {
    return textOf(instance[method](...given));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    // Class and length of an array are what it says of itself.
    return error.message.replace(/got \w+ of length \d+/u, "got another");
  }
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => {
    if (ArrayBuffer.isView(item)) return Array.from(item as Float64Array, (x) => (Object.is(x, -0) ? "-0" : String(x)));
    return item;
  }) ?? "nothing";

const count = { right: 0, refused: 0 };
const operations = isFuzzing ? 10 * fuzzParameters(1).numRuns : 1500;

describe.each(targets)("calls of a module for %s", (target) => {
  it("that are refused leave no trace", () => {
    const random = createRandom(fuzzParameters(1).seed);
    let [attacked, twin] = [prepared(target), prepared(target)];
    for (let i = 0; i < operations; i++) {
      if (i % 500 === 499) [attacked, twin] = [prepared(target), prepared(target)];
      const call = drawCall(random);
      const [method, ...given] = call;
      const at = random.integer(Math.max(1, given.length));
      const spoilt = random.integer(2) === 0 && given[at] !== undefined ? spoil(given[at], random) : undefined;
      if (spoilt !== undefined) {
        expect(() => attacked[method](...given.with(at, spoilt)), `${i}: ${method}`).toThrow();
        count.refused++;
        continue;
      }
      const nested = (): void => {
        expect(() => attacked[random.integer(2) === 0 ? "snapshot" : "step"](given[0])).toThrow("another call");
      };
      const expected = outcomeOf(twin, [method, ...given.map(copyOf)]);
      expect(
        outcomeOf(attacked, [method, ...given.map((own) => disguise(own, random, nested))]),
        `${i}: ${method}`,
      ).toBe(expected);
      count.right++;
    }
  });

  it("that are refused say what was wrong", () => {
    const random = createRandom(7);
    const instance = prepared(target);
    instance.forward(firstOf(random, "forward"));
    let told = 0;
    for (let i = 0; i < 300; i++) {
      const [method, ...given] = drawCall(random);
      const spoilt = given[0] && spoil(given[0], random);
      if (spoilt === undefined) continue;
      const error = thrownBy(() => instance[method](spoilt, ...given.slice(1)));
      if (error instanceof Refusal) continue;
      expect(error instanceof TypeError || error instanceof RangeError, `${method}: ${String(error)}`).toBe(true);
      expect((error as Error).message.startsWith(method), String(error)).toBe(true);
      told++;
    }
    expect(told).toBeGreaterThan(150);
  });

  it.each([null, "x", 3, [], new Map([["x", 1]]), new Set(), Promise.resolve({}), new Float64Array(3)])(
    "take no %s for named values",
    (wrong) => {
      const instance = prepared(target);
      const random = createRandom(3);
      instance.forward(firstOf(random, "forward"));
      for (const method of ["forward", "backward", "step", "steps", "reset", "restore", "setParams", "jvp", "hvp"]) {
        expect(() => instance[method](wrong), method).toThrow(/: expected an object with .*, got/u);
      }
    },
  );

  it("see one value of what another thread writes meanwhile", async () => {
    const random = createRandom(5);
    const given = firstOf(random, "forward");
    const { k, x } = given as { k: Int32Array; x: Float64Array };
    const shared = { k: new Int32Array(new SharedArrayBuffer(k.byteLength)), x: new Float64Array(new SharedArrayBuffer(x.byteLength)) }; // prettier-ignore
    const stop = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(
      `const { workerData: { k, x, stop } } = require("node:worker_threads");
       Atomics.store(stop, 1, 1); Atomics.notify(stop, 1);
       for (let i = 0; Atomics.load(stop, 0) === 0; i++) {
         k.fill(i % 3 === 0 ? 2 ** 30 : i % 3);
         x.fill(i % 2);
       }`,
      { eval: true, workerData: { ...shared, stop } },
    );
    Atomics.wait(stop, 1, 0);
    const instance = prepared(target);
    const outcomes = new Set<boolean>();
    const expected = outcomeOf(prepared(target), ["forward", given]);
    for (let i = 0; i < (isFuzzing ? 20_000 : 500) || (outcomes.size < 2 && i < 1e6); i++) {
      const outcome = outcomeOf(instance, ["forward", { ...given, ...shared }]);
      outcomes.add(outcome.startsWith("forward: k["));
      if (outcome.startsWith("forward: k["))
        expect(outcome).toMatch(/^forward: k\[\d\] must be an integer from 0 to 3, got 1073741824$/u); // prettier-ignore
      else expect(outcome).not.toMatch(/NaN|Infinity/u);
    }
    Atomics.store(stop, 0, 1);
    await worker.terminate();
    expect(outcomes).toEqual(new Set([true, false]));
    expect(outcomeOf(instance, ["forward", given])).toBe(expected);
  });
});

/** The first call of a method. */
function firstOf(random: Random, method: string): Arguments {
  for (;;) {
    const [name, given] = drawCall(random);
    if (name === method) return given!;
  }
}

afterAll(() => {
  expect(count.refused).toBeGreaterThan(operations / 4);
  expect(count.right).toBeGreaterThan(operations / 4);
  if (isFuzzing) console.log(`${count.right} right calls, ${count.refused} refused`);
});
