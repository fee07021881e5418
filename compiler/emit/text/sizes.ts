/** Sizes as JavaScript: dimensions, and the elements of slots that have them. */
import { at } from "../../base/at.js";
import { type Dim, symbolOf } from "../../base/types/dim.js";
import type { KernelSlot } from "../../ir/kernel/kernel-program.js";

/** The elements of a slot: the largest of its sizes, but not more than it has at most; `print` writes one of them. */
export function printSlotSize(
  { sizes, most }: Pick<KernelSlot, "sizes" | "most">,
  print: (dim: Dim) => string,
): string {
  const each = [...new Set(sizes.map(print))];
  const largest = each.length === 1 ? at(each, 0) : `Math.max(${each.join(", ")})`;
  return most === undefined ? largest : `Math.min(${largest}, ${print(most)})`;
}

/** A term of a sum, or a sum whose first term it is, by its sign and without it. */
export interface SignedText {
  readonly negative: boolean;
  readonly text: string;
}

/** Their sum. */
export const joinSigned = (terms: readonly SignedText[]): string =>
  terms
    .map(({ negative, text }, i) => (i === 0 ? `${negative ? "-" : ""}${text}` : ` ${negative ? "-" : "+"} ${text}`))
    .join("");

/** A dimension over sizes that are written as `symbol` says. */
export const printDimension = (dim: Dim, symbol: (name: string) => string): string =>
  joinSigned([signedDimension(dim, symbol)]);

/** The same, to be added to another number. */
export function signedDimension(dim: Dim, symbol: (name: string) => string): SignedText {
  const terms: SignedText[] = [];
  let divides = false;
  for (const term of dim.terms) {
    const top: string[] = [];
    const bottom: string[] = [];
    for (const [factor, exponent] of term.powers) {
      for (let i = 0; i < Math.abs(exponent); i++) (exponent > 0 ? top : bottom).push(symbol(symbolOf(factor)));
    }
    const magnitude = Math.abs(term.numerator);
    if (magnitude !== 1 || top.length === 0) top.push(String(magnitude));
    if (term.denominator !== 1) bottom.push(String(term.denominator));
    divides ||= bottom.length > 0;
    const quotient = bottom.length === 0 ? top.join(" * ") : `(${top.join(" * ")}) / (${bottom.join(" * ")})`;
    terms.push({ negative: term.numerator < 0, text: quotient });
  }
  const [first, ...others] = terms;
  if (first === undefined) return { negative: false, text: "0" };
  if (divides) return { negative: false, text: `Math.round(${joinSigned(terms)})` };
  return { negative: first.negative, text: joinSigned([{ ...first, negative: false }, ...others]) };
}
