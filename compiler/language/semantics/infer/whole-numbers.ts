/** Arithmetic of indices: with each other, with dimensions, whole literals and the indices of equations; its types say how far it goes. */
import { at } from "../../../base/at.js";
import { boundedAdd, boundedMultiply, boundedSubtract } from "../../../base/types/bounded-dim.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  printDim,
  printFactor,
  subtractDims,
} from "../../../base/types/dim.js";
import type { BinaryNode, Expression, IfNode } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { checkPositive, dimensionOf, sizeOf } from "../dimension-expressions.js";
import { helpWithLeast } from "../networks.js";
import { axesOf, type IndexType, printSemanticType, type SemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { isDimension } from "./axis-arguments.js";
import { combine } from "./combine.js";
import { isReal, isTruth } from "./mismatch.js";
import { indicesIn } from "./places.js";

const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);
const one = dimConstant(1);

/** A whole number as a real one, and its range; `isOpen` where nothing says that it is at least 0. */
interface Whole {
  readonly value: TypedExpression;
  readonly bound: Dim;
  readonly isOpen: boolean;
}

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
  const bound = around ?? boundOf(operator, left, right);
  if (bound === undefined) {
    checker.reportTooLarge(span);
    return checker.error(span);
  }
  const isOpen = around === undefined && (operator === "-" || left.isOpen || right.isOpen);
  return { ...typed, type: { kind: "index", bound, axes: axesOf(typed.type), ...(isOpen && { isOpen }) } };
}

function boundOf(operator: string, { bound: a }: Whole, { bound: b }: Whole): Dim | undefined {
  if (operator === "-") return a;
  const [lastA, lastB] = [boundedSubtract(a, one), boundedSubtract(b, one)];
  const last = lastA && lastB && (operator === "+" ? boundedAdd(lastA, lastB) : boundedMultiply(lastA, lastB));
  return last && boundedAdd(last, one);
}

/** What counts as whole beside an index. */
function wholeOf(checker: Checker, expression: Expression, typed: TypedExpression): Whole | undefined {
  const { type } = typed;
  if (type.kind === "index") return { value: numberOf(typed), bound: type.bound, isOpen: type.isOpen === true };
  if (typed.kind === "number")
    return Number.isInteger(typed.value)
      ? { value: typed, bound: dimConstant(typed.value + 1), isOpen: false }
      : undefined;
  if (typed.kind === "position") {
    const { size, first } = checker.indices.get(typed.index) ?? {};
    const bound = size && first ? addDims(size, first) : size;
    return { value: typed, bound: bound ?? one, isOpen: bound === undefined };
  }
  if (!isDimension(checker, expression)) return undefined;
  const dim = dimensionOf(checker, expression);
  const bound = dim && boundedAdd(dim, one);
  return bound && { value: typed, bound, isOpen: !checker.provenAtLeast(bound, 1) };
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
  const larger = [yes, no].find(({ bound }) =>
    wholes.every((own) => checker.provenAtLeast(subtractDims(bound, own!.bound), 0)),
  );
  const bound = larger?.bound ?? besideLiteral(checker, wholes) ?? boundOf("+", yes, no);
  if (bound === undefined) return checker.error(span);
  const isOpen = yes.isOpen || no.isOpen;
  return { ...typed, type: { kind: "index", bound, axes: axesOf(typed.type), ...(isOpen && { isOpen }) } };
}

/** A whole number beside an index is one of those that it can be, which is checked with the sizes; undefined where it is surely none. */
function besideLiteral(checker: Checker, wholes: readonly (Whole | undefined)[]): Dim | undefined {
  const literal = wholes.find((whole) => whole?.value.kind === "number");
  const other = wholes.find((whole) => whole !== literal);
  if (literal === undefined || other === undefined || constantOf(other.bound) !== undefined) return undefined;
  const rest = boundedSubtract(other.bound, subtractDims(literal.bound, one));
  if (rest === undefined || checker.runtimeSymbol(rest) !== undefined) return undefined;
  checker.oblige("positive", rest, literal.value.span);
  return other.bound;
}

/** Whether an index is surely one of so many places. */
export function isPlaceBelow(checker: Checker, index: TypedExpression, limit: Dim): boolean {
  const { bound, isOpen } = index.type as IndexType;
  return isOpen !== true && checker.provenAtLeast(subtractDims(limit, bound), 0);
}

/** What a state that is an index begins with, or becomes: below its bound. */
export function checkIndexState(checker: Checker, name: string, bound: Dim, value: TypedExpression): void {
  if (value.type.kind === "error" || isBelow(checker, value, bound)) return;
  const help = isIndex(value)
    ? `in a circle: \`(…) mod ${printFactor(bound)}\``
    : `it is an index, or a whole number that is surely below ${printDim(bound)}`;
  const message = `the state \`${name}\` is an index(${printDim(bound)}), this is ${printSemanticType(value.type)}`;
  checker.report("place-out-of-range", value.span, message, { help });
}

/** An index, a dimension, a whole literal, or a choice of these. */
function isBelow(checker: Checker, value: TypedExpression, bound: Dim): boolean {
  const { type } = value;
  if (type.kind === "index") return type.axes.length === 0 && isPlaceBelow(checker, value, bound);
  if (value.kind === "elementwise" && value.operation === "if" && axesOf(type).length === 0)
    return value.operands.slice(1).every((branch) => isBelow(checker, branch, bound));
  const literal = value.kind === "number" && Number.isInteger(value.value) ? dimConstant(value.value) : undefined;
  const plain = value.kind === "dimension" ? value.dim : literal;
  return plain !== undefined && checker.provenAtLeast(subtractDims(bound, plain), 1);
}

/** Whether it is an index of those below the bound, or a whole number of those, which is checked with the sizes. */
export function isOfBound(checker: Checker, value: TypedExpression, bound: Dim): boolean {
  if (value.type.kind === "index") return isPlaceBelow(checker, value, bound);
  const number = wholeNumberOf(value);
  const rest = number === undefined ? undefined : boundedSubtract(bound, dimConstant(number));
  if (rest === undefined) return false;
  // Of a size that calls give nothing is checked later.
  if (checker.runtimeSymbol(rest) !== undefined) return checker.provenAtLeast(rest, 1);
  return checkPositive(checker, rest, value.span) !== undefined;
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
