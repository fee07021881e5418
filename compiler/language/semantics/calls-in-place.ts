/** Used cells without state: they can be called any number of times, also for each value of an index. */
import type { CallNode, Expression } from "../syntax/ast.js";
import { forEachPart } from "./expression-parts.js";
import type { TypedCell, TypedInstance } from "./typed-program.js";

/** Nothing in it, or in what it uses, goes from step to step. */
export function isStateless(cell: TypedCell): boolean {
  return (
    !cell.open &&
    cell.items.every((item) =>
      item.kind === "tensor" ? item.tensor.role !== "state" : isStateless(item.instance.cell),
    )
  );
}

export interface RepeatedCalls {
  /**
   * Used cells of which every call is written out where it stands: without state, and called several times or for each value of
   * an index. What is called once in a step is a value of the cell instead, so that its outputs can be read by its name.
   */
  readonly inPlace: ReadonlySet<string>;
  /** Calls of used cells with a state that stand where they would be made for each value of an index. */
  readonly refused: ReadonlySet<CallNode>;
}

export function findRepeatedCalls(
  values: Iterable<Expression>,
  instances: ReadonlyMap<string, TypedInstance>,
): RepeatedCalls {
  const seen = new Set<string>();
  const inPlace = new Set<string>();
  const refused = new Set<CallNode>();
  const visit = (root: Expression, isRepeated: boolean, inRounds = false): void => {
    forEachPart(root, (part) => {
      if (part.kind === "rounds" && !inRounds) {
        const { first, next, until } = part.rounds;
        for (const value of first) visit(value, isRepeated);
        for (const value of until === undefined ? next : [...next, until]) visit(value, true, true);
        return false;
      }
      if (part.kind === "indexed" && !isRepeated) {
        visit(part, true);
        return false;
      }
      const instance = part.kind === "call" ? instances.get(part.callee.text) : undefined;
      if (part.kind !== "call" || instance === undefined) return true;
      if (isStateless(instance.cell)) {
        if (isRepeated || seen.has(instance.name)) inPlace.add(instance.name);
        seen.add(instance.name);
      } else if (isRepeated && !inRounds) refused.add(part);
      return true;
    });
  };
  for (const value of values) visit(value, false);
  return { inPlace, refused };
}
