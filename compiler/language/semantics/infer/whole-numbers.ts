/** Arithmetic of indices: with each other, with dimensions, whole literals and the indices of equations; its types say how far it goes. */
import { at } from "../../../base/at.js";
import { boundedAdd, boundedMultiply, boundedSubtract } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, printDim, printFactor, subtractDims } from "../../../base/types/dim.js";
import type { BinaryNode, Expression, IfNode } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { checkPositive, dimensionOf, sizeOf } from "../dimension-expressions.js";
import { helpWithLeast } from "../networks.js";
import {
  axesOf,
  type Axis,
  type IndexType,
  numbersOf,
  printSemanticType,
  type SemanticType,
} from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { isDimension } from "./axis-arguments.js";
import { combine } from "./combine.js";
import { isReal, isTruth } from "./mismatch.js";
import { indicesIn } from "./places.js";
import { reportOutside } from "./tables.js";
import {
  asIndex,
  boundOf,
  indexTypeOf,
  obligeExact,
  one,
  rangeAround,
  rangeOf,
  rangeOfTwo,
  type WholeRange,
} from "./whole-ranges.js";

const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);

/** The number that an index is. */
export function numberOf(index: TypedExpression): TypedExpression {
  const type: SemanticType = { kind: "real", axes: axesOf(index.type) };
  return { kind: "places", operation: "real", operands: [index], axis: 0, descending: false, span: index.span, type };
}

export const isIndex = ({ type }: TypedExpression): boolean => type.kind === "index";

/** An operation of which one side is an index; undefined where it is none of indices. */
export function inferWholeBinary(
  checker: Checker,
  node: BinaryNode,
  operands: readonly TypedExpression[],
): TypedExpression | undefined {
  const { operator, span, operatorSpan: reportAt } = node;
  const words = `operands of \`${operator}\``;
  if (comparisons.has(operator)) {
    const isFine = operands.map((operand) => isIndex(operand) || isReal(checker, operand)).every(Boolean);
    const numbers = operands.map((operand) => (isIndex(operand) ? numberOf(operand) : operand));
    if (!isFine) return checker.error(span);
    for (const operand of operands) obligeExact(checker, operand);
    return combine(checker, operator as "==", numbers, { kind: "bool", span, reportAt, words });
  }
  if (!["+", "-", "*", "mod"].includes(operator)) return undefined;
  const around = operator === "mod" ? sizeOf(checker, node.right) : undefined;
  if (operator === "mod" && around === undefined) return checker.error(span);
  // Once around, where nothing else tells the range of an index.
  const unknown = indicesIn(checker, node.left).filter(({ size }) => size === undefined);
  if (around !== undefined && unknown.length === 1 && unknown[0] !== undefined) unknown[0].size = around;
  const [left, right] = [node.left, node.right].map((side, i) => wholeOf(checker, side, at(operands, i)));
  if (left === undefined || right === undefined) return undefined;
  const typed = combine(checker, operator as "+", [left.value, right.value], { kind: "real", span, reportAt, words });
  if (typed.type.kind === "error") return typed;
  const range = around === undefined ? rangeOfTwo(checker, operator, left, right) : rangeAround(around);
  const bound = range && boundOf(range);
  if (range === undefined || bound === undefined) {
    checker.reportTooLarge(span);
    return checker.error(span);
  }
  const result = { ...typed, type: indexTypeOf(checker, range, bound, axesOf(typed.type)) };
  obligeExact(checker, result);
  return result;
}

/** A whole number as a real one, and its range. */
interface Whole extends WholeRange {
  readonly value: TypedExpression;
}

/** What counts as whole beside an index. */
function wholeOf(checker: Checker, expression: Expression, typed: TypedExpression): Whole | undefined {
  const value = isIndex(typed) ? numberOf(typed) : typed;
  const range = rangeOf(checker, typed);
  if (range !== undefined) return { ...range, value };
  const dim = isDimension(checker, expression) ? dimensionOf(checker, expression) : undefined;
  return dim && { low: dim, high: dim, isKnown: true, value };
}

/** `if c then k else 0`: a branch is an index; undefined where the other is none. */
export function inferWholeIf(
  checker: Checker,
  node: IfNode,
  condition: TypedExpression,
  branches: readonly TypedExpression[],
): TypedExpression | undefined {
  const { span } = node;
  const wholes = [node.whenTrue, node.whenFalse].map((side, i) => wholeOf(checker, side, at(branches, i)));
  const [yes, no] = wholes;
  if (yes === undefined || no === undefined) return undefined;
  if (!isTruth(checker, condition)) return checker.error(span);
  const words = "the parts of this condition";
  const parts = [condition, yes.value, no.value];
  const typed = combine(checker, "if", parts, { kind: "real", span, reportAt: span, words });
  if (typed.type.kind === "error") return typed;
  const range = besideLiteral(checker, yes, no) ?? rangeOfTwo(checker, "if", yes, no);
  const bound = range && boundOf(range);
  if (range === undefined || bound === undefined) return checker.error(span);
  return { ...typed, type: indexTypeOf(checker, range, bound, axesOf(typed.type)) };
}

