import { expect, test } from "vitest";
import { elementCount, indexAt, positionsOf, reductionOf, stridesOf, tensor, zeros } from "../../../../compiler/ir/graph/tensor.js"; // prettier-ignore

test("has as many numbers as its shape says", () => {
  expect(tensor([2, 2], [1, 2, 3, 4]).data).toEqual(Float64Array.of(1, 2, 3, 4));
  expect(() => tensor([2, 3], [1, 2])).toThrow("shape [2, 3] holds 6 numbers, got 2");
  expect(zeros([2, 0]).data).toHaveLength(0);
  expect([elementCount([]), elementCount([2, 3])]).toEqual([1, 6]);
});

test("is row-major: positions and indices are the same in both directions", () => {
  const shape = [2, 3, 4];
  expect(stridesOf(shape)).toEqual([12, 4, 1]);
  const strides = stridesOf(shape);
  for (let position = 0; position < 24; position++) {
    const index = indexAt(shape, position);
    expect(index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0)).toBe(position);
  }
  expect([...positionsOf(shape, strides)]).toEqual(Array.from({ length: 24 }, (_, i) => i));
});

test("positions go by any strides, from any place", () => {
  expect([...positionsOf([2, 3], [1, 10], 5)]).toEqual([5, 15, 25, 6, 16, 26]);
  expect([...positionsOf([2, 2], [0, 1])]).toEqual([0, 1, 0, 1]);
  expect([...positionsOf([3, 0], [1, 1])]).toEqual([]);
  expect([...positionsOf([], [], 7)]).toEqual([7]);
});

test("a reduction has a place for each element in what is left", () => {
  const { shape, targets } = reductionOf([2, 3], [0]);
  expect(shape).toEqual([3]);
  expect([...targets]).toEqual([0, 1, 2, 0, 1, 2]);
  expect(reductionOf([2, 2], [0, 1])).toEqual({ shape: [], targets: Int32Array.of(0, 0, 0, 0) });
});
