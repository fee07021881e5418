/** The way by which most of the gradient goes through one step, from the next values of the states to the states. */
import { at } from "../../base/at.js";
import type { EquationGraph } from "./equation-graph.js";

/** Means over the run. Norms are relative to that of the gradient by the whole state after the step. */
export interface Flows {
  /** For each node the norm of its cotangent: what is left where what arrives cancels. */
  readonly totals: readonly number[];
  /** For each edge what arrives by it, or what is left where it arrives, if that is less. */
  readonly left: readonly number[];
  /** For each edge what arrives by it over what its reader was given. */
  readonly factors: readonly number[];
}

interface MainWay {
  /** Indices of edges. */
  readonly edges: readonly number[];
  /** The norm of what goes this way, as far as means over the run tell. */
  readonly carried: number;
}

/**
 * What goes along a way is what its first equation was given, times the factors on it; at no place more than is left there. A large
 * share says little by itself: it may be cancelled by another one, as with a running maximum that is divided out again, and
 * equations that read what is left of it hand on rounding.
 */
export function mainWay(
  { edges, next, nodes }: Pick<EquationGraph, "edges" | "next" | "nodes">,
  { totals, left, factors }: Flows,
): MainWay {
  /** What reaches each node at best, and by which edge; none where it starts there. */
  const best = nodes.map((): { carried: number; edge: number | undefined } => ({ carried: 0, edge: undefined }));
  for (const node of next) if (node !== undefined) best[node] = { carried: totals[node] as number, edge: undefined };
  const edgesOf = nodes.map((): number[] => []);
  for (const [i, { reader }] of edges.entries()) edgesOf[reader]?.push(i);
  // Equations stand after those they read: backwards each is settled before what it reads.
  for (let node = nodes.length - 1; node >= 0; node--) {
    for (const i of edgesOf[node] ?? []) {
      const { read } = at(edges, i);
      const given = at(best, node).carried;
      const carried = Math.min(given * (factors[i] as number), left[i] as number);
      if (carried > at(best, read).carried) best[read] = { carried, edge: i };
    }
  }
  const states = nodes.flatMap(({ equation }, i) => (equation === undefined && best[i]?.edge !== undefined ? [i] : []));
  if (states.length === 0) return { edges: [], carried: 0 };
  const carriedTo = (node: number): number => at(best, node).carried;
  const end = states.reduce((most, state) => (carriedTo(state) > carriedTo(most) ? state : most));
  const way: number[] = [];
  for (let node = end; ;) {
    const edge = best[node]?.edge;
    if (edge === undefined) return { edges: way.reverse(), carried: carriedTo(end) };
    way.push(edge);
    node = at(edges, edge).reader;
  }
}
