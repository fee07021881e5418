import { describe, expect, test } from "vitest";
import { compareWeights } from "../../../../compiler/tools/weights/compare-weights.js";
import { inspectWeights } from "../../../../compiler/tools/weights/inspect-weights.js";
import { readWeights, type WeightsFile, writeWeights } from "../../../../compiler/tools/weights/read-weights.js";
import { fromNumbers, type SafeTensor } from "../../../../runtime/index.js";

const vector = (...values: number[]): SafeTensor => fromNumbers(Float64Array.from(values), [values.length]);
const file = (tensors: Readonly<Record<string, SafeTensor>>): WeightsFile => ({
  kind: "safetensors",
  tensors: new Map(Object.entries(tensors)),
  metadata: new Map([["note", "x"]]),
});
const large: SafeTensor = { dtype: "I64", shape: [1], bytes: new Uint8Array(8) };

test("figures are of the finite numbers, and keep their digits where the mean is large", () => {
  const summary = inspectWeights(
    file({ a: vector(1e9, 1e9 + 2, NaN, Infinity, NaN), none: vector(NaN), empty: vector(), large }),
  );
  expect(summary).toMatchObject({ kind: "safetensors", count: 7, bytes: 56, texts: { note: "x" } });
  expect(summary.tensors).toEqual([
    { name: "a", shape: [5], dtype: "F64", nan: 2, infinite: 1, figures: { min: 1e9, max: 1e9 + 2, mean: 1e9 + 1, deviation: 1 } }, // prettier-ignore
    { name: "none", shape: [1], dtype: "F64", nan: 1, infinite: 0 },
    { name: "empty", shape: [0], dtype: "F64", nan: 0, infinite: 0 },
    { name: "large", shape: [1], dtype: "I64", nan: 0, infinite: 0 },
  ]);
});

test("differences of names, shapes and numbers", () => {
  const matrix = (...values: number[]): SafeTensor => fromNumbers(Float32Array.from(values), [2, 2]);
  const first = file({ a: vector(1), same: vector(NaN, 0), W: matrix(1, 2, 3, 4), b: vector(1, 2), n: vector(1, NaN), large }); // prettier-ignore
  const second = file({ c: vector(1), same: vector(NaN, -0), W: matrix(1, 2.5, 3, 3), b: vector(1), n: vector(5, 1), large }); // prettier-ignore
  expect(compareWeights(first, second)).toEqual({
    onlyFirst: ["a"],
    onlySecond: ["c"],
    shapes: [{ name: "b", first: [2], second: [1] }],
    numbers: [
      { name: "W", count: 2, of: 4, largest: 1, at: [1, 1], first: 4, second: 3 },
      { name: "n", count: 2, of: 2, largest: NaN, at: [1], first: NaN, second: 1 },
    ],
    same: 2,
    largest: NaN,
  });
  expect(compareWeights(first, first)).toMatchObject({ numbers: [], same: 6, largest: 0 });
});

describe("files", () => {
  test("of both kinds hold the same", () => {
    const given = file({ W: fromNumbers(Float32Array.of(1, 2, 3, 4), [2, 2]), b: vector(5), i: { dtype: "I16", shape: [1], bytes: Uint8Array.of(1, 1) } }); // prettier-ignore
    for (const kind of ["safetensors", "npz"] as const) {
      const read = readWeights(writeWeights({ ...given, kind }));
      expect(read.kind).toBe(kind);
      expect(compareWeights(read, given)).toMatchObject({
        onlyFirst: [],
        onlySecond: [],
        shapes: [],
        largest: 0,
        same: 3,
      });
      expect([...read.tensors.values()].map(({ dtype }) => dtype).sort()).toEqual(["F32", "F64", "I16"]);
    }
    expect(() => writeWeights({ ...file({ large }), kind: "npz" })).toThrow("elements of type I64");
  });
});
