/**
 * Random well-typed cells, from text to numbers: every pass keeps the meaning, derivatives agree with each other and
 * with differences, kernels agree with the evaluator, and the order of the equations does not matter.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printFunction } from "../../compiler/ir/graph/print.js";
import { lowerSource } from "../../compiler/lower-source.js";
import type { LoweredCell } from "../../compiler/lower/lowered-cell.js";
import { arbitraryCell, type CellOptions, growCell } from "../support/arbitrary-cell.js";
import { checkSequenceProgram } from "../support/check-sequence-program.js";
import { cell } from "../../compiler/index.js";
import { expectSameBitsAlone, expectSameBitsInPieces } from "../support/same-bits.js";
import { compareEntries } from "../support/run-kernel.js";
import { buildSequenceProgram } from "../../compiler/transform/pipeline.js";

const dimensions = { I: 2, H: 3 };
const sizes = [
  [4, 2],
  [1, 3],
  [0, 1],
].map(([T, S]) => new Map([["%T", T as number], ["S", S as number]])); // prettier-ignore

function lower(source: string): LoweredCell {
  const { cell, diagnostics } = lowerSource(source, { cell: "Random", dimensions }, "all sizes");
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (cell === undefined || errors.length > 0) {
    throw new Error(`${errors.map(({ code, message }) => `${code}: ${message}`).join("\n")}\n${source}`);
  }
  return cell;
}

// The same cells at every run of the tests; `npm run fuzz` draws others each time and prints the seed of a failure.
const fuzzing = process.env["RUNS"] !== undefined;
const runs = Number(process.env["RUNS"] ?? 40);
const parameters = (numRuns: number): { numRuns: number; seed?: number } =>
  fuzzing ? { numRuns } : { numRuns, seed: 1 };
const property = (options: CellOptions, check: (source: string, seed: number) => void): void => {
  fc.assert(
    fc.property(arbitraryCell(options), fc.nat(1e6), ({ source }, seed) => {
      check(source, seed);
    }),
    parameters(runs),
  );
};

describe("random cells", () => {
  it("cover the language: a long tape uses functions, sub-cells, contexts and index inputs", () => {
    const texts = Array.from(
      { length: 60 },
      (_, seed) => growCell(Array.from({ length: 80 }, (_, i) => (seed * 7919 + i * 104729) % 9973)).source,
    ).join("\n");
    for (const piece of ["fn norm", "use inner", "table[k]", "softmax(", "if ", "outer(", "transpose(", "concat("]) {
      expect(texts).toContain(piece);
    }
  });

  it("passes keep the meaning; reverse mode is the transpose of forward mode", () => {
    property({}, (source, seed) => {
      const errors = checkSequenceProgram(lower(source), sizes, seed, 3);
      expect(errors.invalid).toEqual([]);
      expect(errors.forward).toBeLessThan(1e-11);
      expect(errors.transpose).toBeLessThan(1e-11);
    });
  });

  it("first and second derivatives of smooth cells agree with differences", () => {
    property({ smooth: true }, (source, seed) => {
      const errors = checkSequenceProgram(lower(source), sizes, seed, 3);
      expect(errors.differences).toBeLessThan(1e-6);
      expect(errors.second).toBeLessThan(1e-5);
    });
  });

  const kernelErrors = (source: string, seed: number, dtype: "f32" | "f64"): [string, number][] => {
    const cell = lower(source);
    const program = buildSequenceProgram(cell, { gradient: true, jvp: true, hvp: true });
    const { runtimeDimensions } = cell;
    return [...compareEntries(program, sizes, { dtype, runtimeDimensions, indexBound: 3, seed })];
  };

  it("kernels in f64 agree with the evaluator", () => {
    property({}, (source, seed) => {
      expect(kernelErrors(source, seed, "f64").filter(([, error]) => !(error < 1e-9))).toEqual([]);
    });
  });

  it("kernels in f32 come close", () => {
    property({ smooth: true }, (source, seed) => {
      expect(kernelErrors(source, seed, "f32").filter(([, error]) => !(error < 1e-2))).toEqual([]);
    });
  });

  it.each(["f32", "f64"] as const)(
    "modules in %s give the same bits together and alone, in pieces and at once",
    async (dtype) => {
      await fc.assert(
        fc.asyncProperty(arbitraryCell(), fc.nat(1e6), async ({ source }, seed) => {
          const module = await cell(source, { cell: "Random", dimensions, dtype });
          expectSameBitsInPieces(module, seed);
          expectSameBitsAlone(module, seed);
        }),
        parameters(Math.ceil(runs / 4)),
      );
    },
  );

  it("shuffling the equations changes nothing", () => {
    fc.assert(
      fc.property(arbitraryCell(), ({ source, shuffled }) => {
        expect(printFunction(lower(shuffled).step)).toBe(printFunction(lower(source).step));
      }),
      parameters(runs),
    );
  });
});
