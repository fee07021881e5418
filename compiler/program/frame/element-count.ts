/** How many elements values have: a value may be too large. */
import type { Span } from "../../base/source/span.js";
import { constantOf, type Dim } from "../../base/types/dim.js";
import { printShape, type Shape } from "../../base/types/shape.js";
import { NotLowered } from "./frame.js";

export const largestCount = 2 ** 31 - 1;

/** A value is too large; everything else was checked before. */
export function tooLarge(span: Span, message: string): NotLowered {
  return new NotLowered("bad-dimension-size", span, message, sizeHelp);
}

const sizeHelp = `a tensor, and all params together, have at most ${largestCount} elements`;

/** What has no meaning for no elements: a place among them, a mean. */
export function checkElements(sizes: readonly Dim[], what: string, { span }: { readonly span: Span }): void {
  if (!sizes.some((size) => constantOf(size) === 0)) return;
  const word = what === "place" ? "a place among" : `\`${what}\` of`;
  throw new NotLowered("bad-dimension-size", span, `this is ${word} no elements`, "give a larger size");
}

/** Number of elements where all sizes are known. */
export function countOf(shape: Shape): number | undefined {
  let count = 1;
  for (const dim of shape) {
    const size = constantOf(dim);
    if (size === undefined) return undefined;
    count *= size;
  }
  return count;
}

export function checkCount(shape: Shape, span: Span, what: string): void {
  const count = countOf(shape) ?? 0;
  if (count > largestCount) throw tooLarge(span, `${what} of shape ${printShape(shape)} has ${count} elements`);
}
