/** Places with an index: `v[n]`, `v[n + 1]`, `v[K - 1 - n]`. */
import type { Span } from "../../../base/source/span.js";
import type { Expression, IndexNode } from "../../syntax/ast.js";
import { boundedAdd, boundedSubtract } from "../../../base/types/bounded-dim.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  isFloor,
  type Power,
  printDim,
  printFactor,
  substituteDim,
  subtractDims,
} from "../../../base/types/dim.js";
import type { BoundIndex, Checker } from "../checker.js";
import { dimensionOf, sizeOf } from "../dimension-expressions.js";
import { forEachPart } from "../expression-parts.js";
import { axesOf, type Axis, numbersOf } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import type { PlaceTerm } from "../typed-sizes.js";
import { placeOfAxis } from "./mismatch.js";

/** `new` alone, where nothing is called so. */
export function isNewAxis(checker: Checker, index: IndexNode["indices"][number]): boolean {
  if (index.kind !== "at" || index.value.kind !== "reference" || index.value.next) return false;
  return index.value.name === "new" && !checker.scope.entries.has("new");
}

/** For each thing in the brackets the axis of the value that it is for: none for `new`. */
export function axesOfPlaces(checker: Checker, node: IndexNode): (number | undefined)[] {
  let axis = 0;
  return node.indices.map((index) => (isNewAxis(checker, index) ? undefined : axis++));
}

/** Indices that stand in an expression. */
export function indicesIn(checker: Checker, expression: Expression): BoundIndex[] {
  const found = new Set<BoundIndex>();
  forEachPart(expression, (part) => {
    const index = part.kind === "reference" && !part.next ? checker.indices.get(part.name) : undefined;
    if (index !== undefined) found.add(index);
  });
  return [...found];
}

/** An axis of a value, one place of a bracket. */
export interface AxisAt {
  readonly value: TypedExpression;
  /** The value before any of its axes were cut. */
  readonly root: TypedExpression;
  readonly axis: number;
  readonly size: Axis;
  readonly position: number;
}

/**
 * An element by a place with an index in it; undefined where something was reported.
 *
 * @param computed What it is where the place goes up and down by other steps, if places are computed there: undefined where it is none.
 */
export function takeByIndex(
  checker: Checker,
  at: AxisAt,
  expression: Expression,
  indices: readonly BoundIndex[],
  computed?: () => TypedExpression | undefined,
): TypedExpression | undefined {
  const { span } = expression;
  const isAlone = expression.kind === "reference";
  const [index] = indices;
  if (isAlone && index !== undefined) index.size ??= at.size.dim;
  const circle = circleOf(checker, expression);
  if (circle === undefined) return undefined;
  const { inside, around } = circle;
  // Once around, where nothing else tells the range of one of them.
  const unknown = indices.filter(({ size }) => size === undefined);
  if (around !== undefined && unknown.length === 1 && unknown[0] !== undefined) unknown[0].size = around;
  if (computed !== undefined && hasRemainder(inside)) return computed();
  const place = checker.withPlaces(() => dimensionOf(checker, inside));
  if (place === undefined) return undefined;
  const written = asAffine(place, indices);
  const reported = checker.collector.diagnostics.length;
  const other = written === undefined ? computed?.() : undefined;
  if (other !== undefined || checker.collector.diagnostics.length > reported) return other;
  if (written === undefined) {
    const words = indices.map(({ name }) => `\`${name}\``).join(" and ");
    checker.report("bad-slice", span, `\`${printDim(place)}\` does not go up or down by one with ${words}`, {
      help: "a place is indices and whole numbers: `v[n]`, `v[n + 1]`, `v[K - 1 - n]`, `v[(n - j) mod N]`",
    });
    return undefined;
  }
  const terms = written.terms.map(({ index: name, reverse }) => {
    const bound = indices.find((own) => own.name === name);
    if (bound !== undefined && bound.size === undefined) reportUnknownRange(checker, bound);
    const { size, first } = bound ?? {};
    return size === undefined ? undefined : { index: name, reverse, length: size, ...(first && { first }) };
  });
  if (!terms.every((term) => term !== undefined)) return undefined;
  if (isAlone && index?.size !== undefined && !index.written && !equalDims(index.size, at.size.dim)) {
    return reportRange(checker, at, index, index.size, expression);
  }
  const { start } = written;
  const isFine = around === undefined ? isWithin(checker, at, start, terms, span) : isCircle(checker, at, around, span);
  if (!isFine) return undefined;
  const axes = axesOf(at.value.type).filter((_, i) => i !== at.axis);
  const { value: operand, axis } = at;
  return { kind: "element", operand, axis, start, terms, around, span, type: numbersOf([operand], axes) };
}

/** `p` and N of `p mod N`. */
function circleOf(
  checker: Checker,
  expression: Expression,
): { readonly inside: Expression; readonly around: Dim | undefined } | undefined {
  if (expression.kind !== "binary" || expression.operator !== "mod") return { inside: expression, around: undefined };
  const around = sizeOf(checker, expression.right);
  return around && { inside: expression.left, around };
}

