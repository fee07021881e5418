/**
 * How far whole numbers go: indices, dimensions, whole literals, indices of equations, and what arithmetic makes of them. It is told by the
 * expression, in whatever order its parts stand.
 */
import type { Span } from "../../../base/source/span.js";
import { boundedAdd, boundedMultiply, boundedSubtract } from "../../../base/types/bounded-dim.js";
import { addDims, constantOf, type Dim, dimConstant, multiplyDims, subtractDims } from "../../../base/types/dim.js";
import type { Checker } from "../checker.js";
import { type Axis, type IndexType, mostPlaces, type WholeNumbers } from "../semantic-type.js";
import { reportUnknownRange } from "./places.js";
import { readsIndex, typedParts, wholeNumbersIn } from "../typed-parts.js";
import type { TypedExpression, TypedOf } from "../typed-program.js";

export const one = dimConstant(1);
export const zero = dimConstant(0);

/** Whole numbers of which something may not be told: how far an index goes, or a bound that can be written. */
export interface WholeRange extends Omit<WholeNumbers, "exact"> {
  /** False where the range of an index is not told, which counts as 0. */
  readonly isKnown: boolean;
}

/** Undefined where it is no whole number, or none whose range can be written. */
export function rangeOf(checker: Checker, typed: TypedExpression): WholeRange | undefined {
  const { type } = typed;
  const moved = movedBy(typed);
  if (moved !== undefined) return rangeOf(checker, moved);
  switch (typed.kind) {
    case "number":
      return Number.isInteger(typed.value) ? known(dimConstant(typed.value), dimConstant(typed.value)) : undefined;
    case "dimension":
      return known(typed.dim, typed.dim);
    case "position":
      return rangeOfPosition(checker, typed.index);
    case "stack":
    case "concat":
      if (type.kind === "real" && type.whole === undefined) return rangeOfAll(checker, typed.operands);
      break;
    case "places":
      if (typed.operation === "real") return typed.operands[0] && rangeOf(checker, typed.operands[0]);
      break;
    case "elementwise": {
      const told = type.kind === "index" ? rangeOfIndex(type) : undefined;
      return told?.isKnown === true ? told : (rangeOfOperation(checker, typed) ?? told);
    }
  }
  if (type.kind === "index") return rangeOfIndex(type);
  const whole = wholeNumbersIn(typed);
  return whole && known(whole.low, whole.high);
}

/** Of values beside each other. */
function rangeOfAll(checker: Checker, values: readonly TypedExpression[]): WholeRange | undefined {
  const [first, ...others] = values;
  return others.reduce<WholeRange | undefined>(
    (all, value) => {
      const own = all && rangeOf(checker, value);
      return all && own && rangeOfTwo(checker, "if", all, own);
    },
    first && rangeOf(checker, first),
  );
}

/** What has the same elements, or more. */
function movedBy(typed: TypedExpression): TypedExpression | undefined {
  switch (typed.kind) {
    case "element":
    case "slice":
    case "gather":
    case "reshape":
    case "transpose":
    case "repeat":
    case "reverse":
      return typed.operand;
    default:
      return undefined;
  }
}

function rangeOfIndex({ bound, low, isOpen }: IndexType): WholeRange | undefined {
  const high = difference(bound, one);
  return high && { low: low ?? zero, high, isKnown: isOpen !== true || low !== undefined };
}

/** What is left by a size, which is at least 1. */
export const rangeAround = (size: Dim): WholeRange => known(zero, subtractDims(size, one));

const known = (low: Dim, high: Dim): WholeRange => ({ low, high, isKnown: true });

function rangeOfPosition(checker: Checker, index: string): WholeRange | undefined {
  const { size, first = zero } = checker.indices.get(index) ?? {};
  if (size === undefined) return { low: first, high: first, isKnown: false };
  const high = difference(size, one);
  const end = high && sum(high, first);
  return end && known(first, end);
}

