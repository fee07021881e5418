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
  const placed = new Set<number>();
  const components: number[][] = [];
  for (const [state, mine] of reachable.entries()) {
    if (placed.has(state)) continue;
    const circle = [...mine].filter((other) => other !== state && reachable[other]?.has(state));
    const group = [state, ...circle].sort((a, b) => a - b);
    for (const member of group) placed.add(member);
    components.push(group);
  }
  // Whoever reads a group reaches all that the group reaches, and the group besides.
  const extent = (group: readonly number[]): number =>
    new Set([...group, ...(reachable[group[0] as number] ?? [])]).size;
  return components
    .map((group) => ({ group, size: extent(group) }))
    .sort((a, b) => a.size - b.size || (a.group[0] as number) - (b.group[0] as number))
    .map(({ group }) => group);
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
