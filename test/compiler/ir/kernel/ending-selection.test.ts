import { expect, test } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { compile } from "../../../../compiler/driver/compile.js";
import { endingSelection } from "../../../../compiler/ir/kernel/ending-selection.js";

const written = `network Written(V; N >= 1) {
  param w: [V, V] ~ normal(1)
  input b: [V]
  y[t] = w[before(said, 0)][t] + b
  output said[t] = argmax(y[t]) over L <= N until said[t] == 1
}`;

test("a list ends a loop where those that are left out come back in none", () => {
  const plain = { kind: "select_examples", list: "rows", count: "n" } as const;
  const selection = { ...plain, going: "going" };
  expect(endingSelection([selection, { kind: "region" }])).toBe(selection);
  expect(endingSelection([plain])).toBeUndefined();
  expect(endingSelection([{ kind: "region" }, selection])).toBeUndefined();
  expect(endingSelection([])).toBeUndefined();
});

test("the loop that finds a length ends in JavaScript where no example is left, and no other does", () => {
  const [file] = compile(written, { dimensions: { V: 3 }, gradient: false, target: "js" }).files;
  expect(file?.text.match(/if \(\w+ === 0\) break;/gu)).toHaveLength(1);
});

test.each(["js", "wasm"] as const)("what comes of it is the same with room to spare in %s", async (target) => {
  const { instantiate } = await cell(written, { dimensions: { V: 3 }, target });
  const module = instantiate({ batch: 3, sizes: { N: 50 } });
  module.init(3);
  const b = [0, 9, 0, 9, 0, 0, 0, 0, 9];
  const lengths = (N: number): readonly number[] => [
    ...((module.forward({ b, sizes: { N } }).sizes as unknown as Record<string, Int32Array>)["L"] ?? []),
  ];
  expect([lengths(4), lengths(50)]).toEqual([[1, 4, 4], [1, 50, 50]]); // prettier-ignore
  expect([...module.forward({ b, sizes: { N: 50 } })["said"]!.slice(0, 3)]).toEqual([1, 0, 0]);
});
