/** What a function or a used cell leaves to be checked, where it is written out. */
import type { Span } from "../../base/source/span.js";
import { boundedSubstitute, dividingSymbols } from "../../base/types/bounded-dim.js";
import { constantOf, type Dim, isFloor, printDim, symbolsOf } from "../../base/types/dim.js";
import type { Checker } from "./checker.js";
import type { TypedCell } from "./typed-program.js";
import { printComparison, type SizeComparison, type SizeDemands } from "./typed-sizes.js";

type Owner = SizeDemands & Pick<TypedCell, "name"> & Partial<Pick<TypedCell, "runtimeDimensions" | "least">>;

/**
 * Makes the divisors and obligations of `owner` the checker's own, in its dimensions, but for those of sizes that its calls give.
 *
 * @param dimensions What the dimensions of `owner` are here.
 * @returns False where they cannot be met, which is reported at `span`.
 */
export function takeOver(checker: Checker, owner: Owner, dimensions: ReadonlyMap<string, Dim>, span: Span): boolean {
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
    for (const [factor] of dim.terms[0]?.powers ?? []) if (!isFloor(factor)) checker.divisors.add(factor);
  }
  return haveEntries(checker, owner, dimensions, span) && obligeAll(checker, owner, dimensions, span, false);
}

/** The same of sizes that the calls of a used cell give, once these are known. */
export function takeOverCall(
  checker: Checker,
  owner: Owner & Pick<TypedCell, "form">,
  { all, ofCalls }: { readonly all: ReadonlyMap<string, Dim>; readonly ofCalls: ReadonlyMap<string, Dim> },
  span: Span,
): boolean {
  if (!haveEntries(checker, owner, ofCalls, span)) return false;
  for (const [symbol, dim] of owner.form === "network" ? ofCalls : []) {
    const least = owner.least?.get(symbol) ?? 0;
    if (checker.provenAtLeast(dim, least)) continue;
    const message = `\`${owner.name}\` wants \`${symbol} >= ${least}\`, and nothing says that \`${printDim(dim)}\` is`;
    checker.report("may-be-empty", span, message, { help: "a least size is declared: `network Name(…; T >= 1)`" });
    return false;
  }
  return obligeAll(checker, owner, all, span, true);
}

function haveEntries(checker: Checker, owner: Owner, dimensions: ReadonlyMap<string, Dim>, span: Span): boolean {
  return [...owner.filled].every((symbol) => {
    const dim = dimensions.get(symbol);
    return dim === undefined || checker.needEntries(dim, span);
  });
}

function obligeAll(
  checker: Checker,
  { name, obligations, runtimeDimensions = [] }: Owner,
  dimensions: ReadonlyMap<string, Dim>,
  span: Span,
  ofCalls: boolean,
): boolean {
  for (const { kind, dim, said } of obligations) {
    const given = symbolsOf(dim).filter((symbol) => runtimeDimensions.includes(symbol));
    if (given.length > 0 !== ofCalls || given.some((symbol) => ofCalls && !dimensions.has(symbol))) continue;
    const here = boundedSubstitute(dim, dimensions);
    if (here === undefined) {
      checker.reportTooLarge(span);
      return false;
    }
    for (const symbol of dividingSymbols(here)) checker.divisors.add(symbol);
    const rest = constantOf(here);
    if (kind === "equal" && rest === 0) continue;
    if (rest !== undefined && (kind === "equal" || (said !== undefined && rest < 0))) {
      const wanted = said === undefined ? printDim(dim) : printComparison(said);
      const own = kind === "equal" ? undefined : saidHere(said, dimensions);
      const comes = own === undefined ? `they differ by ${printDim(here)}` : `that is \`${printComparison(own)}\``;
      const message = `\`${name}\` is right for \`${wanted}\` only, and here ${comes}`;
      checker.report("bad-dimension-size", span, message);
      return false;
    }
    checker.oblige(kind, here, span, saidHere(said, dimensions));
  }
  return true;
}

/** The same comparison in the dimensions of who uses it. */
function saidHere(said: SizeComparison | undefined, dimensions: ReadonlyMap<string, Dim>): SizeComparison | undefined {
  const [left, right] =
    said === undefined ? [] : [said.left, said.right].map((dim) => boundedSubstitute(dim, dimensions));
  return said && left && right && { left, operator: said.operator, right };
}
