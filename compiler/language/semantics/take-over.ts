/** What a function or a used cell leaves to be checked, where it is written out. */
import type { Span } from "../../base/source/span.js";
import { boundedSubstitute, divisorsOf } from "../../base/types/bounded-dim.js";
import { type Dim, printDim } from "../../base/types/dim.js";
import type { Checker } from "./checker.js";
import type { TypedCell, TypedFunction } from "./typed-program.js";

/**
 * Makes the divisors and obligations of `owner` the checker's own, in its dimensions.
 *
 * @param dimensions What the dimensions of `owner` are here.
 * @returns False where they cannot be met, which is reported at `span`.
 */
export function takeOver(
  checker: Checker,
  owner: Pick<TypedCell | TypedFunction, "name" | "divisors" | "obligations">,
  dimensions: ReadonlyMap<string, Dim>,
  span: Span,
): boolean {
  for (const symbol of owner.divisors) {
    const dim = dimensions.get(symbol);
    if (dim === undefined) continue;
    if (dim.terms.length !== 1) {
      const message = `\`${owner.name}\` divides by ${symbol}, which is \`${printDim(dim)}\` here`;
      checker.report("dimension-division", span, message, {
        help: "only a product or a number can divide a dimension",
      });
      return false;
    }
    for (const [name] of dim.terms[0]?.powers ?? []) checker.divisors.add(name);
  }
  for (const { kind, dim } of owner.obligations) {
    const here = boundedSubstitute(dim, dimensions);
    if (here === undefined) {
      checker.reportTooLarge(span);
      return false;
    }
    for (const symbol of divisorsOf(here)) checker.divisors.add(symbol);
    checker.oblige(kind, here, span);
  }
  return true;
}