function rangeOfOperation(checker: Checker, node: TypedOf<"elementwise">): WholeRange | undefined {
  const operands = node.operation === "if" ? node.operands.slice(1) : node.operands;
  const [a, b] = operands.map((operand) => rangeOf(checker, operand));
  if (node.operation === "negate") return a && rangeBetween([negated(a.high), negated(a.low)], a.isKnown);
  if (a === undefined || b === undefined) return undefined;
  return rangeOfTwo(checker, node.operation, a, b);
}

/** Of an operation on two, where it gives whole numbers. */
export function rangeOfTwo(checker: Checker, operation: string, a: WholeRange, b: WholeRange): WholeRange | undefined {
  const isKnown = a.isKnown && b.isKnown;
  switch (operation) {
    case "+":
      return rangeBetween([sum(a.low, b.low), sum(a.high, b.high)], isKnown);
    case "-":
      return rangeBetween([difference(a.low, b.high), difference(a.high, b.low)], isKnown);
    case "*": {
      if ([a, b].every(({ low }) => checker.provenAtLeast(low, 0)))
        return rangeBetween([times(a.low, b.low), times(a.high, b.high)], isKnown);
      const [sizeA, sizeB] = [sizeOfRange(checker, a), sizeOfRange(checker, b)];
      const size = sizeA && sizeB && times(sizeA, sizeB);
      return rangeBetween([size && negated(size), size], isKnown);
    }
    case "mod":
      return checker.provenAtLeast(b.low, 1) ? rangeBetween([zero, difference(b.high, one)], true) : undefined;
    case "if":
      return rangeOfEither(checker, a, b, isKnown);
    default:
      return undefined;
  }
}

/** From the least of both to the greatest, where it is known which these are. */
function rangeOfEither(checker: Checker, a: WholeRange, b: WholeRange, isKnown: boolean): WholeRange | undefined {
  const [low, otherLow] = checker.isAtMost(a.low, b.low) ? [a.low, b.low] : [b.low, a.low];
  const [high, otherHigh] = checker.isAtMost(b.high, a.high) ? [a.high, b.high] : [b.high, a.high];
  const isTold = checker.isAtMost(low, otherLow) && checker.isAtMost(otherHigh, high);
  if (isTold) return rangeBetween([low, high], isKnown);
  // All that is known is that it is no further from 0 than both together.
  const [sizeA, sizeB] = [sizeOfRange(checker, a), sizeOfRange(checker, b)];
  const size = sizeA && sizeB && sum(sizeA, sizeB);
  const isFromZero = [a, b].every((own) => checker.provenAtLeast(own.low, 0));
  return rangeBetween([isFromZero ? zero : size && negated(size), size], isKnown);
}

function rangeBetween(
  [low, high]: readonly [Dim | undefined, Dim | undefined],
  isKnown: boolean,
): WholeRange | undefined {
  return low && high && { low, high, isKnown };
}

const negated = (dim: Dim): Dim => subtractDims(zero, dim);

type DimArithmetic<Result> = (a: Dim, b: Dim) => Result;

/** Numbers of a text may come to more than dimensions do. */
const ofNumbers =
  (exact: DimArithmetic<Dim>, bounded: DimArithmetic<Dim | undefined>): DimArithmetic<Dim | undefined> =>
  (a, b) =>
    constantOf(a) !== undefined && constantOf(b) !== undefined ? exact(a, b) : bounded(a, b);

const sum = ofNumbers(addDims, boundedAdd);
const difference = ofNumbers(subtractDims, boundedSubtract);
const times = ofNumbers(multiplyDims, boundedMultiply);

/** How many places there are up to the last. */
export const boundOf = ({ high }: WholeRange): Dim | undefined => sum(high, one);

/** How far from 0 they are at most. */
function sizeOfRange(checker: Checker, { low, high }: WholeRange): Dim | undefined {
  if (checker.provenAtLeast(low, 0)) return high;
  return sum(absolute(low), absolute(high));
}

/** At least the absolute value, whatever the sizes. */
function absolute(dim: Dim): Dim {
  const below = { ...dim, terms: dim.terms.filter(({ numerator }) => numerator < 0) };
  return subtractDims(subtractDims(dim, below), below);
}

