/** What a network demands of the sizes that calls give: quotients that leave no rest, and what it requires. */
import type { Span } from "../../base/source/span.js";
import { type CallAxis, contextAxes, networkAxes } from "../../base/types/call-axes.js";
import { dimConstant, printDim, subtractDims, symbolsOf } from "../../base/types/dim.js";
import { mostPlaces } from "../../language/semantics/semantic-type.js";
import { type CellFrame, dimIn } from "./frame.js";
import type { SizeCondition } from "../base/size-condition.js";
import { printComparison } from "../../language/semantics/typed-sizes.js";
import type { TypedCell } from "../../language/semantics/typed-program.js";

/** Axes whose sizes calls give, but for the steps of a cell. */
export const axesOfCalls = ({ form, runtimeDimensions, least }: TypedCell): readonly CallAxis[] =>
  form === "network" ? networkAxes(runtimeDimensions, least) : contextAxes(runtimeDimensions);

/** What is known of the sizes that calls give. */
export const sizesOfCalls = (
  frame: CellFrame,
): { readonly axes: readonly CallAxis[]; readonly requires: readonly SizeCondition[] } => ({
  axes: axesOfCalls(frame.cell),
  requires: sizeConditions(frame),
});

const ends = { whole: "", least: " >= 0", equal: " == 0", exact: ` <= ${mostPlaces}` } as const;

function sizeConditions(frame: CellFrame): SizeCondition[] {
  const { cell } = frame;
  const found = new Map<string, SizeCondition>();
  for (const { kind, dim, span, said } of cell.obligations) {
    if (kind === "positive" || !symbolsOf(dim).some((symbol) => cell.runtimeDimensions.includes(symbol))) continue;
    const equation = equationAt(cell, span);
    // Every module counts to there, whatever its numbers are.
    const isExact = kind === "exact";
    const condition = {
      kind: isExact ? ("least" as const) : kind,
      dim: isExact ? subtractDims(dimConstant(mostPlaces), dimIn(frame, dim)) : dimIn(frame, dim),
      text: said === undefined ? `${printDim(dim)}${ends[kind]}` : printComparison(said),
      ...(equation !== undefined && { equation }),
    };
    const key = `${condition.kind} ${condition.dim.key}`;
    found.set(key, found.get(key) ?? condition);
  }
  return [...found.values()];
}

/** The equation, output or loss around a place. */
export function equationAt({ nodes }: Pick<TypedCell, "nodes">, { file, start, end }: Span): string | undefined {
  for (const { name, value } of nodes.values()) {
    const { span } = value;
    if (span.file === file && span.start <= start && end <= span.end) return name;
  }
  return undefined;
}
