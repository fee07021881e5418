/** Tables of whole numbers, `perm = [2, 0, 1]`: places where these are wanted, and real numbers elsewhere. */
import type { Span } from "../../../base/source/span.js";
import { boundedAdd } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, printDim } from "../../../base/types/dim.js";
import type { ReportOptions } from "../../../base/diagnostics/diagnostic.js";
import type { Checker } from "../checker.js";
import { helpWithLeast } from "../networks.js";
import type { TypedExpression } from "../typed-program.js";
import { wholeNumbersOfAll } from "./whole-ranges.js";

/** A list, or a constant of a file, with how far its numbers go, where all are whole. */
export function asTable<T extends TypedExpression>(checker: Checker, typed: T): T {
  const whole = typed.type.kind === "real" ? wholeNumbersOfAll(checker, [typed]) : undefined;
  return whole === undefined ? typed : { ...typed, type: { ...typed.type, whole } };
}

interface WrittenNumber {
  readonly value: number;
  readonly span: Span;
}

/** The numbers that a table is written with, in their order, also where a computed one of them is read; none of what is computed. */
function* numbersIn(typed: TypedExpression): Iterable<WrittenNumber> {
  if (typed.kind === "number") yield { value: typed.value, span: typed.span };
  else if (typed.kind === "stack") for (const part of typed.operands) yield* numbersIn(part);
  else if (typed.kind === "element" || typed.kind === "gather") yield* numbersIn(typed.operand);
  else if (typed.kind === "call" && typed.arguments.length === 0)
    for (const { value } of typed.fn.results) yield* numbersIn(value);
  else if (typed.kind === "elementwise" && typed.operation === "negate")
    for (const operand of typed.operands)
      for (const { value } of numbersIn(operand)) yield { value: -value, span: typed.span };
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
  for (const number of numbersIn(table)) {
    if (Number.isInteger(number.value)) continue;
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
  if (index.kind === "number") return false;
  for (const number of numbersIn(index)) {
    const room = boundedAdd(size, dimConstant(-1 - number.value));
    const isFine = number.value >= 0 && room !== undefined && checker.provenAtLeast(room, 0);
    if (isFine) continue;
    const [message, help] =
      number.value < 0
        ? [`the place is ${number.value}, and places begin at 0`, `the last one is ${last(size)}`]
        : most !== undefined
          ? [`the place is ${number.value}, and the last place is ${most - 1}`, undefined]
          : [`nothing says that ${printDim(size)} is more than ${number.value}`, helpFor(checker, size, number.value)];
    report(checker, index, number, message, { related, ...(help !== undefined && { help }) });
    return true;
  }
  return false;
}

const last = (size: Dim): string => printDim(boundedAdd(size, dimConstant(-1)) ?? size);

function helpFor(checker: Checker, size: Dim, place: number): string {
  const room = boundedAdd(size, dimConstant(-1 - place));
  const least = room && helpWithLeast(checker, room);
  return least ?? `it must hold for all sizes: with \`${place + 1} + R\` in the place of \`${printDim(size)}\` it does`;
}
