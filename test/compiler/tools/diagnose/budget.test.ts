/** Where the time of a run goes besides its steps, the budget is looked at, too. */
import { afterEach, expect, test, vi } from "vitest";
import { drawNoise, takeData } from "../../../../compiler/tools/diagnose/data.js";
import { largestSingularValue } from "../../../../compiler/tools/diagnose/linear-algebra.js";
import { radiusInSubspace } from "../../../../compiler/tools/diagnose/state-jacobian.js";
import { cell, diagnose } from "../../../../compiler/index.js";
import { createTurns } from "../../../../compiler/driver/turns.js";
import { createRandom } from "../../../../runtime/index.js";

const text = "cell A { input x: [2] input k: index(3) state h: [2] h' = tanh(x + h) output y = h' }";
const { manifest } = await cell(text);
const over = "it: not done after 1 seconds";

/** A clock that goes on by a millisecond for each bit of work, and a budget of a thousand. */
function budget() {
  const clock = { milliseconds: 0 };
  const turn = createTurns("it", { maxSeconds: 1 }, 0, () => clock.milliseconds);
  return { clock, turn };
}

afterEach(() => vi.restoreAllMocks());

test("while noise is drawn", async () => {
  const { clock, turn } = budget();
  const random = createRandom(1);
  const normal = () => (clock.milliseconds++, random.normal());
  const steps = 1e5;
  await expect(drawNoise(manifest, { ...random, normal }, { batch: 1, steps, sizes: {} }, turn)).rejects.toThrow(over);
  expect(clock.milliseconds).toBeLessThan(steps);
});

test("while data is taken, indices as well", async () => {
  for (const slow of ["x", "k"]) {
    const { clock, turn } = budget();
    const steps = 1e5;
    const counted = (values: readonly number[]) =>
      new Proxy(values, { get: (own, key) => (clock.milliseconds++, Reflect.get(own, key) as unknown) });
    const tensor = (name: string, shape: number[], count: number) => {
      const values = new Array<number>(count).fill(1);
      return [name, { shape, values: name === slow ? counted(values) : values }] as const;
    };
    const data = new Map([tensor("x", [steps, 2], 2 * steps), tensor("k", [steps], steps)]);
    await expect(takeData(manifest, data, {}, {}, turn)).rejects.toThrow(over);
    expect(clock.milliseconds).toBeLessThan(steps);
  }
});

test("while one Jacobian is measured", async () => {
  const { clock, turn } = budget();
  // Singular values so close to each other that many iterations are needed.
  const step = (vector: Float64Array) => (clock.milliseconds++, vector.map((entry, i) => entry * (1 + i / 1e5)));
  const map = { size: 2000, apply: step, applyTransposed: step };
  clock.milliseconds = 995;
  await expect(radiusInSubspace(map, 120, createRandom(1), turn)).rejects.toThrow(over);
  expect(clock.milliseconds).toBe(1001);
  clock.milliseconds = 995;
  await expect(largestSingularValue(map, createRandom(1), turn)).rejects.toThrow(over);
  expect(clock.milliseconds).toBeLessThan(1004);
});

test("between the parts of the compilation and before the first step", async () => {
  let looks = 0;
  vi.spyOn(performance, "now").mockImplementation(() => 1000 * looks++);
  // The beginning is the first look; the second comes when the text is read, and with it the end.
  const onProgress = vi.fn();
  await expect(diagnose(text, { steps: 1, maxSeconds: 0.5, onProgress })).rejects.toThrow("not done after");
  expect(looks).toBe(2);
  looks = 0;
  await expect(diagnose(text, { steps: 1, maxSeconds: 4.5, onProgress })).rejects.toThrow("not done after");
  expect(onProgress).not.toHaveBeenCalled();
});