/** `L - 1 - (2 * i) mod N`: no place goes up or down by one there. */
function hasRemainder(place: Expression): boolean {
  let isFound = false;
  forEachPart(place, (part) => {
    isFound ||= part.kind === "binary" && part.operator === "mod";
  });
  return isFound;
}

function isCircle(checker: Checker, at: AxisAt, around: Dim, span: Span): boolean {
  if (checker.provenAtLeast(subtractDims(at.size.dim, around), 0)) return true;
  const message = `a circle of ${printDim(around)} places in an axis of ${printDim(at.size.dim)}`;
  checker.report("place-out-of-range", span, message, {
    related: [placeOfAxis(at.root, at.position)],
    help: `the axis goes around at its end: \`mod ${printFactor(at.size.dim)}\``,
  });
  return false;
}

/** `start`, with indices added or taken away, and nothing else. */
function asAffine(
  place: Dim,
  indices: readonly BoundIndex[],
): { readonly start: Dim; readonly terms: readonly Pick<PlaceTerm, "index" | "reverse">[] } | undefined {
  const names = new Set(indices.map(({ name }) => name));
  const isIndex = (power: Power): power is readonly [string, number] => !isFloor(power[0]) && names.has(power[0]);
  const terms: Pick<PlaceTerm, "index" | "reverse">[] = [];
  for (const { numerator, denominator, powers } of place.terms) {
    const own = powers.find(isIndex);
    if (own === undefined) continue;
    const [index, power] = own;
    if (powers.length > 1 || power !== 1 || denominator !== 1 || Math.abs(numerator) !== 1) return undefined;
    terms.push({ index, reverse: numerator < 0 });
  }
  const isComplete = terms.length === names.size;
  const start = substituteDim(place, new Map([...names].map((name) => [name, dimConstant(0)])));
  return isComplete ? { start, terms } : undefined;
}

export function reportUnknownRange(checker: Checker, { name, span }: BoundIndex): void {
  checker.report("index-range-unknown", span, `nothing says how far \`${name}\` goes`, {
    help: `give its range: \`${name} < N\``,
  });
}

function reportRange(checker: Checker, at: AxisAt, index: BoundIndex, size: Dim, { span }: Expression): undefined {
  const message = `\`${index.name}\` goes to ${printDim(size)}, and here over an axis of ${printDim(at.size.dim)}`;
  checker.report("index-range-differs", span, message, {
    related: [placeOfAxis(at.root, at.position), { span: index.span, message: `\`${index.name}\` stands here` }],
    help: "an index goes over axes of one size: use another letter for the other",
  });
  return undefined;
}

/** Proves that the place is in the axis for every value of its indices and all sizes. */
function isWithin(checker: Checker, at: AxisAt, start: Dim, terms: readonly PlaceTerm[], span: Span): boolean {
  let [low, high]: (Dim | undefined)[] = [start, start];
  for (const { length, reverse, first = dimConstant(0) } of terms) {
    const last = boundedAdd(subtractDims(length, dimConstant(1)), first);
    if (last === undefined) low = undefined;
    else if (reverse) [low, high] = [low && boundedSubtract(low, last), high && boundedSubtract(high, first)];
    else [low, high] = [low && boundedAdd(low, first), high && boundedAdd(high, last)];
  }
  if (low === undefined || high === undefined) {
    checker.reportTooLarge(span);
    return false;
  }
  const related = [placeOfAxis(at.root, at.position)];
  const refuse = (place: Dim, isLow: boolean, limit: string, help: string): false => {
    const when = terms.map(({ index, length, reverse, first = dimConstant(0) }) => {
      const end = addDims(subtractDims(length, dimConstant(1)), first);
      return `\`${index}\` is ${printDim(isLow === reverse ? end : first)}`;
    });
    const word = constantOf(place) === undefined ? "may be" : "is";
    const message = `the place ${word} ${printDim(place)} where ${when.join(" and ")}, ${limit}`;
    checker.report("place-out-of-range", span, message, { related, help });
    return false;
  };
  const shorter = `a shorter range: \`${terms[0]?.index ?? "n"} < …\``;
  if (!checker.provenAtLeast(low, 0)) {
    const shifted = "the element before, 0 at the start: `before(v, 0)[n]`; in a circle: `v[(n - 1) mod N]`";
    return refuse(low, true, "and places begin at 0", terms.some(({ reverse }) => reverse) ? shorter : shifted);
  }
  const room = subtractDims(subtractDims(at.size.dim, dimConstant(1)), high);
  if (checker.provenAtLeast(room, 0)) return true;
  const lastPlace = printDim(subtractDims(at.size.dim, dimConstant(1)));
  return refuse(high, false, `and the last place is ${lastPlace}`, shorter);
}
