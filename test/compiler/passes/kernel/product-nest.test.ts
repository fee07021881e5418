/** Which regions are one product inside of loops, and what is left of loops of one round. */
import { describe, expect, it } from "vitest";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import type { RegionStatement } from "../../../../compiler/ir/kernel/kernel-program.js";
import { productNest } from "../../../../compiler/passes/kernel/product-nest.js";
import { dedent } from "../../../support/kernel-text.js";

const product = (lines: string): string => `
${lines}
      product y[b * 2 + i] = sum x[b * 3 + j] * W[i * 3 + j]
        rows t < 4
        columns i < 2
        contracted j < 3`;

/** The nest of a region of these lines. */
function nestOf(lines: string): ReturnType<typeof productNest> {
  const [region] = parseKernelBody(`region r ; y\n${dedent(lines).replace(/^/gmu, "  ")}`);
  return productNest(region as RegionStatement);
}

describe("a nest", () => {
  it("is the loops around the product, the outermost first", () => {
    const nest = nestOf(product("  for a < 5\n    for b < examples"));
    expect(nest?.loops.map(({ variable }) => variable)).toEqual(["a", "b"]);
    expect(nest?.product.out.buffer).toBe("y");
  });

  it("has no loops of one round: their variable is 0 in the product", () => {
    const nest = nestOf(product("  for a < 5\n    for b < 1"));
    expect(nest?.loops.map(({ variable }) => variable)).toEqual(["a"]);
    expect(nest?.product.out.offset.terms.map(({ variable }) => variable)).toEqual(["i"]);
  });
});

describe("no nest is", () => {
  it.each([
    ["a loop that runs backwards", product("  for a < 5 reverse\n    for b < 3")],
    ["a region without a product", "for b < 3\n  y[b] = x[b]"],
    ["more than one statement", "for b < 3\n  y[b] = x[b]\n  y[b] = x[b]"],
  ])("%s", (_, lines) => {
    expect(nestOf(lines)).toBeUndefined();
  });
});
