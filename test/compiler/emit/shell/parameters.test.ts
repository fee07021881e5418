/** Which parameters count: those that the arrays hold when a call begins, whoever kept the arrays, on every target. */
import { beforeAll, describe, expect, test } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/index.js";
import { createRandom, type ModuleInstance, type Random } from "../../../../runtime/index.js";

/** Matrices of all kinds of use: in the loop, before it, behind it, for the initial state alone, with and without runs. */
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
