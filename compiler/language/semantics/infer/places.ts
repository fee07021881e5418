/** Places with an index: `v[n]`, `v[n + 1]`, `v[K - 1 - n]`. */
import type { Expression, IndexNode } from "../../syntax/ast.js";
import { boundedAdd, boundedSubtract } from "../../../base/types/bounded-dim.js";
import {
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  printDim,
  provenAtLeast,
  substituteDim,
  subtractDims,
} from "../../../base/types/dim.js";
import type { BoundIndex, Checker } from "../checker.js";
import { dimensionOf } from "../dimension-expressions.js";
import { forEachPart } from "../expression-parts.js";
import { axesOf, type Axis } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
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

/** An entry by a place with an index in it; undefined where something was reported. */
export function takeByIndex(
  checker: Checker,
  at: AxisAt,
  expression: Expression,
  indices: readonly BoundIndex[],
): TypedExpression | undefined {
  const [index, second] = indices;
  if (index === undefined) return undefined;
  const { span } = expression;
  if (second !== undefined) {
    const words = `\`${index.name}\` and \`${second.name}\``;
    checker.report("bad-slice", span, `${words} stand in one place`, {
      help: "a place has one index and whole numbers: `v[n]`, `v[n + 1]`, `v[K - 1 - n]`",
    });
    return undefined;
  }
  const isAlone = expression.kind === "reference";
  if (isAlone) index.size ??= at.size.dim;
  const place = checker.withPlaces(() => dimensionOf(checker, expression));
  if (place === undefined) return undefined;
  const affine = asAffine(place, index.name);
  if (affine === undefined) {
    checker.report("bad-slice", span, `\`${printDim(place)}\` does not go up or down by one with \`${index.name}\``, {
      help: "a place is an index and whole numbers: `v[n]`, `v[n + 1]`, `v[K - 1 - n]`",
    });
    return undefined;
  }
  if (index.size === undefined) {
    checker.report("index-range-unknown", index.span, `nothing says how far \`${index.name}\` goes`, {
      help: `give its range: \`${index.name} < N\``,
    });
    return undefined;
  }
  if (isAlone && !index.written && !equalDims(index.size, at.size.dim)) {
    return reportRange(checker, at, index, index.size, expression);
  }
  if (!isWithin(checker, at, index, index.size, affine, expression)) return undefined;
  const axes = axesOf(at.value.type).filter((_, i) => i !== at.axis);
  const { value: operand, axis } = at;
  return { kind: "element", operand, axis, index: index.name, ...affine, span, type: { kind: "real", axes } };
}

type AffinePlace = Pick<Extract<TypedExpression, { kind: "element" }>, "start" | "reverse">;

/** `start + index`, or `start - index`. */
function asAffine(place: Dim, index: string): AffinePlace | undefined {
  // A sum of terms, of which one at most has the index, and nothing else.
  const isOther = place.terms.some(({ powers }) => powers.length > 1 && powers.some(([symbol]) => symbol === index));
  const isPower = place.terms.some(({ powers }) => powers.some(([symbol, power]) => symbol === index && power !== 1));
  if (isOther || isPower) return undefined;
  const at = (value: number): Dim => substituteDim(place, new Map([[index, dimConstant(value)]]));
  const start = at(0);
  const step = constantOf(subtractDims(at(1), start));
  return step === 1 || step === -1 ? { start, reverse: step < 0 } : undefined;
}

function reportRange(checker: Checker, at: AxisAt, index: BoundIndex, size: Dim, { span }: Expression): undefined {
  const message = `\`${index.name}\` goes to ${printDim(size)}, and here over an axis of ${printDim(at.size.dim)}`;
  checker.report("index-range-differs", span, message, {
    related: [placeOfAxis(at.root, at.position), { span: index.span, message: `\`${index.name}\` stands here` }],
    help: "an index goes over axes of one size: use another letter for the other",
  });
  return undefined;
}

/** Proves that the place is in the axis for every value of the index and all sizes. */
function isWithin(
  checker: Checker,
  at: AxisAt,
  index: BoundIndex,
  size: Dim,
  { start, reverse }: AffinePlace,
  { span }: Expression,
): boolean {
  const last = boundedSubtract(size, dimConstant(1));
  const end = last && (reverse ? boundedSubtract(start, last) : boundedAdd(start, last));
  if (last === undefined || end === undefined) {
    checker.reportTooLarge(span);
    return false;
  }
  const [low, high] = reverse ? [end, start] : [start, end];
  const ends = reverse ? `\`${index.name}\` is ${printDim(last)}` : `\`${index.name}\` is 0`;
  const begins = reverse ? `\`${index.name}\` is 0` : `\`${index.name}\` is ${printDim(last)}`;
  const related = [placeOfAxis(at.root, at.position)];
  const refuse = (place: Dim, when: string, limit: string, help: string): false => {
    const word = constantOf(place) === undefined ? "may be" : "is";
    const message = `the place ${word} ${printDim(place)} where ${when}, ${limit}`;
    checker.report("place-out-of-range", span, message, { related, help });
    return false;
  };
  if (!provenAtLeast(low, 0)) {
    const shifted = "the entry before, 0 at the start: `concat(zeros([1]), v[:N - 1])[n]`";
    return refuse(low, ends, "and places begin at 0", reverse ? `a shorter range: \`${index.name} < …\`` : shifted);
  }
  const room = subtractDims(subtractDims(at.size.dim, dimConstant(1)), high);
  if (provenAtLeast(room, 0)) return true;
  const lastPlace = printDim(subtractDims(at.size.dim, dimConstant(1)));
  return refuse(high, begins, `and the last place is ${lastPlace}`, `a shorter range: \`${index.name} < …\``);
}