/** A whole number beside an index is one of those that it can be, which is checked with the sizes; undefined where it is surely none. */
function besideLiteral(checker: Checker, yes: Whole, no: Whole): WholeRange | undefined {
  const [literal, other] = yes.value.kind === "number" ? [yes, no] : [no, yes];
  if (literal.value.kind !== "number" || constantOf(other.high) !== undefined) return undefined;
  if (checker.isAtMost(literal.high, other.high)) return undefined;
  const rest = boundedSubtract(other.high, literal.high);
  const room = rest && boundedAdd(rest, one);
  if (room === undefined || checker.runtimeSymbol(room) !== undefined) return undefined;
  checker.oblige("positive", room, literal.value.span);
  return other;
}

/** Values beside each other as indices of one bound; undefined where one is none. */
export function asIndices(checker: Checker, values: readonly TypedExpression[]): TypedExpression[] | undefined {
  const ranges = values.map((value) => rangeOf(checker, value));
  const all = ranges.reduce((a, b) => a && b && rangeOfTwo(checker, "if", a, b));
  const bound = all && boundOf(all);
  if (all === undefined || bound === undefined) return undefined;
  for (const value of values) obligeExact(checker, value);
  return values.map((value) => ({ ...value, type: indexTypeOf(checker, all, bound, axesOf(value.type)) }));
}

/** Of such values, or of numbers, joined along an axis. */
export const joinedType = (values: readonly TypedExpression[], axes: readonly Axis[]): SemanticType =>
  values[0]?.type.kind === "index" ? { ...values[0].type, axes } : numbersOf(values, axes);

/** Whether an index is surely one of so many places. */
export function isPlaceBelow(checker: Checker, index: TypedExpression, limit: Dim): boolean {
  const { bound, isOpen } = index.type as IndexType;
  return isOpen !== true && checker.provenAtLeast(subtractDims(limit, bound), 0);
}

/** What a state that is an index begins with, or becomes: below its bound. */
export function checkIndexState(checker: Checker, name: string, bound: Dim, given: TypedExpression): void {
  const value = asIndex(checker, given);
  if (value.type.kind === "error" || isBelow(checker, value, bound) || reportOutside(checker, value, bound)) return;
  const help = isIndex(value)
    ? `in a circle: \`(…) mod ${printFactor(bound)}\``
    : `it is an index, or a whole number that is surely below ${printDim(bound)}`;
  const message = `the state \`${name}\` is an index(${printDim(bound)}), this is ${printSemanticType(value.type)}`;
  checker.report("place-out-of-range", value.span, message, { help });
}

/** Indices, a dimension, a whole literal, or a choice of these. */
function isBelow(checker: Checker, value: TypedExpression, bound: Dim): boolean {
  if (value.type.kind === "index") return isPlaceBelow(checker, value, bound);
  if (value.kind === "elementwise" && value.operation === "if")
    return value.operands.slice(1).every((branch) => isBelow(checker, branch, bound));
  const plain = wholeOfSizes(value);
  return plain !== undefined && isPlaceIn(checker, plain, bound);
}

/** Whether it is an index of those below the bound, or a whole number of those, which is checked with the sizes. */
export function isOfBound(checker: Checker, value: TypedExpression, bound: Dim): boolean {
  if (value.type.kind === "index") return isPlaceBelow(checker, value, bound);
  const number = wholeNumberOf(value);
  const whole = number === undefined ? wholeOfSizes(value) : undefined;
  if (whole !== undefined) return isPlaceIn(checker, whole, bound);
  const rest = number === undefined ? undefined : boundedSubtract(bound, dimConstant(number));
  if (rest === undefined) return false;
  // Of a size that calls give nothing is checked later.
  if (checker.runtimeSymbol(rest) !== undefined) return checker.provenAtLeast(rest, 1);
  return checkPositive(checker, rest, value.span) !== undefined;
}

const isPlaceIn = (checker: Checker, place: Dim, bound: Dim): boolean =>
  checker.provenAtLeast(place, 0) && checker.provenAtLeast(subtractDims(bound, place), 1);

const ofSizes: ReadonlyMap<string, (left: Dim, right: Dim) => Dim | undefined> = new Map([
  ["+", boundedAdd],
  ["-", boundedSubtract],
  ["*", boundedMultiply],
]);

/** What is made of sizes and whole literals alone: `V - 1`. */
export function wholeOfSizes(value: TypedExpression): Dim | undefined {
  if (value.kind === "repeat") return wholeOfSizes(value.operand);
  if (value.kind === "dimension") return value.dim;
  if (value.kind === "number") return Number.isInteger(value.value) ? dimConstant(value.value) : undefined;
  const combined = value.kind === "elementwise" ? ofSizes.get(value.operation) : undefined;
  if (value.kind !== "elementwise" || combined === undefined) return undefined;
  const [left, right] = value.operands.map(wholeOfSizes);
  return left && right && combined(left, right);
}

/** Of a whole number that a size which calls give may not reach. */
export function helpOfBound(checker: Checker, value: TypedExpression, type: SemanticType): string | undefined {
  const number = wholeNumberOf(value);
  if (number === undefined || type.kind !== "index") return undefined;
  return helpWithLeast(checker, subtractDims(type.bound, dimConstant(number + 1)));
}

export function wholeNumberOf(value: TypedExpression): number | undefined {
  if (value.kind === "repeat") return wholeNumberOf(value.operand);
  return value.kind === "number" && Number.isInteger(value.value) && value.value >= 0 ? value.value : undefined;
}
