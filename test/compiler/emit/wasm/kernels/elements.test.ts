/** Loads and stores of lanes that lie backwards, against plain loops. */
import { expect, test } from "vitest";
import { cell } from "../../../../../compiler/driver/in-process.js";

const size = 17;
const values = Float32Array.from({ length: 2 * size }, (_, i) => i + 1);

function expectClose(found: ArrayLike<number>, wanted: readonly number[], where: string): void {
  const worst = Math.max(
    ...wanted.map((value, i) => Math.abs((found[i] ?? NaN) - value) / Math.max(1, Math.abs(value))),
  );
  expect(worst, where).toBeLessThan(1e-6);
}

const rows = [
  ["y[i < N] = x[N - 1 - i]", (x: readonly number[]) => x.map((_, i) => x[size - 1 - i]!)],
  ["y[i < N] = x[N - 1 - i] * (i + 1)", (x: readonly number[]) => x.map((_, i) => x[size - 1 - i]! * (i + 1))],
  // The factors are computed once and lie at a fixed place, to which an instruction adds what is left.
  [
    "y[i < N] = x[N - 1 - i] * exp(i / 8)",
    (x: readonly number[]) => x.map((_, i) => x[size - 1 - i]! * Math.exp(i / 8)),
  ],
] as const;

test.each(rows)("%s", async (equation, by) => {
  for (const [target, dtype] of [
    ["wasm", "f32"],
    ["wasm", "f64"],
    ["js", "f32"],
  ] as const) {
    // prettier-ignore
    const module = await cell(`cell Turned(N) { input x: [N]  output ${equation} }`, {
      dimensions: { N: size },
      target,
      dtype,
      gradient: true,
    });
    const instance = module.instantiate({ batch: 2 });
    const { y } = instance.forward({ x: values });
    const expected = [0, 1].flatMap((b) => by([...values.slice(b * size, (b + 1) * size)]));
    expectClose(y!, expected, `${target} ${dtype}`);
    const { x } = instance.backward!({ y: values });
    const weights = by(new Array<number>(size).fill(1));
    const back = [0, 1].flatMap((b) =>
      weights.map((_, i) => values[b * size + size - 1 - i]! * weights[size - 1 - i]!),
    );
    expectClose(x as Float32Array, back, `${target} ${dtype}, backward`);
  }
});
