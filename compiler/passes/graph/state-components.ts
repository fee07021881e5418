/** Which states of a loop need each other. */
import { at } from "../../base/at.js";
import { isCarried, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { ValueId } from "../../ir/graph/graph-function.js";

/** A set of states, a bit for each: in a stack of layers each reads all below it, and as many sets of so many are what takes the time. */
type States = Uint32Array;

/**
 * The states of a scan in groups that depend on each other (strongly connected components), each group after those it
 * reads; within a group and among independent groups in the order of the states.
 */
export function stateComponents(scan: Scan): number[][] {
  const reachable = directReads(scan);
  closeOver(reachable);
  const placed = new Set<number>();
  const components: { readonly group: readonly number[]; readonly size: number }[] = [];
  for (const [state, mine] of reachable.entries()) {
    if (placed.has(state)) continue;
    const group = [...reachable.keys()].filter(
      (other) => other === state || (has(mine, other) && has(at(reachable, other), state)),
    );
    for (const member of group) placed.add(member);
    // Whoever reads a group reaches all that the group reaches, and the group besides.
    const extent = mine.slice();
    for (const member of group) add(extent, member);
    components.push({ group, size: sizeOf(extent) });
  }
  return components.sort((a, b) => a.size - b.size || at(a.group, 0) - at(b.group, 0)).map(({ group }) => [...group]);
}

/** What each state reads in a step. */
function directReads(scan: Scan): States[] {
  const { body } = scan;
  const next = resultParts(scan, body.outputs).carried;
  const none: States = new Uint32Array(Math.ceil(next.length / 32));
  const reads = new Map<ValueId, States>();
  for (const [i, id] of body.inputs.entries()) {
    if (!isCarried(scan, i)) continue;
    const own = none.slice();
    add(own, i);
    reads.set(id, own);
  }
  for (const { operands, results } of body.instructions) {
    const sets = [...new Set(operands.flatMap((id) => reads.get(id) ?? []))];
    if (sets.length === 0) continue;
    const [first = none, ...others] = sets;
    const union = others.length === 0 ? first : first.slice();
    for (const other of others) unite(union, other);
    for (const id of results) reads.set(id, union);
  }
  return next.map((id) => (reads.get(id) ?? none).slice());
}

/** Adds to each set what its members reach (S. Warshall, 1962). */
function closeOver(sets: readonly States[]): void {
  for (const [through, reached] of sets.entries()) {
    for (const set of sets) if (set !== reached && has(set, through)) unite(set, reached);
  }
}

const has = (set: States, state: number): boolean => (at(set, state >> 5) & (1 << (state & 31))) !== 0;

function add(set: States, state: number): void {
  set[state >> 5] = at(set, state >> 5) | (1 << (state & 31));
}

function unite(set: States, other: States): void {
  for (let i = 0; i < set.length; i++) set[i]! |= other[i]!;
}

function sizeOf(set: States): number {
  let size = 0;
  for (let word of set) for (; word !== 0; word &= word - 1) size++;
  return size;
}
