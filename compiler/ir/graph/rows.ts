/**
 * Outputs that are zero but for rows: all examples added up in one scatter, which nothing else reads. Rows are at the places that it
 * scatters at.
 */
import type { Shape } from "../../base/types/shape.js";
import type { GraphFunction } from "./graph-function.js";
import { countUses, definitions } from "./rewrite.js";
import { outputName, typeOf } from "./values.js";

/** By the name of such an output, the shape of the places of an example. */
export function scatteredRows(fn: GraphFunction): ReadonlyMap<string, Shape> {
  const defined = definitions(fn);
  const uses = countUses(fn);
  const rows = new Map<string, Shape>();
  for (const [i, id] of fn.outputs.entries()) {
    const total = defined.get(id);
    const [sum] = total?.operation.kind === "batch_sum" ? total.operands : [];
    const scatter = sum === undefined ? undefined : defined.get(sum);
    const [index] = scatter?.operation.kind === "scatter_add" ? scatter.operands : [];
    if (scatter?.operation.kind === "scatter_add" && scatter.operation.along > 0) continue;
    if (sum === undefined || index === undefined || uses.get(id) !== 1 || uses.get(sum) !== 1) continue;
    const { shape, shared } = typeOf(fn, index);
    if (!shared) rows.set(outputName(fn, i), shape);
  }
  return rows;
}
