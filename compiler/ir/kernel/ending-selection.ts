/** Loops over steps that are over as soon as every example has come to its end. */
import type { StatementOf } from "./kernel-program.js";

type StepSelection = StatementOf<"select_examples">;

/**
 * What lists the examples of a step where those that are left out come back in none: where it lists nobody, no later step has anything to do.
 *
 * @param body of a loop over steps
 */
export function endingSelection([first]: readonly { readonly kind: string }[]): StepSelection | undefined {
  return isSelection(first) && first.going !== undefined ? first : undefined;
}

const isSelection = (statement: { readonly kind: string } | undefined): statement is StepSelection =>
  statement?.kind === "select_examples";
