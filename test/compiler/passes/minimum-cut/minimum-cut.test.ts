import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CutNode, minimumCut } from "../../../../compiler/passes/minimum-cut/minimum-cut.js";

const node = (cost: number, successors: number[], kind: "source" | "sink" | "inner" = "inner"): CutNode => ({
  cost,
  successors,
  isSource: kind === "source",
  isSink: kind === "sink",
});

/** No path from a source to a sink avoids the cut. */
function separates(nodes: readonly CutNode[], cut: ReadonlySet<number>): boolean {
  const stack = nodes.flatMap((n, i) => (n.isSource ? [i] : []));
  const seen = new Set<number>();
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    if (seen.has(i) || cut.has(i)) continue;
    seen.add(i);
    if (nodes[i]?.isSink) return false;
    stack.push(...(nodes[i]?.successors ?? []));
  }
  return true;
}

describe("minimumCut", () => {
  it("keeps z rather than both z and 1 - z", () => {
    expect(minimumCut([node(4, [1], "source"), { ...node(4, [], "sink") }, node(9, [], "inner")])).toEqual([1]);
    expect(minimumCut([{ ...node(4, [1], "source"), isSink: true }, node(4, [], "sink")])).toEqual([0]);
  });

  it("cuts nearest to the sinks among equals", () => {
    expect(minimumCut([node(2, [1], "source"), node(2, [2]), node(2, [], "sink")])).toEqual([2]);
  });

  it("is the cheapest separating set of a random graph", () => {
    const graph = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(graph, (spec) => {
        const nodes = spec.map(([cost, bits], i) => ({
          cost,
          successors: spec.flatMap((_, j) => (j > i && (bits >> (j - i)) & 1 ? [j] : [])),
          isSource: i === 0 || (bits & 1) === 1,
          isSink: i === spec.length - 1,
        }));
        const costOf = (set: ReadonlySet<number>): number =>
          [...set].reduce((sum, i) => sum + (nodes[i]?.cost ?? 0), 0);
        const cut = new Set(minimumCut(nodes));
        expect(separates(nodes, cut)).toBe(true);
        for (let mask = 0; mask < 1 << nodes.length; mask++) {
          const other = new Set(nodes.flatMap((_, i) => ((mask >> i) & 1 ? [i] : [])));
          if (separates(nodes, other)) expect(costOf(cut)).toBeLessThanOrEqual(costOf(other));
        }
      }),
      { numRuns: 60 },
    );
  });
});
