import { describe, expect, test } from "vitest";
import { drawnInitializer } from "../../../../runtime/module/initializers.js";
import type { DrawnInitializer, Initializer } from "../../../../runtime/module/manifest.js";
import { shell } from "../../../../compiler/emit/shell/shell.generated.js";

interface RandomPart {
  logarithm(value: number): number;
  initialValues(
    initializer: DrawnInitializer,
    shape: readonly number[],
    seed: number,
    name: string,
    parts: object,
  ): Float64Array;
  normalStream(uniform: () => number): () => number;
  orthogonalize(values: Float64Array, rows: number, columns: number): void;
}
const text = [shell.random, shell.normal, shell.orthogonal]
  .concat("export { logarithm, initialValues, normalStream, orthogonalize };")
  .join("\n");
const { logarithm, initialValues, normalStream, orthogonalize } = (await import(
  `data:text/javascript,${encodeURIComponent(text)}`
)) as RandomPart;

const make = (initializer: Initializer, shape: number[], seed = 1, name = "W"): Float64Array =>
  initialValues(drawnInitializer(initializer, shape), shape, seed, name, { normalStream, orthogonalize });

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: Float64Array): number => Math.sqrt(mean(values.map((value) => value * value)));

describe("streams", () => {
  test("these numbers, on every host", () => {
    expect([...make({ kind: "uniform", bound: 1 }, [3], 42)]).toMatchInlineSnapshot(`
      [
        0.10183640377761116,
        0.2357656227859124,
        -0.9604948978355858,
      ]
    `);
    expect([...make({ kind: "normal", deviation: 1 }, [3], 42)]).toMatchInlineSnapshot(`
      [
        0.9246482607938227,
        0.9203981422771573,
        -1.0648218698879341,
      ]
    `);
  });

  test("depend on every bit of the seed and on the name", () => {
    const first = (seed: number, name = "W"): number =>
      make({ kind: "uniform", bound: 1 }, [1], seed, name)[0] as number;
    const seen = new Set<number>();
    for (const seed of [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER])
      seen.add(first(seed));
    for (const name of ["", "V", "WW", "lower.W", "W_ı"]) seen.add(first(0, name));
    expect(seen.size).toBe(13);
  });

  test("logarithm", () => {
    for (let value = 1e-300; value < 1; value *= 1.37) {
      expect(Math.abs(logarithm(value) - Math.log(value))).toBeLessThanOrEqual(4e-16 * Math.abs(Math.log(value)));
    }
  });
});

describe("initialisers", () => {
  test("plain ones", () => {
    expect([...make({ kind: "zeros" }, [2])]).toEqual([0, 0]);
    expect([...make({ kind: "ones" }, [2])]).toEqual([1, 1]);
    expect([...make({ kind: "constant", value: 0.25 }, [])]).toEqual([0.25]);
    expect([...make({ kind: "identity" }, [2, 3])]).toEqual([1, 0, 0, 0, 1, 0]);
    expect([...make({ kind: "identity" }, [3, 2])]).toEqual([1, 0, 0, 1, 0, 0]);
  });

  test("around a mean: the same draws, moved", () => {
    for (const kind of [
      { kind: "uniform", bound: 0.5 },
      { kind: "normal", deviation: 0.5 },
    ] as const) {
      const [plain, moved] = [make(kind, [50]), make({ ...kind, mean: 3 }, [50])];
      expect([...moved]).toEqual([...plain].map((value) => 3 + value));
    }
  });

  test.each<[Initializer, number, number]>([
    [{ kind: "uniform", bound: 0.5 }, 0.5, 0.5 / Math.sqrt(3)],
    [{ kind: "glorot_uniform" }, Math.sqrt(6 / 300), Math.sqrt(2 / 300)],
    [{ kind: "he_uniform" }, Math.sqrt(6 / 200), Math.sqrt(2 / 200)],
    [{ kind: "normal", deviation: 0.3 }, Infinity, 0.3],
    [{ kind: "glorot_normal" }, Infinity, Math.sqrt(2 / 300)],
    [{ kind: "he_normal" }, Infinity, Math.sqrt(2 / 200)],
  ])("%o of [out 100, in 200]", (initializer, bound, expected) => {
    const values = make(initializer, [100, 200]);
    expect(values.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(Math.abs(mean(values))).toBeLessThan(4 * (expected / Math.sqrt(20_000)));
    expect(Math.abs(deviation(values) / expected - 1)).toBeLessThan(0.02);
  });

  test.each([[[5, 5]], [[3, 7]], [[7, 3]], [[2, 3, 4]], [[4]]])("orthogonal %o", (shape) => {
    const values = make({ kind: "orthogonal" }, shape);
    const rows = shape[0] as number;
    const columns = values.length / rows;
    const at = (row: number, column: number): number => values[row * columns + column] as number;
    const byRows = rows <= columns;
    for (let a = 0; a < Math.min(rows, columns); a++) {
      for (let b = 0; b < Math.min(rows, columns); b++) {
        let dot = 0;
        for (let i = 0; i < Math.max(rows, columns); i++) dot += byRows ? at(a, i) * at(b, i) : at(i, a) * at(i, b);
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 13);
      }
    }
  });
});
