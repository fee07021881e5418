/**
 * Random well-typed cells, from text to numbers: every pass keeps the meaning, derivatives agree with each other and
 * with differences, kernels agree with the evaluator, and the order of the equations does not matter.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printFunction } from "../../compiler/ir/graph/print.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import type { LoweredCell } from "../../compiler/program/base/lowered-cell.js";
import { arbitraryCell, type ArbitraryCellOptions, type RandomCell } from "../../compiler/tools/testing/fast-check.js";
import { fuzzParameters } from "../support/fuzz.js";
import { checkSequenceProgram } from "../support/check-sequence-program.js";
import { compareEntries } from "../support/run-kernel.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { programOfCell } from "../../compiler/program/cell-program.js";

const sizes = [
  [4, 2],
  [1, 3],
  [0, 1],
].map(([T, S]) => new Map([["%T", T as number], ["S", S as number]])); // prettier-ignore

const allDimensions: Readonly<Record<string, number>> = { I: 2, H: 3 };

function lower({ cell: name, source, dimensions }: Pick<RandomCell, "cell" | "source" | "dimensions">): LoweredCell {
  const own = Object.fromEntries(dimensions.map((dimension) => [dimension, allDimensions[dimension] ?? 1]));
  const { cell, diagnostics } = lowerSource(source, { cell: name, dimensions: own }, "all sizes");
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (cell === undefined || errors.length > 0) {
    throw new Error(`${errors.map(({ code, message }) => `${code}: ${message}`).join("\n")}\n${source}`);
  }
  return cell;
}

const parameters = fuzzParameters(25, 10);
const property = (options: ArbitraryCellOptions, check: (random: RandomCell, seed: number) => void): void => {
  fc.assert(fc.property(arbitraryCell(options), fc.nat(1e6), check), parameters);
};

describe("random cells", () => {
  it("passes keep the meaning; reverse mode is the transpose of forward mode", () => {
    property({}, (random, seed) => {
      const errors = checkSequenceProgram(lower(random), sizes, seed, 3);
      expect(errors.invalid).toEqual([]);
      expect(errors.forward).toBeLessThan(1e-11);
      expect(errors.transpose).toBeLessThan(1e-11);
    });
  });

  it("first and second derivatives of smooth cells agree with differences", () => {
    property({ smooth: true }, (random, seed) => {
      const errors = checkSequenceProgram(lower(random), sizes, seed, 3);
      expect(errors.differences).toBeLessThan(1e-6);
      expect(errors.second).toBeLessThan(1e-5);
    });
  });

  const kernelErrors = (random: RandomCell, seed: number, dtype: "f32" | "f64"): [string, number][] => {
    const cell = lower(random);
    const program = buildEntries(programOfCell(cell), { gradient: true, jvp: true, hvp: true });
    const { runtimeDimensions } = cell;
    return [...compareEntries(program, sizes, { dtype, runtimeDimensions, indexBound: 3, seed })];
  };

  it("kernels in f64 agree with the evaluator", () => {
    property({}, (random, seed) => {
      expect(kernelErrors(random, seed, "f64").filter(([, error]) => !(error < 1e-9))).toEqual([]);
    });
  });

  it("kernels in f32 come close", () => {
    property({ smooth: true }, (random, seed) => {
      expect(kernelErrors(random, seed, "f32").filter(([, error]) => !(error < 1e-2))).toEqual([]);
    });
  });

  it("shuffling the equations changes nothing", () => {
    fc.assert(
      fc.property(arbitraryCell({ equations: 6 }), fc.infiniteStream(fc.nat()), (random, numbers) => {
        const { head, declarations, equations } = random.lines;
        // Declarations keep their order, which is the module's.
        const items = [...declarations];
        for (const line of equations) items.splice((numbers.next().value as number) % (items.length + 1), 0, line);
        const shuffled = { ...random, source: `${head}${items.join("\n")}\n}` };
        expect(printFunction(lower(shuffled).step)).toBe(printFunction(lower(random).step));
      }),
      parameters,
    );
  });
});
