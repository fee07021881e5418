/** Do two texts lower to the same program? */
import { lowerSource } from "../../driver/lower-source.js";
import type { SourceOptions } from "../../driver/compile.js";
import { isSameData } from "../../base/same-data.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { printFunction } from "../../ir/graph/print.js";
import type { TypedCell } from "../../language/semantics/typed-program.js";
import { removeUnusedValues } from "../../passes/graph/remove-unused-values.js";
import { shareCommonValues } from "../../passes/graph/share-common-values.js";
import { simplify } from "../../passes/graph/simplify/simplify.js";
import { runPasses } from "../../passes/pass.js";
import { type Program, programContext } from "../../program/program.js";

/** Spellings of one value, such as `2 * pi`, are one after these. */
const passes = [simplify, shareCommonValues, removeUnusedValues];

/** What is compared of a cell: undefined where the text has errors. */
function describeProgram(text: string, { name, reals }: TypedCell, options: SourceOptions): unknown {
  // Reals that have no value of their own are some number, the same for both.
  const dimensions = Object.fromEntries(reals.flatMap((real) => (real.defaultValue === undefined ? [[real.name, 1.25]] : []))); // prettier-ignore
  const { program } = lowerSource(text, { ...options, cell: name, dimensions }, "symbolic");
  return program === undefined ? undefined : partsOfProgram(program);
}

function partsOfProgram(program: Program): unknown {
  const { forward, initial, starts, parts = [], found, inputs, contexts, states, params, fixed, randoms, outputs } = program; // prettier-ignore
  const printed = (fn: GraphFunction | undefined): string | undefined =>
    fn && printFunction(runPasses(fn, passes, programContext(program)));
  return {
    tensors: [inputs, contexts, states, params, fixed, randoms, outputs],
    functions: [forward, initial, found?.fn].map(printed),
    starts: starts && [printed(starts.fn), starts.rounds, starts.draws],
    parts: parts.map(({ name, program: own }) => [name, partsOfProgram(own)]),
  };
}

/** Whether all of these cells are the same in both texts, for all sizes. */
export function isSameProgram(
  before: string,
  after: string,
  cells: readonly TypedCell[],
  options: SourceOptions,
): boolean {
  return cells.every((cell) => {
    const now = describeProgram(after, cell, options);
    return now !== undefined && isSameData(describeProgram(before, cell, options), now);
  });
}
