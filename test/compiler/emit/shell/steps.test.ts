/** `steps`: several steps of a stream in one call. */
import { beforeAll, describe, expect, test } from "vitest";
import { cell, type LoadedCell } from "../../../../compiler/index.js";
import type { ModuleInstance } from "../../../../runtime/index.js";

/** With everything that a stream carries: a computed start, contexts of a run-time size, indices, two states. */
const source = `
cell Carrier(I, H, V) {
  input x: [I]
  input k: index(V)
  context m: [S, H]
  state h: [H] = tanh(sum(m, axis = 0))
  state c: [H]
  param W: [H, I] ~ uniform(0.5)
  param U: [H, H] ~ uniform(0.5)
  param E: [V, H] ~ uniform(0.5)
  h' = tanh(W @ x + U @ h + E[k] + mean(m, axis = 0))
  c' = c + h'
  output y = c'
}`;
const [I, H, V, B, S, T] = [3, 8, 4, 2, 5, 6];
const modules: LoadedCell[] = [];
beforeAll(async () => {
  for (const target of ["js", "wasm"] as const) {
    for (const dtype of ["f32", "f64"] as const) {
      modules.push(await cell(source, { dimensions: { I, H, V }, target, dtype }));
    }
  }
});

const list = (n: number, seed: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(i * 7 + seed));
const start = { m: list(B * S * H, 1), sizes: { S: [3, 5] } };
/** Inputs of all steps, and of some. */
const [x, k] = [list(T * B * I, 2), Array.from({ length: T * B }, (_, i) => (i * 3) % V)];
const at = (from: number, to: number) => ({
  x: [0, 1].flatMap((b) => x.slice((b * T + from) * I, (b * T + to) * I)),
  k: [0, 1].flatMap((b) => k.slice(b * T + from, b * T + to)),
});
const instanceOf = (module: LoadedCell): ModuleInstance => {
  const instance = module.instantiate({ batch: B, steps: T, sizes: { S } });
  instance.init(3);
  return instance;
};
const statesOf = (instance: ModuleInstance) => ({ ...(instance.snapshot() as { states: object }).states });

describe("steps of a stream in one call", () => {
  test("give the bits of single steps, and go on in any mixture", () => {
    for (const module of modules) {
      const [single, blocks] = [instanceOf(module), instanceOf(module)];
      for (const instance of [single, blocks]) instance.reset(start);
      const expected: number[][] = [];
      for (let t = 0; t < T; t++) expected.push([...single.step(at(t, t + 1))["y"]!]);
      const got: number[][] = [];
      const keep = (y: ArrayLike<number>, n: number): void => {
        for (let t = 0; t < n; t++)
          got.push([0, 1].flatMap((b) => Array.from(y).slice((b * n + t) * H, (b * n + t + 1) * H)));
      };
      keep(blocks.steps({ ...at(0, 3), steps: 3 })["y"]!, 3);
      expect(blocks.steps({ x: [], k: [], steps: 0 })["y"]).toHaveLength(0);
      keep(blocks.step(at(3, 4))["y"]!, 1);
      // What a sequence does in between is its own.
      blocks.forward({ x: list(B * I, 9), k: [0, 0], m: list(B * 2 * H, 4), sizes: { S: 2 }, steps: 1 });
      keep(blocks.steps({ ...at(4, 6), steps: 2 })["y"]!, 2);
      expect(got).toEqual(expected);
      expect(statesOf(blocks)).toEqual(statesOf(single));
      // The same number of steps in another stream, of other sizes.
      for (const instance of [single, blocks])
        instance.reset({ m: list(H, 5), sizes: { S: 1 }, batch: 1, h: list(H, 6) });
      const [own, ownK] = [x.slice(0, 2 * I), k.slice(0, 2)];
      const all = [...blocks.steps({ x: own, k: ownK, steps: 2 })["y"]!];
      expect(all).toEqual([0, 1].flatMap((t) => [...single.step({ x: own.slice(t * I, (t + 1) * I), k: [ownK[t]!] })["y"]!])); // prettier-ignore
    }
  });

  test("start a stream by themselves, take contexts, and go on from a snapshot", () => {
    for (const module of modules) {
      const [single, blocks] = [instanceOf(module), instanceOf(module)];
      const whole = { x, k, m: list(B * S * H, 1) };
      expect(() => blocks.steps({ x, k })).toThrow(
        /^steps: m is missing: it must be .* of shape \[batch 2, S 5, 8\]$/u,
      );
      const y = [...blocks.steps(whole)["y"]!];
      expect(y).toEqual([...single.forward(whole)["y"]!]);
      const kept = blocks.snapshot();
      const next = [...blocks.steps({ ...at(0, 2), steps: 2, m: list(B * S * H, 8) })["y"]!];
      const other = instanceOf(module);
      other.restore(kept as never);
      expect([...other.steps({ ...at(0, 2), steps: 2, m: list(B * S * H, 8) })["y"]!]).toEqual(next);
    }
  });

  test("take the buffers of forward: its backward is refused, wrong calls change nothing", () => {
    for (const module of modules) {
      const instance = instanceOf(module);
      instance.reset(start);
      const before = statesOf(instance);
      instance.forward({ x, k, m: start.m, sizes: start.sizes });
      expect(() => instance.steps({ ...at(0, 2), steps: T + 1 })).toThrow(
        "steps: steps must be an integer from 0 to 6, got 7",
      );
      expect(() => instance.steps({ ...at(0, 2), steps: 3 })).toThrow(
        "steps: x must have shape [batch 2, steps 3, 3], that is length 18; got Array of length 12",
      );
      expect(() => instance.steps({ x, k, lengths: [1, 2] })).toThrow(
        /unknown name lengths; expected x, k, m, steps$/u,
      );
      expect(statesOf(instance)).toEqual(before);
      expect(() => instance.backward!({})).not.toThrow();
      instance.steps({ x, k });
      expect(() => instance.backward!({})).toThrow("backward: call forward first");
    }
  });

  test("leave nothing of a refused call for a stream that `step` begins", () => {
    for (const module of modules) {
      const [attacked, twin] = [instanceOf(module), instanceOf(module)];
      expect(() => attacked.steps({ x: [], k: [], m: start.m, steps: 2 })).toThrow("steps: x must have shape");
      expect(() => attacked.steps({ ...at(1, 3), steps: 2 })).toThrow("steps: m is missing");
      const [own, next] = [
        { ...at(0, 1), m: start.m },
        { ...at(1, 3), steps: 2 },
      ];
      const given = { x: x.slice(0, I), k: [1], m: list(H, 4), sizes: { S: [1] }, batch: 1, steps: 1 };
      const made = [attacked, twin].map((instance) => {
        instance.forward(given);
        instance.step(own);
        instance.forward(given);
        return [...instance.steps(next)["y"]!];
      });
      expect(made[0]).toEqual(made[1]);
    }
  });

  test("hand out the same objects as long as the sizes stay", () => {
    for (const module of modules) {
      const instance = instanceOf(module);
      instance.reset(start);
      const first = instance.steps({ x, k });
      expect(instance.steps({ x, k })).toBe(first);
    }
  });
});

