/** What stands in padding is never read: numbers, and indices that would be out of range. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../../../runtime/module/compiled-module.js";

const source = `
cell Reader(V, D) {
  input t, u: index(V)
  input x: [D]
  state s: [D]
  param E, F: [V, D] ~ uniform(1)
  s' = tanh(s + E[t] * x)
  output y = s' + F[u]
}`;

const steps = 3;
const lengths = [1, 3, 0];
const isReal = (i: number): boolean => i % steps < lengths[Math.floor(i / steps)]!;

function run(instance: ModuleInstance, index: number, value: number): unknown[] {
  const t = Array.from({ length: 9 }, (_, i) => (isReal(i) ? i % 4 : index));
  const x = Float64Array.from({ length: 18 }, (_, i) => (isReal(Math.floor(i / 2)) ? i / 18 : value));
  const out = instance.forward({ t, u: t.map((_, i) => t[i]!), x, lengths });
  const y = [...out["y"]!];
  const grad = instance.backward!({ y: out["y"]!.map((_, i) => (isReal(Math.floor(i / 2)) ? i + 1 : value)) });
  return [y, [...out.final["s"]!], [...grad["x"]!], ...Object.values(grad.params).map((each) => [...each])];
}

describe.each(["js", "wasm"] as const)("padding, %s", (target) => {
  it("may hold any index and any number", async () => {
    const module = await cell(source, { dimensions: { V: 4, D: 2 }, target, dtype: "f64" });
    const instance = module.instantiate({ batch: 3, steps }) as ModuleInstance;
    instance.init(1);
    const expected = run(instance, 0, 0);
    expect(expected.flat(2).every((number) => Number.isFinite(number))).toBe(true);
    for (const index of [-1, 99, NaN, 1e300])
      for (const value of [NaN, Infinity]) {
        expect(run(instance, index, value)).toEqual(expected);
      }
  });

  it("is the only place for them", async () => {
    const module = await cell(source, { dimensions: { V: 4, D: 2 }, target });
    const instance = module.instantiate({ batch: 3, steps }) as ModuleInstance;
    const call = { u: new Int32Array(9), x: new Float32Array(18), lengths };
    const t = new Int32Array(9);
    t[3] = -1;
    expect(() => instance.forward({ ...call, t })).toThrow(/^forward: t\[3\] must be an integer from 0 to 3, got -1$/);
    t[3] = 0;
    t[2] = -1;
    expect(() => instance.forward({ ...call, t })).not.toThrow();
    expect(() => instance.forward({ ...call, t, lengths: [3, 3, 3] })).toThrow(/t\[2\]/);
    expect(() => instance.forward({ u: call.u, x: call.x, t })).toThrow(/t\[2\]/);
  });
});
