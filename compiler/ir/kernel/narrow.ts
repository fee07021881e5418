/** Ranges of variables where a side of a choice is evaluated. */
import { evaluateDim } from "../../base/types/dim.js";
import { subtractAffine } from "./affine.js";
import type { Condition } from "./visit.js";

/** From the least value to the largest; undefined where it is not known. */
export type Range = readonly [number, number] | undefined;

/** `scope` where the condition is true; undefined where that depends on several variables. */
export function narrow(
  scope: ReadonlyMap<string, Range>,
  { left, right, holds }: Condition,
  sizes: ReadonlyMap<string, number>,
): ReadonlyMap<string, Range> | undefined {
  const distance = subtractAffine(left, right);
  const constant = evaluateDim(distance.constant, sizes);
  const terms = distance.terms
    .map(({ variable, coefficient }) => ({ variable, slope: evaluateDim(coefficient, sizes) }))
    .filter(({ slope }) => slope !== 0);
  const [term, ...others] = terms;
  if (term === undefined) return constant < 0 === holds ? scope : new Map(scope).set("", [1, 0]);
  const range = scope.get(term.variable);
  if (others.length > 0 || range === undefined) return undefined;
  const { variable, slope } = term;
  // slope · v + constant < 0 holds below -constant / slope, or above it.
  const change = -constant / slope;
  const [low, high] = range;
  const isBelow = slope > 0 === holds;
  if (isBelow)
    return new Map(scope).set(variable, [low, Math.min(high, holds ? Math.ceil(change) - 1 : Math.floor(change))]);
  return new Map(scope).set(variable, [Math.max(low, holds ? Math.floor(change) + 1 : Math.ceil(change)), high]);
}
