/** Minimum node cut by Dinic's maximum flow. Graphs here have some hundred nodes. */

export interface CutNode {
  /** Cost of cutting here; Infinity where it cannot be. */
  readonly cost: number;
  /** Reached from the source directly: it cannot be derived from anything else. */
  readonly isSource: boolean;
  /** Must end up after the cut. */
  readonly isSink: boolean;
  /** Nodes that are computed from this one. */
  readonly successors: readonly number[];
}

/**
 * The cheapest set of nodes that every path from a source to a sink passes through. Among sets of equal cost the one
 * nearest to the sinks is taken, so that least is left to compute after it.
 */
export function minimumCut(nodes: readonly CutNode[]): number[] {
  const network = new Network(2 * nodes.length + 2);
  const [source, sink] = [2 * nodes.length, 2 * nodes.length + 1];
  const enter = (node: number): number => 2 * node;
  const leave = (node: number): number => 2 * node + 1;
  for (const [i, node] of nodes.entries()) {
    network.connect(enter(i), leave(i), node.cost);
    if (node.isSource) network.connect(source, enter(i), Infinity);
    if (node.isSink) network.connect(leave(i), sink, Infinity);
    for (const next of node.successors) network.connect(leave(i), enter(next), Infinity);
  }
  network.saturate(source, sink);
  const after = network.reaching(sink);
  return nodes.flatMap((_, i) => (!after.has(enter(i)) && after.has(leave(i)) ? [i] : []));
}

class Network {
  private readonly target: number[] = [];
  private readonly capacity: number[] = [];
  private readonly edges: number[][];

  constructor(size: number) {
    this.edges = Array.from({ length: size }, () => []);
  }

  /** Edge `e` and its reverse `e ^ 1` lie beside each other. */
  connect(from: number, to: number, capacity: number): void {
    this.edges[from]?.push(this.target.push(to) - 1);
    this.capacity.push(capacity);
    this.edges[to]?.push(this.target.push(from) - 1);
    this.capacity.push(0);
  }

  saturate(source: number, sink: number): void {
    for (;;) {
      const level = this.levels(source);
      if (level[sink] === -1) return;
      const next = this.edges.map(() => 0);
      while (this.push(source, sink, level, next) > 0);
    }
  }

  /** Nodes from which `end` can still be reached. */
  reaching(end: number): Set<number> {
    const found = new Set([end]);
    const queue = [end];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      for (const edge of this.edges[node] ?? []) {
        const from = this.target[edge] as number;
        if ((this.capacity[edge ^ 1] as number) > 0 && !found.has(from)) {
          found.add(from);
          queue.push(from);
        }
      }
    }
    return found;
  }

  private levels(source: number): number[] {
    const level = this.edges.map(() => -1);
    level[source] = 0;
    const queue = [source];
    for (const node of queue) {
      for (const edge of this.edges[node] ?? []) {
        const to = this.target[edge] as number;
        if ((this.capacity[edge] as number) > 0 && level[to] === -1) {
          level[to] = (level[node] as number) + 1;
          queue.push(to);
        }
      }
    }
    return level;
  }

  /** Sends flow along one path of the level graph; 0 where there is none left. Without recursion: paths may be long. */
  private push(source: number, sink: number, level: readonly number[], next: number[]): number {
    const path: number[] = [];
    let node = source;
    while (node !== sink) {
      const edge = this.edges[node]?.[next[node] as number];
      if (edge === undefined) {
        const back = path.pop();
        if (back === undefined) return 0;
        node = this.target[back ^ 1] as number;
        next[node] = (next[node] as number) + 1;
        continue;
      }
      const to = this.target[edge] as number;
      if ((this.capacity[edge] as number) > 0 && level[to] === (level[node] as number) + 1) {
        path.push(edge);
        node = to;
      } else {
        next[node] = (next[node] as number) + 1;
      }
    }
    const flow = path.reduce((least, edge) => Math.min(least, this.capacity[edge] as number), Infinity);
    for (const edge of path) {
      this.capacity[edge] = (this.capacity[edge] as number) - flow;
      this.capacity[edge ^ 1] = (this.capacity[edge ^ 1] as number) + flow;
    }
    return flow;
  }
}
