/** Every cell that ships passes `recell verify`, in one precision and target each here, in all with `--mode fuzz`; the others are told as skipped. */
import { describe, expect, test } from "vitest";
import { check, compile, type CompileSuccess, verifyModule } from "../../../../compiler/index.js";
import { isFuzzing } from "../../../support/fuzz.js";
import { shippedCells } from "../../../support/shipped-cells.js";
import { sizesFor } from "../../../support/standard-cells.js";

const all = [
  { target: "wasm", dtype: "f32" },
  { target: "js", dtype: "f64" },
  { target: "wasm", dtype: "f64" },
  { target: "js", dtype: "f32" },
] as const;

describe.each(shippedCells().map((shipped, i) => ({ ...shipped, i })))("$cell", ({ cell, source, i }) => {
  // JavaScript takes a few times as long: for every eleventh cell.
  const own = all[i % 11 === 0 ? 1 : 0];
  const verify = async (form: (typeof all)[number]): Promise<void> => {
    const { dimensions } = check(source).cells.find(({ name }) => name === cell)!;
    const parts = { jvp: isFuzzing, hvp: isFuzzing };
    const options = { cell, dimensions: sizesFor(dimensions, isFuzzing ? 2 : 1), ...parts, ...form };
    const { text } = (compile(source, options) as CompileSuccess).files[0];
    const { checks, manifest } = await verifyModule(text, { runs: 1, seed: i });
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    const declares = manifest.gradientAsDeclared !== undefined;
    const gradient = checks.find(({ name }) => name === "gradient")!;
    expect(gradient.detail !== undefined, gradient.detail).toBe(declares);
  };
  for (const form of all) test.skipIf(!isFuzzing && form !== own)(`${form.target}, ${form.dtype}`, () => verify(form));
});
