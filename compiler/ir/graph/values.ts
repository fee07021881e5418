/** What is known of the values of a function; what is missing is a fault of whoever made it. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphFunction, ValueId, ValueType } from "./graph-function.js";

export function typeOf(fn: GraphFunction, id: ValueId): ValueType {
  const type = fn.types[id];
  invariant(type !== undefined, `%${id} of ${fn.name} has no type`);
  return type;
}

/** Its name, or its number where it has none. */
export function nameOf(fn: GraphFunction, id: ValueId): string {
  return fn.names[id] ?? String(id);
}

export function outputName(fn: GraphFunction, i: number): string {
  const name = fn.outputNames[i];
  invariant(name !== undefined, `${fn.name} has no output ${i}`);
  return name;
}

/** Both operands of an operation that has two. */
export function pairOf(operands: readonly ValueId[]): readonly [ValueId, ValueId] {
  return [at(operands, 0), at(operands, 1)];
}

/** Places of those that are real numbers. */
export function realPlaces(fn: GraphFunction, ids: readonly ValueId[]): number[] {
  return ids.flatMap((id, i) => (typeOf(fn, id).dtype === "real" ? [i] : []));
}
