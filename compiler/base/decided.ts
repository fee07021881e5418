/** Sets of names of which each is decided, so that one that is new is no tacit "no". */

/**
 * The names that something holds for, beside those that it does not. A name that stands in neither list is a type error that
 * names it, and so is one that stands in both.
 *
 * @example
 * const isLong = decided<"sum" | "copy">()(["sum"], ["copy"]);
 */
export const decided =
  <All extends string>() =>
  <const Yes extends All, const No extends Exclude<All, Yes>>(
    holds: readonly Yes[],
    _others: readonly No[] &
      ([Exclude<All, Yes | No>] extends [never] ? unknown : { readonly forgotten: Exclude<All, Yes | No> }),
  ): ReadonlySet<All> =>
    new Set<All>(holds);
