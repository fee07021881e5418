/** Finds the dimensions of a function or of a used cell's contexts from the shapes of what is given. */
import { boundedDivide, boundedSubstitute, boundedSubtract, isSurelyWhole } from "../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, subtractDims, symbolsOf } from "../../base/types/dim.js";
import { axesOf, type SemanticType } from "./semantic-type.js";

export interface Pair {
  readonly declared: Dim;
  readonly actual: Dim;
}

/** What a type of the same number of axes tells: the size of each axis, and the bound of an index. */
export function pairsOf(declared: SemanticType, actual: SemanticType): Pair[] {
  const axes = axesOf(actual);
  const sizes = axesOf(declared).flatMap(({ dim }, i) => {
    const axis = axes[i];
    return axis === undefined ? [] : [{ declared: dim, actual: axis.dim }];
  });
  if (declared.kind !== "index" || actual.kind !== "index") return sizes;
  return [{ declared: declared.bound, actual: actual.bound }, ...sizes];
}

/**
 * Solves pairs for `unknown`, one symbol at a time, wherever a pair is linear in the only symbol still unknown.
 * Pairs that do not fit are not looked at here: the caller compares after substitution.
 */
export function bindDimensions(pairs: readonly Pair[], unknown: ReadonlySet<string>): Map<string, Dim> {
  const bound = new Map<string, Dim>();
  const waiting = new Set(pairs);
  for (let progress = true; progress;) {
    progress = false;
    for (const pair of waiting) {
      const free = symbolsOf(pair.declared).filter((symbol) => unknown.has(symbol) && !bound.has(symbol));
      if (free.length > 1) continue;
      waiting.delete(pair);
      const symbol = free[0];
      if (symbol === undefined) continue;
      const solution = solve(pair, symbol, bound);
      if (solution === undefined) continue;
      bound.set(symbol, solution);
      progress = true;
    }
  }
  return bound;
}

/** Symbols that no argument could ever tell. */
export function unboundSymbols(declared: readonly Dim[], unknown: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  for (let progress = true; progress;) {
    progress = false;
    for (const dim of declared) {
      const free = symbolsOf(dim).filter((symbol) => unknown.has(symbol) && !found.has(symbol));
      const symbol = free[0];
      if (free.length !== 1 || symbol === undefined || split(dim, symbol) === undefined) continue;
      found.add(symbol);
      progress = true;
    }
  }
  return [...unknown].filter((symbol) => !found.has(symbol));
}

/** `declared = factor * symbol + rest` with a factor that can be divided by. */
function split(declared: Dim, symbol: string): { readonly factor: Dim; readonly rest: Dim } | undefined {
  if (declared.terms.some(({ powers }) => powers.some(([name, exponent]) => name === symbol && exponent !== 1)))
    return undefined;
  const rest = boundedSubstitute(declared, new Map([[symbol, dimConstant(0)]]));
  const whole = boundedSubstitute(declared, new Map([[symbol, dimConstant(1)]]));
  if (rest === undefined || whole === undefined) return undefined;
  const factor = subtractDims(whole, rest);
  return factor.terms.length === 1 ? { factor, rest } : undefined;
}

function solve({ declared, actual }: Pair, symbol: string, bound: ReadonlyMap<string, Dim>): Dim | undefined {
  const parts = split(declared, symbol);
  if (parts === undefined) return undefined;
  const rest = boundedSubstitute(parts.rest, bound);
  const factor = boundedSubstitute(parts.factor, bound);
  const difference = rest && boundedSubtract(actual, rest);
  const solution = difference && factor && boundedDivide(difference, factor);
  if (solution === undefined) return undefined;
  const isPlain = factor !== undefined && constantOf(factor) === 1;
  return isPlain || isSurelyWhole(solution) ? solution : undefined;
}
