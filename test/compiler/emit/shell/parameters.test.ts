/** Which parameters count: those that the arrays hold when a call begins, whoever kept the arrays, on every target. */
import { beforeAll, describe, expect, test } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/index.js";
import { createRandom, type ModuleInstance, type Random } from "../../../../runtime/index.js";

/** Matrices of all kinds of use: in the loop, before it, after it, for the initial state alone, with and without runs. */
const source = `
cell Kept(I, H) {
  input x: [I]
  context m: [H]
  state h: [H] = tanh(S @ m + b)
  param W, V: [H, I] ~ uniform(0.5)
  param U, S: [H, H] ~ uniform(0.5)
  param O: [I, H] ~ uniform(0.5)
  param b: [H] ~ uniform(0.5)
  h' = tanh(W @ x + U @ h + b) + 0.1 * sigmoid(V @ x)
  output y = O @ h' + x
}`;

const [I, H, B, T] = [5, 8, 2, 3];
type Values = Record<string, number[]>;

const targets: LoadedCell[] = [];
beforeAll(async () => {
  for (const target of ["js", "wasm"] as const) {
    targets.push(await cell(source, { dimensions: { I, H }, target, jvp: true, hvp: true }));
  }
});

/** All numbers of a result. */
function numbers(result: object): number[] {
  return Object.values(result).flatMap((value: object) => (ArrayBuffer.isView(value) ? [...(value as Float32Array)] : numbers(value))); // prettier-ignore
}

/** A call with its arguments: the same for all instances. */
type Call = (instance: ModuleInstance) => number[];

function drawCalls(random: Random): Record<string, () => Call> {
  const list = (n: number): number[] => Array.from({ length: n }, () => random.uniform(-1, 1));
  const values = (): Values => ({ x: list(B * T * I), m: list(B * H) });
  const tangents = (): object => ({ x: list(B * T * I), params: { U: list(H * H), S: list(H * H) } });
  const cotangents = (): object => ({ y: list(B * T * I), final: { h: list(B * H) } });
  return {
    step: () => {
      const given = { x: list(B * I) };
      return (instance) => numbers(instance.step(given));
    },
    reset: () => {
      const given = { m: list(B * H) };
      return (instance) => (instance.reset(given), numbers((instance.snapshot() as { states: object }).states));
    },
    forward: () => {
      const given = values();
      return (instance) => numbers(instance.forward(given));
    },
    backward: () => {
      const [given, weights] = [values(), cotangents()];
      return (instance) => (instance.forward(given), numbers(instance.backward!(weights as never)));
    },
    jvp: () => {
      const [given, direction] = [values(), tangents()];
      return (instance) => numbers(instance.jvp!(given, direction as never));
    },
    hvp: () => {
      const [given, direction, weights] = [values(), tangents(), cotangents()];
      return (instance) => numbers(instance.hvp!(given, direction as never, weights as never));
    },
  };
}

