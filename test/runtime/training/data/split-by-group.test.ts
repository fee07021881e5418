import { expect, it } from "vitest";
import { arrays, splitByGroup } from "../../../../runtime/index.js";

const data = arrays({ x: Array.from({ length: 40 }, (_, i) => [i]) });
const groups = Array.from({ length: 40 }, (_, i) => `speaker ${i % 10}`);
const numbersOf = (part: typeof data): number[] =>
  Array.from({ length: part.count }, (_, i) => ((part.read(i, undefined as never) as { x: number[] }).x)[0]!); // prettier-ignore

it("gives every example to one part, and every group to one", () => {
  const [most, others] = splitByGroup(data, groups, { share: 0.3, seed: 1 });
  const [a, b] = [numbersOf(most), numbersOf(others)];
  expect([...a, ...b].sort((x, y) => x - y)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(new Set(b.map((i) => i % 10)).size).toBe(3);
  expect(b).toHaveLength(12);
  expect(a.some((i) => b.some((j) => i % 10 === j % 10))).toBe(false);
  expect(others.lengthOf!(0)).toBe(1);
});

it("is the same for the same seed, and another for another", () => {
  const of = (seed: number) => splitByGroup(data, groups, { share: 0.3, seed })[1];
  expect(numbersOf(of(1))).toEqual(numbersOf(of(1)));
  const seeds = [1, 2, 3, 4, 5].map((seed) => of(seed).fingerprint);
  expect(of(1).fingerprint).toBe(seeds[0]);
  expect(new Set(seeds).size).toBeGreaterThan(1);
});

it.each([
  [0, 1],
  [0.99, 9],
])("leaves neither part without a group: a share of %f", (share, count) => {
  const [, others] = splitByGroup(data, groups, { share, seed: 1 });
  expect(new Set(numbersOf(others).map((i) => i % 10)).size).toBe(count);
});

it.each([
  [["a", "b"], { share: 0.5, seed: 1 }, "splitByGroup: groups must be a list of 40, one for each example, got 2"],
  [groups.map(() => "a"), { share: 0.5, seed: 1 }, "splitByGroup: there must be at least two groups"],
  [groups, { share: 2, seed: 1 }, "splitByGroup: share must be a number in [0, 1), got 2"],
  [groups, { share: 0.5, seed: -1 }, "splitByGroup: seed must be an integer"],
])("says what is wrong", (names, options, message) => {
  expect(() => splitByGroup(data, names, options)).toThrow(message);
});
