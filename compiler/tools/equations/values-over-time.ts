/** Which values of a cell change from step to step: those get an index of time in formulas. */
import { listAt } from "../../base/at.js";
import { typedParts } from "../../language/semantics/typed-parts.js";
import type { ValueName } from "../../program/base/lowered-cell.js";
import type { TypedCell, TypedExpression } from "../../language/semantics/typed-program.js";

/** `state`: of the step before, or with the prime of this one. */
export type Time = "state" | "step" | "constant";

/** All in an array of used cells have the times of each. */
export const timeKey = ({ path, name }: Pick<ValueName, "path" | "name">): string =>
  [...path.map((used) => used.name), name].join(".");

/** By `timeKey`. What is missing is constant. */
export function valuesOverTime(cell: TypedCell): ReadonlyMap<string, Time> {
  const times = new Map<string, Time>();
  for (const item of cell.items) {
    if (item.kind === "instance") {
      const { name, cell: used } = item.instance;
      for (const [inner, time] of valuesOverTime(used)) times.set(`${name}.${inner}`, time);
    } else if (item.tensor.role === "state") times.set(item.tensor.name, "state");
    else if (item.tensor.role === "input") times.set(item.tensor.name, "step");
  }
  // From what changes to what reads it: equations may need each other as deeply as there are many.
  const readers = new Map<string, string[]>();
  const pending = [...times.keys()];
  for (const [key, { value }] of cell.nodes) {
    const reads = new Set<string>();
    if (collectReads(value, reads)) pending.push(key);
    for (const name of reads) {
      listAt(readers, name).push(key);
    }
  }
  const varying = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (varying.has(name)) continue;
    varying.add(name);
    for (const reader of readers.get(name) ?? []) pending.push(reader);
  }
  for (const { key, name } of cell.nodes.values()) if (key === name && varying.has(name)) times.set(name, "step");
  return times;
}

/** The names that an expression reads, into `reads`; whether it changes whatever they do. */
function collectReads(node: TypedExpression, reads: Set<string>): boolean {
  switch (node.kind) {
    case "value":
      reads.add(node.name);
      return false;
    case "member":
      reads.add([...node.path, node.name].join("."));
      return node.next;
    case "next":
    case "instance-call":
      return true;
    default:
      return typedParts(node).reduce((changes, part) => collectReads(part, reads) || changes, false);
  }
}
