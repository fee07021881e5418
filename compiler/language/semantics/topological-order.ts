/** Orders the nodes of a graph so that each comes after those it needs; without recursion, for graphs of any depth. */

interface Ordering<T> {
  /** Every reachable node once, needs first. Nodes of a cycle are in it too, in some order. */
  readonly order: readonly T[];
  /** Cycles as paths: `[r, n]` where r needs n and n needs r. The first few, as every cycle may have many more. */
  readonly cycles: readonly (readonly T[])[];
  /** Nodes that stand in `order` before something they need. */
  readonly unordered: ReadonlySet<T>;
}

const cycleLimit = 16;

/** Depth-first from `roots` in their order; `needs` gives what a node needs, in an order of its own. */
export function topologicalOrder<T>(roots: Iterable<T>, needs: (node: T) => Iterable<T>): Ordering<T> {
  const state = new Map<T, "open" | "done">();
  const order: T[] = [];
  const cycles: T[][] = [];
  const unordered = new Set<T>();
  const path: { readonly node: T; readonly rest: Iterator<T> }[] = [];
  const open = (node: T): void => {
    state.set(node, "open");
    path.push({ node, rest: needs(node)[Symbol.iterator]() });
  };
  for (const root of roots) {
    if (state.has(root)) continue;
    open(root);
    for (let top = path[path.length - 1]; top !== undefined; top = path[path.length - 1]) {
      const next = top.rest.next();
      if (next.done === true) {
        path.pop();
        state.set(top.node, "done");
        order.push(top.node);
      } else if (state.get(next.value) === "open") {
        unordered.add(top.node);
        if (cycles.length >= cycleLimit) continue;
        const start = path.findIndex(({ node }) => node === next.value);
        cycles.push(path.slice(start).map(({ node }) => node));
      } else if (!state.has(next.value)) {
        open(next.value);
      }
    }
  }
  return { order, cycles, unordered };
}
