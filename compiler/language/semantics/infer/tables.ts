/** Tables of whole numbers, `perm = [2, 0, 1]`: places where these are wanted, and real numbers elsewhere. */
import type { Span } from "../../../base/source/span.js";
import { boundedAdd, boundedSubtract } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, equalDims, printDim } from "../../../base/types/dim.js";
import type { ReportOptions } from "../../../base/diagnostics/diagnostic.js";
import type { Checker } from "../checker.js";
import { helpWithLeast } from "../networks.js";
import { axesOf } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { rangeOf, wholeNumbersOfAll } from "./whole-ranges.js";

/** A list, or a constant of a file, with how far its numbers go, where all are whole. */
export function asTable<T extends TypedExpression>(checker: Checker, typed: T): T {
  const whole = typed.type.kind === "real" ? wholeNumbersOfAll(checker, [typed]) : undefined;
  return whole === undefined ? typed : { ...typed, type: { ...typed.type, whole } };
}

interface WrittenNumber {
  /** As it stands there, or as it is computed of numbers and dimensions. */
  readonly value: Dim | number;
  readonly span: Span;
}

/** The numbers that a table is written with, in their order, also where a computed one of them is read; none of what is made of an index. */
function* numbersIn(checker: Checker, typed: TypedExpression): Iterable<WrittenNumber> {
  if (typed.kind === "number") yield { value: typed.value, span: typed.span };
  else if (typed.kind === "stack") for (const part of typed.operands) yield* numbersIn(checker, part);
  else if (typed.kind === "element" || typed.kind === "gather") yield* numbersIn(checker, typed.operand);
  else if (typed.kind === "call" && typed.arguments.length === 0)
    for (const { value } of typed.fn.results) yield* numbersIn(checker, value);
  else if (axesOf(typed.type).length === 0) {
    const range = rangeOf(checker, typed);
    if (range?.isKnown === true && equalDims(range.low, range.high)) yield { value: range.low, span: typed.span };
  }
}

function report(
  checker: Checker,
  { span }: TypedExpression,
  number: WrittenNumber,
  message: string,
  { related = [], help }: ReportOptions,
): void {
  const isElsewhere = number.span.file !== span.file || number.span.start < span.start || number.span.end > span.end;
  const written = isElsewhere ? [{ span: number.span, message: "it stands here" }] : [];
  checker.report("place-out-of-range", isElsewhere ? span : number.span, message, {
    related: [...written, ...related],
    ...(help !== undefined && { help }),
  });
}

/** Reports the first number of a table that is no whole one; false where there is none. */
export function reportBroken(checker: Checker, table: TypedExpression): boolean {
  for (const number of numbersIn(checker, table)) {
    if (typeof number.value !== "number" || Number.isInteger(number.value)) continue;
    report(checker, table, number, `${number.value} is no place: places are whole numbers`, {});
    return true;
  }
  return false;
}

/**
 * Reports the first number of a table that is no place of an axis, for all of its sizes; false where there is none.
 *
 * @param index the table, as an index
 */
export function reportOutside(
  checker: Checker,
  index: TypedExpression,
  size: Dim,
  related: ReportOptions["related"] = [],
): boolean {
  const most = constantOf(size);
  // Of one number that stands there it is said what is expected.
  if (index.kind === "number" || index.kind === "dimension" || index.kind === "elementwise") return false;
  for (const number of numbersIn(checker, index)) {
    const place = typeof number.value === "number" ? dimConstant(number.value) : number.value;
    const end = boundedAdd(place, dimConstant(1));
    const room = end && boundedSubtract(size, end);
    const isLow = !checker.provenAtLeast(place, 0);
    if (!isLow && room !== undefined && checker.provenAtLeast(room, 0)) continue;
    const there = constantOf(place);
    const [message, help] = isLow
      ? [`the place is ${printDim(place)}, and places begin at 0`, `the last one is ${last(size)}`]
      : most !== undefined && there !== undefined
        ? [
            `the place is ${there}, and the last place is ${most - 1}`,
            `of an axis of size ${most}: another place, or a longer axis`,
          ]
        : [`nothing says that ${printDim(size)} is more than ${printDim(place)}`, helpFor(checker, size, place)];
    report(checker, index, number, message, { related, ...(help !== undefined && { help }) });
    return true;
  }
  return false;
}

/** Reports a table whose numbers are computed of an index, and go beyond the last place of an axis; false where it is no table. */
export function reportBeyond(
  checker: Checker,
  index: TypedExpression,
  { bound, size }: { readonly bound: Dim; readonly size: Dim },
  related: ReportOptions["related"] = [],
): boolean {
  const highest = boundedAdd(bound, dimConstant(-1));
  if (!isTable(index) || highest === undefined) return false;
  const [own, most] = [bound, size].map(constantOf);
  const message =
    own !== undefined && most !== undefined
      ? `the places may go up to ${own - 1}, and the last place is ${most - 1}`
      : `nothing says that ${printDim(size)} is more than ${printDim(highest)}`;
  checker.report("place-out-of-range", index.span, message, { related, help: helpFor(checker, size, highest) });
  return true;
}

function isTable(typed: TypedExpression): boolean {
  if (typed.kind === "element" || typed.kind === "gather") return isTable(typed.operand);
  return typed.kind === "stack" || (typed.kind === "call" && typed.arguments.length === 0);
}

const last = (size: Dim): string => printDim(boundedAdd(size, dimConstant(-1)) ?? size);

function helpFor(checker: Checker, size: Dim, place: Dim): string {
  const end = boundedAdd(place, dimConstant(1));
  const room = end && boundedSubtract(size, end);
  const least = room && helpWithLeast(checker, room);
  if (least !== undefined) return least;
  // A size that is given can be made larger in the text only.
  return constantOf(size) !== undefined
    ? `it must hold for all sizes: \`${printDim(end ?? place)}\` in the place of the ${printDim(size)} is enough for it`
    : `it must hold for all sizes: with \`${printDim(end ?? place)} + R\` in the place of \`${printDim(size)}\` it does`;
}