describe("a call computes with what the arrays of parameters hold when it begins", () => {
  test("random writes through kept arrays and calls: js, wasm and fresh instances agree", () => {
    const random = createRandom(11);
    const calls = drawCalls(random);
    const instances = targets.map((module) => module.instantiate({ batch: B, steps: T }));
    const kept = instances.map((instance) => ({ ...instance.params }));
    const first = calls["reset"]!();
    for (const instance of instances) {
      instance.init(5);
      first(instance);
    }
    const names = Object.keys(kept[0]!);
    for (let round = 0; round < 400; round++) {
      // What an optimiser does, what a line search does, and a single number.
      if (random.uniform() < 0.6) {
        for (const name of random.shuffle([...names]).slice(0, 1 + random.integer(names.length))) {
          const at = random.integer(kept[0]![name]!.length);
          const value = random.uniform(-1, 1);
          const all = random.uniform() < 0.3;
          for (const arrays of kept) {
            if (all) arrays[name]!.forEach((old, i, array) => (array[i] = old * 0.9 + 0.01 * value));
            else arrays[name]![at] = value;
          }
        }
      }
      if (random.uniform() < 0.1) {
        // Frozen for some calls, until the arrays are asked for.
        for (const instance of instances) {
          instance.freeze();
          instance.step({ x: new Array<number>(B * I).fill(0.5) });
        }
        for (const [n, instance] of instances.entries()) expect(instance.params["U"]).toBe(kept[n]!["U"]);
      }
      const name = random.shuffle(["step", "step", ...Object.keys(calls)])[0]!;
      const call = calls[name]!();
      const [js, wasm] = instances as [ModuleInstance, ModuleInstance];
      const fresh = targets[1]!.instantiate({ batch: B, steps: T });
      for (const [param, array] of Object.entries(kept[1]!)) fresh.params[param]!.set(array);
      fresh.restore(wasm.snapshot() as never);
      const expected = call(js);
      expect(call(wasm), `${name} in round ${round}`).toEqual(expected);
      expect(call(fresh), `${name} of a fresh instance in round ${round}`).toEqual(expected);
    }
  });

  test("between forward and backward: the parameters are those of backward, what forward kept is not", () => {
    const random = createRandom(3);
    const given = {
      x: Array.from({ length: B * T * I }, () => random.uniform()),
      m: new Array<number>(B * H).fill(0.3),
    };
    const run = (module: LoadedCell, usedBefore: boolean): number[] => {
      const instance = module.instantiate({ batch: B, steps: T });
      instance.init(2);
      const { U, O } = { ...instance.params };
      if (usedBefore) numbers((instance.forward(given), instance.backward!({})));
      instance.forward(given);
      U!.fill(0.25);
      O!.fill(-0.5);
      return numbers(instance.backward!({ y: new Array<number>(B * T * I).fill(1) }));
    };
    const expected = run(targets[0]!, false);
    for (const module of targets) for (const used of [false, true]) expect(run(module, used)).toEqual(expected);
  });
});

describe("a new instance has its declared initial values", () => {
  const declared = `
cell Declared(N) {
  input x: [N]
  state h: [N] = start
  param a: [N] ~ constant(0.9)
  param start: [N] ~ ones
  param W: [N, N] ~ orthogonal
  param b: [N] ~ normal(0.5)
  h' = a * h + W @ x + b
  output y = h'
}`;
  const x = [1, -1, 0.5];

  test.each(["js", "wasm"] as const)("where they need no seed, %s", async (target) => {
    const module = await cell(declared, { dimensions: { N: 3 }, target });
    const set = module.instantiate();
    set.setParams({ a: [0.9, 0.9, 0.9], start: [1, 1, 1], W: new Array(9).fill(0), b: [0, 0, 0] });
    const expected = [...set.forward({ x })["y"]!];
    expect([...module.instantiate().forward({ x })["y"]!]).toEqual(expected);
    expect([...module.instantiate().step({ x })["y"]!]).toEqual(expected);
    const started = module.instantiate();
    started.reset();
    expect([...(started.snapshot() as { states: Record<string, Float32Array> }).states["h"]!]).toEqual([1, 1, 1]);
    const read = module.instantiate();
    expect([...read.params["a"]!]).toEqual([...Float32Array.of(0.9, 0.9, 0.9)]);
    expect({ ...read.params }).toEqual({ ...set.params });
    expect([...read.forward({ x })["y"]!]).toEqual(expected);
  });

  test.each(["js", "wasm"] as const)("and what is set stays beside what is not, %s", async (target) => {
    const module = await cell(declared, { dimensions: { N: 3 }, target });
    const other = module.instantiate();
    other.params["b"]!.set([1, 2, 3]);
    const instance = module.instantiate();
    instance.setParams({ b: [1, 2, 3] });
    expect(numbers(instance.forward({ x }))).toEqual(numbers(other.forward({ x })));
    // Nothing was handed out, and yet what is set counts at once, also in a running stream and where it was frozen.
    for (const W of [new Float32Array(9).fill(2), new Float64Array(9).fill(3)]) {
      instance.freeze();
      instance.setParams({ W });
      other.params["W"]!.set(W);
      expect(numbers(instance.step({ x }))).toEqual(numbers(other.step({ x })));
    }
    expect(() => instance.setParams({ a: [0, 0, 0], W: [1] })).toThrow(/^setParams: W must have shape \[3, 3\], that is length 9; got Array of length 1$/u); // prettier-ignore
    expect(() => instance.setParams({ a: [0, 0, 0], q: new Float32Array(3) })).toThrow(/^setParams: unknown name q; expected a, start, W, b$/u); // prettier-ignore
    expect(numbers(instance.params)).toEqual(numbers(other.params));
    instance.init(4);
    other.init(4);
    expect(numbers(instance.step({ x }))).toEqual(numbers(other.step({ x })));
  });
});
