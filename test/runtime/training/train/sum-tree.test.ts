import { expect, it } from "vitest";
import { createSumTree } from "../../../../runtime/training/train/sum-tree.js";

/** The tree as its rule says it, level by level. */
function sumByLevels(leaves: readonly number[]): number {
  let level = [...leaves];
  while (level.length > 1) {
    const next: number[] = [];
    for (let i = 0; i < level.length; i += 2) {
      next.push(i + 1 < level.length ? Math.fround(level[i]! + level[i + 1]!) : level[i]!);
    }
    level = next;
  }
  return level[0]!;
}

it("adds in the order of the tree, for any number of shards, again and again", () => {
  const tree = createSumTree({ a: new Float32Array(1), b: new Float32Array(2) });
  for (let count = 1; count <= 40; count++) {
    const leaves = Array.from({ length: count }, (_, i) => Math.fround(Math.sin(count * 100 + i) * 10 ** (i % 7)));
    // One buffer, as results of a module are.
    const shared = { a: new Float32Array(1), b: new Float32Array(2), frozen: new Float32Array(3) };
    for (const leaf of leaves) {
      shared.a[0] = leaf;
      shared.b.set([-leaf, 1]);
      tree.add(shared);
    }
    const { a, b } = tree.finish();
    expect([a![0], b![0], b![1]]).toEqual([sumByLevels(leaves), -sumByLevels(leaves), count]);
  }
});

it("keeps the sign of a zero", () => {
  const tree = createSumTree({ a: new Float64Array(1) });
  tree.add({ a: new Float64Array([-0]) });
  expect(Object.is(tree.finish()["a"]![0], -0)).toBe(true);
});
