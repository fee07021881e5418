/**
 * Which params have gradients by rows: tables that are only looked up in, once. Their gradient is a scatter over all examples, which touches the
 * rows of a call and no others.
 */
import { lookUp } from "../base/at.js";
import type { Shape } from "../base/types/shape.js";
import type { GraphFunction, ValueId } from "../ir/graph/types.js";
import { outputName, typeOf } from "../ir/graph/values.js";
import type { EntryDerivation, EntryProgram } from "../program/entry.js";

/** The same entries, with the gradients that are made by rows. */
export function withGradientRows(program: EntryProgram): EntryProgram {
  const entryBy = (of: EntryDerivation["of"]): GraphFunction | undefined =>
    [...program.entries.values()].find((entry) => entry.of === of && entry.by === "gradient")?.fn;
  const backward = entryBy("forward");
  if (backward === undefined) return program;
  // What gradients of initial values are added to is not cleared by rows.
  const further = new Set(entryBy("initial")?.outputNames);
  const rows = new Map<string, Shape>();
  for (const [i, id] of backward.outputs.entries()) {
    const name = outputName(backward, i);
    const isParam = lookUp(program.roles, name).kind === "param";
    const shape = isParam && !further.has(name) ? placesOf(backward, id) : undefined;
    if (shape !== undefined) rows.set(name, shape);
  }
  return rows.size === 0 ? program : { ...program, rows };
}

/** The shape of the places that `id` is scattered at, if all examples are added up in one scatter that nothing else reads. */
function placesOf(fn: GraphFunction, id: ValueId): Shape | undefined {
  const producer = (value: ValueId | undefined) => fn.instructions.find(({ results }) => results[0] === value);
  const uses = (value: ValueId | undefined): number =>
    [...fn.instructions.flatMap(({ operands }) => operands), ...fn.outputs].filter((used) => used === value).length;
  const total = producer(id);
  const scatter = total?.operation.kind === "batch_sum" ? producer(total.operands[0]) : undefined;
  const index = scatter?.operation.kind === "scatter_add" ? scatter.operands[0] : undefined;
  if (index === undefined || uses(id) !== 1 || uses(total?.operands[0]) !== 1) return undefined;
  const { shape, shared } = typeOf(fn, index);
  return shared ? undefined : shape;
}
