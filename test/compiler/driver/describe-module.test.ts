/** What is found out for the manifest of a module: sizes, rows of gradients, where training may cut. */
import { expect, it } from "vitest";
import { describeModule } from "../../../compiler/driver/describe-module.js";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";

const text = `network Reads(V, H; T) {
  input text: index(V)[T]
  param table: [V, H]
  y = table[text]
  output first = y[0:floor(T / 2)]
  loss = sum(y * y, axis = [0, 1]) per T
}`;
const options = { target: "js", dtype: "f32", fma: false, wasmFile: false, jvp: false, hvp: false } as const;
const { program } = lowerSource(text, { dimensions: { V: 5, H: 2 } }, "all sizes");

it("tells of sizes that are computed, rows that a gradient has, and cuts", () => {
  const own = { ...options, gradient: true };
  const { axes, params, cuts } = describeModule(program!, own, buildEntries(program!, own));
  expect(axes.map(({ name, kind }) => [name, kind])).toEqual([["B", "batch"], ["T", "sequence"], ["floor(T / 2)", "computed"]]); // prettier-ignore
  expect(params.map(({ name, rows }) => [name, rows])).toEqual([["table", ["T"]]]);
  expect(cuts).toEqual([{ axis: "T", states: [] }]);
});

it("without entries, of no rows: only these know of them", () => {
  const { params, axes } = describeModule(program!, { ...options, gradient: true });
  expect(params[0]!.rows).toBeUndefined();
  expect(axes).toHaveLength(3);
});

it("of nothing to cut without gradients", () => {
  expect(describeModule(program!, { ...options, gradient: false }).cuts).toBeUndefined();
});
