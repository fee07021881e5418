import { expect, it } from "vitest";
import type { FloatArray, SparseRecord } from "../../../runtime/index.js";
import { createSumTree } from "../../../runtime/pool/sum-tree.js";

const wholeOf = (sum: SparseRecord, name: string): FloatArray => sum[name] as FloatArray;

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
  const tree = createSumTree([
    { name: "a", like: new Float32Array(1) },
    { name: "b", like: new Float32Array(2) },
  ]);
  for (let count = 1; count <= 40; count++) {
    const leaves = Array.from({ length: count }, (_, i) => Math.fround(Math.sin(count * 100 + i) * 10 ** (i % 7)));
    // One buffer, as results of a module are.
    const shared = { a: new Float32Array(1), b: new Float32Array(2), frozen: new Float32Array(3) };
    for (const leaf of leaves) {
      shared.a[0] = leaf;
      shared.b.set([-leaf, 1]);
      tree.add(shared);
    }
    const sum = tree.finish();
    expect([...wholeOf(sum, "a"), ...wholeOf(sum, "b")]).toEqual([sumByLevels(leaves), -sumByLevels(leaves), count]);
  }
});

it("keeps the sign of a zero", () => {
  const tree = createSumTree([{ name: "a", like: new Float64Array(1) }]);
  tree.add({ a: new Float64Array([-0]) });
  expect(Object.is(wholeOf(tree.finish(), "a")[0], -0)).toBe(true);
});

it("adds rows as whole tables are added, at the cost of the rows", () => {
  const [height, width] = [40, 3];
  const like = new Float32Array(height * width);
  const [whole, rows] = [createSumTree([{ name: "a", like }]), createSumTree([{ name: "a", like, width }])];
  for (let count = 1; count <= 20; count++) {
    for (let shard = 0; shard < count; shard++) {
      const touched = Int32Array.from(new Set([shard % height, (shard * 7 + count) % height, 5]));
      const values = Float32Array.from({ length: touched.length * width }, (_, i) => Math.sin(i + shard * 9 + count));
      const table = new Float32Array(height * width);
      touched.forEach((row, k) => table.set(values.subarray(k * width, (k + 1) * width), row * width));
      whole.add({ a: table });
      rows.add({ a: { rows: touched, values } });
    }
    const found = rows.finish()["a"] as { rows: Int32Array; values: Float32Array };
    const table = new Float32Array(height * width);
    found.rows.forEach((row, k) => table.set(found.values.subarray(k * width, (k + 1) * width), row * width));
    expect(new Set(found.rows).size).toBe(found.rows.length);
    expect(table).toEqual(wholeOf(whole.finish(), "a"));
  }
});
