/**
 * Which params have gradients by rows: tables that are only looked up in, once. Their gradient is a scatter over all examples, which touches the
 * rows of a call and no others.
 */
import { lookUp } from "../base/at.js";
import type { Shape } from "../base/types/shape.js";
import { countUses, definitions } from "../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../ir/graph/graph-function.js";
import { outputName, typeOf } from "../ir/graph/values.js";
import type { EntryDerivation, EntryProgram } from "../program/entry.js";

/** What finds them. */
export const gradientRowsStage = "gradient-rows";

/**
 * The same entries, with the gradients that are made by rows.
 *
 * @param observe called with the entry that is looked at
 */
export function withGradientRows(
  program: EntryProgram,
  observe: (entry: string, fn: GraphFunction) => void,
): EntryProgram {
  const entryBy = (of: EntryDerivation["of"]): GraphFunction | undefined =>
    [...program.entries.values()].find((entry) => entry.of === of && entry.by === "gradient")?.fn;
  const backward = entryBy("forward");
  if (backward === undefined) return program;
  observe(backward.name, backward);
  // What gradients of initial values are added to is not cleared by rows.
  const further = new Set(entryBy("initial")?.outputNames);
  const read: Reads = { fn: backward, defined: definitions(backward), uses: countUses(backward) };
  const rows = new Map<string, Shape>();
  for (const [i, id] of backward.outputs.entries()) {
    const name = outputName(backward, i);
    const isParam = lookUp(program.roles, name).kind === "param";
    const shape = isParam && !further.has(name) ? placesOf(read, id) : undefined;
    if (shape !== undefined) rows.set(name, shape);
  }
  return rows.size === 0 ? program : { ...program, rows };
}

interface Reads {
  readonly fn: GraphFunction;
  readonly defined: ReadonlyMap<ValueId, Instruction>;
  readonly uses: ReadonlyMap<ValueId, number>;
}

/** The shape of the places that `id` is scattered at, if all examples are added up in one scatter that nothing else reads. */
function placesOf({ fn, defined, uses }: Reads, id: ValueId): Shape | undefined {
  const total = defined.get(id);
  const [sum] = total?.operation.kind === "batch_sum" ? total.operands : [];
  const scatter = sum === undefined ? undefined : defined.get(sum);
  const [index] = scatter?.operation.kind === "scatter_add" ? scatter.operands : [];
  if (sum === undefined || index === undefined || uses.get(id) !== 1 || uses.get(sum) !== 1) return undefined;
  const { shape, shared } = typeOf(fn, index);
  return shared ? undefined : shape;
}