/** What whole numbers come to on the way to another one, and where. */
interface Reached {
  readonly dim: Dim;
  readonly span: Span;
}

/** Of arithmetic alone: what it begins with is counted elsewhere. */
function reachedBy(checker: Checker, typed: TypedExpression): Reached[] {
  const range = typed.kind === "elementwise" ? rangeOf(checker, typed) : undefined;
  const ends =
    range === undefined ? [] : [range.high, ...(checker.provenAtLeast(range.low, 0) ? [] : [negated(range.low)])];
  return [...ends.map((dim) => ({ dim, span: typed.span })), ...reachedInside(checker, typed)];
}

/** A remainder is as small as what it is by, however large what it is of. */
function reachedInside(checker: Checker, typed: TypedExpression): Reached[] {
  const { span } = typed;
  const moved = movedBy(typed);
  if (moved !== undefined) return reachedInside(checker, moved);
  if (typed.kind === "places" && typed.operation === "real")
    return typed.operands.flatMap((operand) => reachedInside(checker, operand));
  if (typed.kind !== "elementwise") return wholeNumbersIn(typed)?.exact.map((dim) => ({ dim, span })) ?? [];
  const inside = typed.operation === "mod" ? reachedBy : reachedInside;
  return typed.operands.flatMap((operand) => inside(checker, operand));
}

/** Whole numbers are computed as real ones, which count to some number only: whether that is enough is known with the sizes. */
export function obligeExact(checker: Checker, typed: TypedExpression): void {
  for (const { dim, span } of reachedBy(checker, typed))
    if ((constantOf(dim) ?? Infinity) > mostPlaces) checker.oblige("exact", dim, span);
}

/** What a value is known to be for each value of its indices. */
export function wholeNumbersOf(checker: Checker, typed: TypedExpression): WholeNumbers | undefined {
  return typed.type.kind === "real" && isMadeOfIndices(typed) ? wholeNumbersOfAll(checker, [typed]) : undefined;
}

/** What all of these numbers are known to be; undefined where they need not be whole. */
export function wholeNumbersOfAll(checker: Checker, values: readonly TypedExpression[]): WholeNumbers | undefined {
  const range = rangeOfAll(checker, values);
  if (range?.isKnown !== true) return undefined;
  const exact = values.flatMap((value) => reachedBy(checker, value)).map(({ dim }) => dim);
  return { low: range.low, high: range.high, exact };
}

/** It as an index, where it is made of indices of equations and of what is whole beside them; else as it is. */
export function asIndex(checker: Checker, typed: TypedExpression): TypedExpression {
  if (typed.type.kind !== "real" || !isMadeOfIndices(typed)) return typed;
  const range = rangeOf(checker, typed);
  const bound = range && boundOf(range);
  if (range === undefined || bound === undefined) return typed;
  if (!range.isKnown) return refuseUnknown(checker, typed);
  obligeExact(checker, typed);
  return { ...typed, type: indexTypeOf(checker, range, bound, typed.type.axes) };
}

/** Something else may tell how far an index goes, but not what is wanted of it. */
function refuseUnknown(checker: Checker, typed: TypedExpression): TypedExpression {
  for (const index of checker.indices.values())
    if (index.size === undefined && readsIndex(typed, index.name)) reportUnknownRange(checker, index);
  return checker.error(typed.span);
}

export function indexTypeOf(
  checker: Checker,
  { low, isKnown }: WholeRange,
  bound: Dim,
  axes: readonly Axis[],
): IndexType {
  if (isKnown && checker.provenAtLeast(low, 0)) return { kind: "index", bound, axes };
  return { kind: "index", bound, axes, isOpen: true, ...(isKnown && { low }) };
}

/** Numbers and dimensions alone are taken for what they are. */
function isMadeOfIndices(typed: TypedExpression): boolean {
  if (typed.kind === "position" || typed.type.kind === "index") return true;
  if (wholeNumbersIn(typed) !== undefined) return true;
  return typedParts(typed).some(isMadeOfIndices);
}
