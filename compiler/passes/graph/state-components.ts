/** Which states of a loop need each other. */
import { at } from "../../base/at.js";
import { isCarried, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { ValueId } from "../../ir/graph/types.js";

/**
 * The states of a scan in groups that depend on each other (strongly connected components), each group after those it
 * reads; within a group and among independent groups in the order of the states.
 */
export function stateComponents(scan: Scan): number[][] {
  const { body } = scan;
  const reads = new Map<ValueId, ReadonlySet<number>>();
  for (const [i, id] of body.inputs.entries()) reads.set(id, new Set(isCarried(scan, i) ? [i] : []));
  const none: ReadonlySet<number> = new Set();
  for (const { operands, results } of body.instructions) {
    const sets = [...new Set(operands.map((id) => reads.get(id) ?? none))].filter((set) => set.size > 0);
    const union = sets.length === 1 ? at(sets, 0) : new Set(sets.flatMap((set) => [...set]));
    for (const id of results) reads.set(id, union);
  }
  const direct = resultParts(scan, body.outputs).carried.map((id) => reads.get(id) ?? none);
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
  const extent = (group: readonly number[]): number => new Set([...group, ...(reachable[at(group, 0)] ?? [])]).size;
  return components
    .map((group) => ({ group, size: extent(group) }))
    .sort((a, b) => a.size - b.size || at(a.group, 0) - at(b.group, 0))
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
