/** Gradients by rows: the same bits as whole gradients, whichever the rule. */
import { describe, expect, test } from "vitest";
import { adagrad, adam, clipByGlobalNorm, createRandom, sgd } from "../../../../runtime/index.js";
import type { FloatArray, GradientRows, Optimizer } from "../../../../runtime/index.js";

const heights = 9;

interface Drawn {
  readonly whole: Record<string, FloatArray>;
  readonly sparse: Record<string, FloatArray | GradientRows>;
}

function draw(
  width: number,
  rows: readonly number[],
  seed: number,
  Reals: typeof Float32Array | typeof Float64Array,
): Drawn {
  const random = createRandom(seed);
  const numbers = (length: number): FloatArray => new Reals(Array.from({ length }, () => random.normal()));
  const [before, after, values] = [numbers(5), numbers(3), numbers(rows.length * width)];
  const table = new Reals(heights * width);
  rows.forEach((row, k) => table.set(values.subarray(k * width, (k + 1) * width), row * width));
  return {
    whole: { before, table, after },
    sparse: {
      before: before.slice(),
      table: { rows: Int32Array.from(rows), values: values.slice() },
      after: after.slice(),
    },
  };
}

const optimizers: [string, () => Optimizer][] = [
  ["sgd", () => sgd({ learningRate: 0.1 })],
  ["sgd with decay", () => sgd({ learningRate: 0.1, weightDecay: 0.1 })],
  ["sgd with momentum", () => sgd({ learningRate: 0.1, momentum: 0.9 })],
  ["adagrad", () => adagrad({ learningRate: 0.1, learningRateDecay: 0.1 })],
  ["adam", () => adam()],
];

const steps = [[3, 4], [0, 8, 1], [], [7, 2, 3, 4, 5], [4]];

describe.each(optimizers)("%s", (_, optimizer) => {
  test.each([
    [3, Float32Array],
    [4, Float32Array],
    [3, Float64Array],
  ])("rows of %i numbers, %o", (width, Reals) => {
    const start = draw(width, [0, 1, 2, 3, 4, 5, 6, 7, 8], 7, Reals).whole;
    const params = (): Record<string, FloatArray> =>
      Object.fromEntries(Object.entries(start).map(([name, values]) => [name, values.slice()]));
    const [dense, sparse] = [params(), params()];
    const [ofDense, ofSparse] = [optimizer().attach({ params: dense }), optimizer().attach({ params: sparse })];
    steps.forEach((rows, k) => {
      const gradients = draw(width, rows, 100 + k, Reals);
      const norm = clipByGlobalNorm(gradients.whole, 1);
      expect(clipByGlobalNorm(gradients.sparse, 1)).toBeCloseTo(norm, 12);
      ofDense.step(gradients.whole, { scale: 0.5 });
      // Whole gradients now and then, so that nothing of them is left for rows.
      ofSparse.step(k === 1 ? gradients.whole : gradients.sparse, { scale: 0.5 });
      expect(sparse).toEqual(dense);
    });
    expect(ofSparse.save()).toEqual(ofDense.save());
  });
});

test("where the rule leaves alone what has no gradient, other rows are not looked at", () => {
  const params = { table: new Float32Array(4 * 4).fill(1) };
  const state = sgd({ learningRate: 1 }).attach({ params });
  const read: unknown[] = [];
  const table = new Proxy(params.table, {
    get(target, key) {
      if (key === "subarray") {
        return (from: number, to: number) => {
          read.push([from, to]);
          return target.subarray(from, to);
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
  params.table = table;
  state.step({ table: { rows: Int32Array.of(2), values: new Float32Array(4).fill(1) } });
  expect(read).toEqual([[8, 12]]);
});

test.each([
  [{ rows: [1], values: new Float32Array(4) }, TypeError, /rows, an Int32Array, got Array/u],
  [{ rows: Int32Array.of(1), values: [1, 2, 3, 4] }, TypeError, /table must be a Float32Array or Float64Array/u],
  [{ rows: Int32Array.of(1, 2), values: new Float32Array(7) }, RangeError, /as many values for each of its 2 rows/u],
  [
    { rows: Int32Array.of(4), values: new Float32Array(4) },
    RangeError,
    /table has 4 rows; its gradient has one for row 4/u,
  ],
  [{ rows: Int32Array.of(-1), values: new Float32Array(4) }, RangeError, /one for row -1/u],
  [{ rows: Int32Array.of(3, 1, 3), values: new Float32Array(12) }, RangeError, /has row 3 twice/u],
  [{ rows: new Int32Array(0), values: new Float32Array(4) }, RangeError, /each of its 0 rows as the param, got 4/u],
  [5, TypeError, /table must be a Float32Array or Float64Array, got 5/u],
])("a gradient that is no rows of the param: %j", (gradient, kind, message) => {
  const params = { table: new Float32Array(16) };
  const state = sgd().attach({ params });
  const step = (): void => state.step({ table: gradient as unknown as GradientRows });
  expect(step).toThrow(kind);
  expect(step).toThrow(message);
  expect(params.table).toEqual(new Float32Array(16));
});

test("rows of another width than those of the param are refused where its shape is known", () => {
  const params = { table: new Float32Array(16) };
  const state = sgd().attach({ params, shapes: { table: [2, 4, 2] } });
  const step = (width: number): void =>
    state.step({ table: { rows: Int32Array.of(0, 1), values: new Float32Array(2 * width).fill(1) } });
  expect(() => step(4)).toThrow("step: the gradient of table must have 8 values for each of its 2 rows, got 8 in all");
  expect([state.updates, params.table]).toEqual([0, new Float32Array(16)]);
  step(8);
  expect(Math.max(...params.table)).toBeLessThan(0);
});

test.each([
  [{ table: [2, 4] }, "attach: shapes.table is [2, 4], but the param has length 16"],
  [{ other: [16] }, "attach: shapes.other is [16], but there is no such param"],
  [{ table: 16 }, "attach: shapes.table must be a list of sizes, got 16"],
  [5, "attach: shapes must be shapes by name, got 5"],
])("shapes that are not those of the params: %j", (shapes, message) => {
  expect(() => sgd().attach({ params: { table: new Float32Array(16) }, shapes: shapes as never })).toThrow(message);
});
