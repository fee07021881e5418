/** Which states of a loop need each other. */
import type { ValueId } from "../../ir/graph/types.js";
import type { Scan } from "./time-levels.js";

/**
 * The states of a scan in groups that depend on each other (strongly connected components), each group behind those it
 * reads; within a group and among independent groups in the order of the states.
 */
export function stateComponents({ body, carried }: Scan): number[][] {
  const reads = new Map<ValueId, ReadonlySet<number>>();
  for (const [i, id] of body.inputs.entries()) reads.set(id, new Set(i < carried ? [i] : []));
  const none: ReadonlySet<number> = new Set();
  for (const { operands, results } of body.instructions) {
    const sets = [...new Set(operands.map((id) => reads.get(id) ?? none))].filter((set) => set.size > 0);
    const union = sets.length === 1 ? (sets[0] as ReadonlySet<number>) : new Set(sets.flatMap((set) => [...set]));
    for (const id of results) reads.set(id, union);
  }
  const direct = Array.from({ length: carried }, (_, i) => reads.get(body.outputs[i] as ValueId) ?? none);
  const reachable = direct.map((_, state) => reach(state, direct));
  const components: number[][] = [];
  const placed = new Set<number>();
  while (placed.size < carried) {
    for (let state = 0; state < carried; state++) {
      if (placed.has(state)) continue;
      const mine = reachable[state] as ReadonlySet<number>;
      const group = Array.from({ length: carried }, (_, i) => i).filter(
        (other) => other === state || (mine.has(other) && reachable[other]?.has(state)),
      );
      if (![...mine].every((other) => placed.has(other) || group.includes(other))) continue;
      components.push(group);
      for (const member of group) placed.add(member);
      break;
    }
  }
  return components;
}

/** States that `start` depends on, directly or by way of others. */
function reach(start: number, direct: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  const found = new Set<number>();
  const pending = [...(direct[start] ?? [])];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    if (found.has(state)) continue;
    found.add(state);
    pending.push(...(direct[state] ?? []));
  }
  return found;
}