test("results that were transferred to another thread are made anew", () => {
  for (const module of modules) {
    const instance = instanceOf(module);
    const whole = { x, k, m: list(B * S * H, 1) };
    const calls: (() => Record<string, unknown>)[] = [
      () => instance.forward(whole),
      () => instance.backward!({ y: list(B * T * H, 3) }),
      () => instance.step({ ...at(0, 1), m: whole.m }),
      () => instance.steps({ x, k }),
    ];
    for (const call of calls) {
      instance.reset({ m: whole.m });
      if (call === calls[1]) instance.forward(whole);
      const values = arraysOf(call());
      const expected = values.map((array) => [...array]);
      for (const array of values) {
        try {
          structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
        } catch (error) {
          // Memory of WebAssembly cannot be taken away.
          expect([module.manifest.target, (error as Error).name]).toEqual(["wasm", expect.stringMatching(/DataCloneError|TypeError/u)]); // prettier-ignore
        }
      }
      instance.reset({ m: whole.m });
      if (call === calls[1]) instance.forward(whole);
      expect(arraysOf(call()).map((array) => [...array])).toEqual(expected);
    }
  }
});

test("where the array of a parameter was transferred, every call says so", () => {
  const message = ": the memory of this instance is gone: an array of its params was transferred; make a new instance";
  for (const module of modules.filter(({ manifest }) => manifest.target === "js")) {
    const instance = instanceOf(module);
    const kept = module.instantiate({ batch: B, steps: T, sizes: { S } });
    const whole = { x, k, m: list(B * S * H, 1) };
    const expected = [...instance.forward(whole)["y"]!];
    structuredClone(instance.params["W"], { transfer: [instance.params["W"]!.buffer as ArrayBuffer] });
    const calls: Record<string, () => unknown> = {
      forward: () => instance.forward(whole),
      backward: () => instance.backward!({}),
      step: () => instance.step({ ...at(0, 1), m: whole.m }),
      steps: () => instance.steps(whole),
      reset: () => instance.reset(start),
      snapshot: () => instance.snapshot(),
      init: () => instance.init(1),
      setParams: () => instance.setParams({ U: list(H * H, 1) }),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(name + message);
    }
    kept.init(3);
    expect([...kept.forward(whole)["y"]!]).toEqual(expected);
  }
});

/** All arrays of a result. */
function arraysOf(result: Readonly<Record<string, unknown>>): Float64Array[] {
  return Object.values(result).flatMap((value) =>
    ArrayBuffer.isView(value) ? [value as Float64Array] : arraysOf(value as Record<string, unknown>),
  );
}
