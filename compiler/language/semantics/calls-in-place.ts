/** Used cells without state: they can be called any number of times, also for each value of an index. */
import type { CallNode, Expression } from "../syntax/ast.js";
import { forEachPart, forEachRepeated, type Repeated } from "./expression-parts.js";
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
   * Used cells of which every call is written out where it stands: arrays, and those without state that are called several times or for
   * each value of an index. What is called once in a step is a value of the cell instead, so that its outputs can be read by its name.
   */
  readonly inPlace: ReadonlySet<string>;
  /** Calls of used cells with a state that would be made more than once in a step, and why. */
  readonly refused: ReadonlyMap<CallNode, Exclude<Repeated, "once">>;
}

export function findRepeatedCalls(
  values: Iterable<Expression>,
  instances: ReadonlyMap<string, TypedInstance>,
): RepeatedCalls {
  const seen = new Set<string>();
  const known = new Set<CallNode>();
  const inPlace = new Set<string>();
  const refused = new Map<CallNode, Exclude<Repeated, "once">>();
  for (const value of values) {
    forEachRepeated(value, (part, repeated) => {
      const instance = part.kind === "call" ? instances.get(part.callee.text) : undefined;
      if (part.kind !== "call" || instance === undefined || known.has(part)) return;
      // The equations of a group share what they are made of.
      known.add(part);
      if (instance.count !== undefined) {
        inPlace.add(instance.name);
        const isEnded = value.kind === "rounds" && value.rounds.until !== undefined;
        const isRefused = repeated === "index" || (repeated === "rounds" && isEnded);
        if (isRefused && !isStateless(instance.cell)) refused.set(part, repeated);
      } else if (isStateless(instance.cell)) {
        if (repeated !== "once" || seen.has(instance.name)) inPlace.add(instance.name);
        seen.add(instance.name);
      } else if (repeated !== "once") refused.set(part, repeated);
    });
  }
  return { inPlace, refused };
}

/** In a network every call is a run of its own. */
export function callsOfNetwork(
  values: Iterable<Expression>,
  instances: ReadonlyMap<string, TypedInstance>,
): RepeatedCalls {
  const inPlace = new Set<string>();
  for (const value of values) {
    forEachPart(value, (part) => {
      if (part.kind === "call" && instances.has(part.callee.text)) inPlace.add(part.callee.text);
    });
  }
  return { inPlace, refused: new Map() };
}
