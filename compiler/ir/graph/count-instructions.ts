/** How large functions are: the one count that limits and budgets are given in. */
import type { GraphFunction } from "./graph-function.js";

/** Instructions of `functions`, each loop as one more than what is in its body; none of what is undefined. */
export function instructionsIn(...functions: readonly (GraphFunction | undefined)[]): number {
  let count = 0;
  for (const { operation } of functions.flatMap((fn) => fn?.instructions ?? []))
    count += 1 + (operation.kind === "scan" ? instructionsIn(operation.body) : 0);
  return count;
}
