/** Do two texts lower to the same program? */
import { lowerSource } from "../../driver/pipeline.js";
import type { SourceOptions } from "../../driver/compile.js";
import { isSameData } from "../../base/same-data.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { printFunction } from "../../ir/graph/print.js";
import type { TypedCell } from "../../language/semantics/typed-program.js";
import { tidyPasses } from "../../passes/graph/passes.js";
import { runPasses } from "../../passes/pass.js";
import { type Program, programContext } from "../../program/program.js";

/** What is compared of a cell: undefined where the text has errors. */
function describeProgram(text: string, { name, reals }: TypedCell, options: SourceOptions): unknown {
  const { program } = lowerSource(text, { ...options, cell: name, dimensions: someNumbers(reals) }, "symbolic");
  return program === undefined ? undefined : partsOfProgram(program);
}

function partsOfProgram(program: Program): unknown {
  const { forward, initial, starts, parts = [], found, inputs, contexts, states, params, fixed, randoms, outputs } = program; // prettier-ignore
  // Spellings of one value, such as `2 * pi`, are one after these passes.
  const printed = (fn: GraphFunction | undefined): string | undefined =>
    fn && printFunction(runPasses(fn, tidyPasses, programContext(program)));
  return {
    tensors: [inputs, contexts, states, params, fixed, randoms, outputs],
    functions: [forward, initial, found?.fn].map(printed),
    starts: starts && [printed(starts.fn), starts.rounds, starts.draws],
    parts: parts.map(({ name, program: own }) => [name, partsOfProgram(own)]),
  };
}

/** Values for reals and indices that have none of their own: the same for both texts, and that is all there is to say of them. */
export const someNumbers = (reals: TypedCell["reals"]): Record<string, number> =>
  Object.fromEntries(
    reals.flatMap(({ name, defaultValue, bound }) =>
      defaultValue === undefined ? [[name, bound === undefined ? 1.25 : 0] as const] : [],
    ),
  );

/** Those whose programs can be compared at all: rounds of many operations cannot be without a size. */
export const comparable = (text: string, cells: readonly TypedCell[], options: SourceOptions): TypedCell[] =>
  cells.filter((cell) => describeProgram(text, cell, options) !== undefined);

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
