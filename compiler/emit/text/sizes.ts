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

/** A dimension over sizes that are written as `symbol` says. */
export function printDimension(dim: Dim, symbol: (name: string) => string): string {
  let text = "";
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
    const negative = term.numerator < 0;
    if (text === "") text = negative ? `-${quotient}` : quotient;
    else text += negative ? ` - ${quotient}` : ` + ${quotient}`;
  }
  if (text === "") return "0";
  return divides ? `Math.round(${text})` : text;
}
