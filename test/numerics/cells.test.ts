/**
 * Every cell of the standard library: are its derivatives right, and does it give the same bits however it is run?
 * Gradients are compared with differences and with forward mode, in float64, at three sizes; declared ones with forward mode.
 */
import { describe, it } from "vitest";
import type { CompiledModule } from "../../runtime/index.js";
import { compileOnce } from "../support/models.js";
import { examplesAreIndependent, piecesMatchWhole, repeatsGiveSameBits } from "../../compiler/tools/testing/index.js";
import { callOf, expectExtremesStayTheirOwn, raggedCallOf } from "../support/same-bits.js";
import { isNetwork, sizesFor, standardCells, type StandardCell } from "../support/standard-cells.js";

const cells = standardCells()
  .filter((entry) => !isNetwork(entry))
  .map((cell) => [cell.cell, cell] as const);
const variants = cells.flatMap(([name, cell]) =>
  (["f32", "f64"] as const).map((dtype) => [name, dtype, cell] as const),
);

describe.each(variants)("%s in %s: the same bits", (_, dtype, { source, cell, dimensions }: StandardCell) => {
  const compiled = (): Promise<CompiledModule> =>
    compileOnce(source, { cell, dimensions: sizesFor(dimensions, 1), dtype, gradient: true });

  it("at once, in chunks, step by step and resumed from a snapshot", async () => {
    const module = await compiled();
    piecesMatchWhole(module, callOf(module, 7));
  });

  it("together and alone, of different lengths, whatever stands in the padding", async () => {
    const module = await compiled();
    examplesAreIndependent(module, raggedCallOf(module, 7));
  });

  it("with NaN, infinities, zeros and subnormal numbers in another example", async () => {
    expectExtremesStayTheirOwn(await compiled(), 7);
  });

  it("called again, beside streams, and in an instance with room for more", async () => {
    const module = await compiled();
    repeatsGiveSameBits(module, raggedCallOf(module, 7));
  });
});
