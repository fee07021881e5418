/** The WebAssembly target gives the bits of the JavaScript target, for cells of the library and random ones. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/index.js";
import { arbitraryCell } from "../../compiler/tools/testing/fast-check.js";
import { fuzzParameters } from "../support/fuzz.js";
import { expectSameBitsOnTargets } from "../support/same-targets.js";
import { sizesFor, differentCells } from "../support/standard-cells.js";

describe.each(["f32", "f64"] as const)("in %s", (dtype) => {
  const options = { dtype, gradient: true } as const;

  it.each(differentCells())("std: $cell", async ({ source, cell: name, dimensions }) => {
    // Some that no number of lanes divides, and of the vectors with most lanes some that it does, and all sizes 1.
    const odd = dimensions.map((_, i) => 5 + (i % 3));
    for (const sizes of dtype === "f32" ? [dimensions.map(() => 8), odd, undefined] : [odd]) {
      const given =
        sizes === undefined
          ? sizesFor(dimensions, 0)
          : Object.fromEntries(dimensions.map((dimension, i) => [dimension, sizes[i] as number]));
      const common = { ...options, cell: name, dimensions: given, jvp: sizes === odd };
      const [js, wasm] = [
        await cell(source, { ...common, target: "js" }),
        await cell(source, { ...common, target: "wasm" }),
      ];
      expectSameBitsOnTargets(js, wasm, 7);
    }
  });

  it("random cells of random sizes", async () => {
    const size = fc.integer({ min: 1, max: 10 });
    await fc.assert(
      fc.asyncProperty(
        arbitraryCell(),
        size,
        size,
        fc.nat(1e6),
        async ({ source, cell: name, dimensions }, I, H, seed) => {
          const sizes: Readonly<Record<string, number>> = { I, H };
          const own = Object.fromEntries(dimensions.map((dimension) => [dimension, sizes[dimension] ?? 1]));
          const common = { ...options, cell: name, dimensions: own, jvp: true };
          const [js, wasm] = [
            await cell(source, { ...common, target: "js" }),
            await cell(source, { ...common, target: "wasm" }),
          ];
          expectSameBitsOnTargets(js, wasm, seed);
        },
      ),
      fuzzParameters(10, 40),
    );
  });

  it("random cells with hvp", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryCell({ smooth: true }),
        fc.nat(1e6),
        async ({ source, cell: name, dimensions }, seed) => {
          const own = Object.fromEntries(dimensions.map((dimension, i) => [dimension, 3 - i]));
          const common = { dtype, hvp: true, cell: name, dimensions: own };
          const [js, wasm] = [
            await cell(source, { ...common, target: "js" }),
            await cell(source, { ...common, target: "wasm" }),
          ];
          expectSameBitsOnTargets(js, wasm, seed);
        },
      ),
      fuzzParameters(3, 40),
    );
  });
});

it("says what differs where two modules are not the same", async () => {
  const source = (factor: string) =>
    `cell Scaled(N) { input x: [N]\n state s: [N]\n s' = x * ${factor}\n output y = s' }`;
  const common = { dtype: "f32", dimensions: { N: 5 } } as const;
  const [a, b] = [
    await cell(source("0.5"), { ...common, target: "js" }),
    await cell(source("0.25"), { ...common, target: "wasm" }),
  ];
  expect(() => expectSameBitsOnTargets(a, b, 1)).toThrow("y");
});
