/** Calls of builtins: a rule for each kind of signature in the table. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import type { ArgumentNode, CallNode, Expression, TupleNode } from "../../syntax/ast.js";
import { boundedAdd, boundedProduct } from "../../../base/types/bounded-dim.js";
import { type Dim, dimConstant, equalDims, printDim } from "../../../base/types/dim.js";
import { printShape } from "../../../base/types/shape.js";
import {
  complexFunctionNamed,
  complexFunctions,
  type ComplexName,
  elementwiseFunctions,
  elementwiseNamed,
  cumulativeNamed,
  normalizationNamed,
  placeFunctionNamed,
  isOfSome,
  reductionNamed,
  reductionParameters,
  type NormalizationName,
  type ReductionName,
  shapeFunctionNamed,
  shapeFunctions,
} from "../builtins.js";
import type { Checker } from "../checker.js";
import { shapeOfList } from "../dimension-expressions.js";
import { matchArguments, matchBuiltin } from "../match-arguments.js";
import type { Parameter } from "../parameters.js";
import { axesOf, type Axis, numbersOf, printAxes, realType, type SemanticType, shapeOf } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { axesListed, axisOf, integerOf, onlyAxis } from "./axis-arguments.js";
import { inferCumulative } from "./cumulative.js";
import { combine } from "./combine.js";
import { inferConvolution } from "./convolution.js";
import { inferIndexReduction, isKnownSize, isReducible } from "./indexed.js";
import { asTable } from "./tables.js";
import { asIndices, isIndex, joinedType } from "./whole-numbers.js";
import { isNumber, isReal, placeOfAxis } from "./mismatch.js";
import { inferPlaceFunction } from "./place-functions.js";
import { inferReverse, inferShift } from "./shifts.js";
import { inferWindows } from "./windows.js";

export function inferBuiltin(checker: Checker, node: CallNode): TypedExpression {
  const name = node.callee.text;
  const reduction = reductionNamed(name);
  const positional = node.arguments.filter((argument) => argument.name === undefined).length;
  const isExtremum = elementwiseNamed(name) !== undefined && reduction !== undefined;
  const ofComplex = complexFunctionNamed(name);
  if (ofComplex !== undefined) return inferComplex(checker, node, ofComplex);
  if (reduction !== undefined && !(isExtremum && positional > 1)) return inferReduction(checker, node, reduction);
  if (elementwiseNamed(name) !== undefined) return inferElementwise(checker, node);
  if (normalizationNamed(name) !== undefined) return inferReduction(checker, node, name as NormalizationName);
  const cumulative = cumulativeNamed(name);
  if (cumulative !== undefined) return inferCumulative(checker, node, cumulative);
  const ofPlaces = placeFunctionNamed(name);
  if (ofPlaces !== undefined) return inferPlaceFunction(checker, node, ofPlaces);
  return shapeRules[shapeFunctionNamed(name) as keyof typeof shapeRules](checker, node);
}

/** `complex(a, b)` is of real numbers, what takes them apart is of complex ones, to which real ones widen. */
function inferComplex(checker: Checker, node: CallNode, operation: ComplexName): TypedExpression {
  const { span } = node;
  const matched = match(checker, node, complexFunctions[operation].parameters);
  if (matched === undefined) return checker.error(span);
  const operands = matched.flatMap((argument) => (argument === undefined ? [] : [checker.infer(argument.value)]));
  const check = operation === "complex" ? isReal : isNumber;
  const areFine = operands.map((operand) => check(checker, operand)).every(Boolean);
  if (!areFine) return checker.error(span);
  const words = `arguments of \`${operation}\``;
  const kind = operation === "complex" || operation === "conj" ? "complex" : "real";
  const { type } = combine(checker, "+", operands, { kind, span, reportAt: node.callee.span, words });
  return type.kind === "error" ? checker.error(span) : { kind: "complex", operation, operands, span, type };
}

/** The arguments by parameter, or undefined where something was reported. */
function match(
  checker: Checker,
  node: CallNode,
  parameters: readonly Parameter[],
): (ArgumentNode | undefined)[] | undefined {
  return matchBuiltin(node, parameters, checker.collector);
}

function inferNumbers(checker: Checker, expression: Expression): TypedExpression | undefined {
  const typed = checker.infer(expression);
  return isNumber(checker, typed) ? typed : undefined;
}

function inferAll(checker: Checker, expressions: readonly Expression[]): TypedExpression[] | undefined {
  const typed = expressions.map((expression) => inferNumbers(checker, expression));
  return typed.every((operand) => operand !== undefined) ? (typed as TypedExpression[]) : undefined;
}

/** What stands beside each other: numbers, or indices with whole literals among them. */
function inferJoined(checker: Checker, expressions: readonly Expression[]): TypedExpression[] | undefined {
  const typed = expressions.map((expression) => checker.infer(expression));
  const places = typed.some(isIndex) ? asIndices(checker, typed) : undefined;
  return places ?? (typed.map((operand) => isNumber(checker, operand)).every(Boolean) ? typed : undefined);
}

function inferElementwise(checker: Checker, node: CallNode): TypedExpression {
  const name = node.callee.text as keyof typeof elementwiseFunctions;
  const matched = match(checker, node, elementwiseFunctions[name].parameters);
  if (matched === undefined) return checker.error(node.span);
  const given = matched.filter((argument) => argument !== undefined).map((argument) => argument.value);
  const operands = given.map((argument) => checker.infer(argument));
  const isOfComplex = (name === "abs" || name === "exp") && operands[0]?.type.kind === "complex";
  const areFine = isOfComplex || operands.map((operand) => isReal(checker, operand, name)).every(Boolean);
  if (!areFine) return checker.error(node.span);
  const kind = isOfComplex && name === "exp" ? "complex" : "real";
  const words = `arguments of \`${name}\``;
  return combine(checker, name, operands, { kind, span: node.span, reportAt: node.callee.span, words });
}

function inferReduction(
  checker: Checker,
  node: CallNode,
  operation: ReductionName | NormalizationName,
): TypedExpression {
  const [only] = node.arguments;
  if (only?.value.kind === "indexed" && isReduction(operation))
    return inferIndexReduction(checker, node, operation, only.value);
  const [value, axisArgument] = match(checker, node, reductionParameters) ?? [];
  const operand = value && checker.infer(value.value);
  if (operand === undefined || !isReducible(checker, operation, operand)) return checker.error(node.span);
  const axes = axesOf(operand.type);
  if (axes.length === 0) {
    const help = operation === "max" || operation === "min" ? `\`${operation}(a, b)\` compares two values` : undefined;
    checker.report("bad-axis", operand.span, `\`${operation}\` needs a vector or more, this is a scalar`, { help });
    return checker.error(node.span);
  }
  const over =
    axisArgument === undefined ? onlyAxis(checker, node, operand) : axesListed(checker, axisArgument.value, operand);
  if (over === undefined) return checker.error(node.span);
  const { span } = node;
  if (!isReduction(operation))
    return { kind: "normalization", operation, axes: over, operand, span, type: operand.type };
  const sizes = over.map((axis) => at(axes, axis).dim);
  if (operation === "prod" && !sizes.every((size) => isKnownSize(checker, size, span))) return checker.error(span);
  // Sums of nothing are 0 and maxima -inf, but there is no mean of nothing.
  if (isOfSome(operation) && !sizes.every((size) => checker.needEntries(size, span))) return checker.error(span);
  const type = { ...operand.type, axes: axes.filter((_, i) => !over.includes(i)) } as SemanticType;
  return { kind: "reduction", operation, axes: over, operand, span, type };
}

function isReduction(operation: string): operation is ReductionName {
  return reductionNamed(operation) !== undefined;
}

type ShapeRule = (checker: Checker, node: CallNode) => TypedExpression;

const shapeRules: Readonly<Record<NonNullable<ReturnType<typeof shapeFunctionNamed>>, ShapeRule>> = {
  concat: inferConcat,
  stack: inferStack,
  reshape: inferReshape,
  transpose: inferTranspose,
  outer: inferOuter,
  conv: inferConvolution,
  windows: inferWindows,
  zeros: (checker, node) => inferEqual(checker, node, 0),
  ones: (checker, node) => inferEqual(checker, node, 1),
  fill: inferFill,
  reverse: inferReverse,
  before: inferShift,
  after: inferShift,
};

/** Values by position, `axis` by name. */
function variadic(checker: Checker, node: CallNode) {
  const named = node.arguments.filter((argument) => argument.name !== undefined);
  const values = node.arguments.filter((argument) => argument.name === undefined);
  const callee = `\`${node.callee.text}\``;
  const axis = matchArguments(named, [{ name: "axis", optional: true }], callee, node.span, checker.collector);
  const operands = inferJoined(
    checker,
    values.map((argument) => argument.value),
  );
  if (axis !== undefined && values.length === 0) {
    checker.report("wrong-arity", node.span, `${callee} needs values`, { help: `${node.callee.text}(a, b, …)` });
  }
  const first = operands?.[0];
  if (axis === undefined || operands === undefined || first === undefined) return undefined;
  return { operands, first, rank: axesOf(first.type).length, axisNode: axis[0]?.value };
}

function inferConcat(checker: Checker, node: CallNode): TypedExpression {
  const call = variadic(checker, node);
  if (call === undefined) return checker.error(node.span);
  const { operands, first, rank, axisNode } = call;
  const scalar = operands.find((operand) => axesOf(operand.type).length === 0);
  if (scalar !== undefined) {
    checker.report("shape-mismatch", scalar.span, "`concat` takes vectors or more, this is a scalar", {
      help: "`stack(a, b)` makes a vector of scalars; `reshape(a, [1])` makes a vector of one",
    });
    return checker.error(node.span);
  }
  const axis = axisNode === undefined ? 0 : axisOf(checker, axisNode, rank, first);
  if (axis === undefined) return checker.error(node.span);
  const axes = axesOf(first.type);
  let total: Dim | undefined = at(axes, axis).dim;
  for (const operand of operands.slice(1)) {
    const own = axesOf(operand.type);
    const differs =
      own.length !== rank ? -1 : own.findIndex((other, i) => i !== axis && !equalDims(other.dim, at(axes, i).dim));
    if (own.length !== rank || differs >= 0) {
      reportParts(checker, "`concat`", first, operand, Math.max(differs, 0), helpToJoin(first, operand));
      return checker.error(node.span);
    }
    total = total && boundedAdd(total, at(own, axis).dim);
  }
  if (total === undefined) {
    checker.reportTooLarge(node.span);
    return checker.error(node.span);
  }
  const dim = total;
  const joined = operands.length === 1 ? axes : axes.map((own, i) => (i === axis ? { dim, source: undefined } : own));
  return { kind: "concat", axis, operands, span: node.span, type: joinedType(operands, joined) };
}

function inferStack(checker: Checker, node: CallNode): TypedExpression {
  const call = variadic(checker, node);
  if (call === undefined) return checker.error(node.span);
  const { operands, rank, axisNode } = call;
  const axis = axisNode === undefined ? 0 : axisOf(checker, axisNode, rank + 1);
  if (axis === undefined) return checker.error(node.span);
  return stacked(checker, node, operands, axis, "`stack`");
}

/** `[0.25, 0.5]`: a new first axis. */
export function inferList(checker: Checker, node: TupleNode): TypedExpression {
  const operands = inferJoined(checker, node.items);
  if (operands === undefined) return checker.error(node.span);
  if (operands.length > 0) return asTable(checker, stacked(checker, node, operands, 0, "a list"));
  checker.report("bad-argument", node.span, "a list of nothing has no shape", { help: "zeros are `zeros([H])`" });
  return checker.error(node.span);
}

function stacked(
  checker: Checker,
  { span }: Expression,
  operands: readonly TypedExpression[],
  axis: number,
  words: string,
): TypedExpression {
  const [first] = operands;
  if (first === undefined) return checker.error(span);
  const axes = axesOf(first.type);
  for (const operand of operands.slice(1)) {
    const own = axesOf(operand.type);
    const differs = own.findIndex(({ dim }, i) => axes[i] === undefined || !equalDims(dim, axes[i].dim));
    if (own.length !== axes.length || differs >= 0) {
      reportParts(
        checker,
        words,
        first,
        operand,
        Math.max(differs, 0),
        words === "a list"
          ? "all shapes must be equal; one after the other they are `concat(a, b)`"
          : "all shapes must be equal",
      );
      return checker.error(span);
    }
  }
  const count: Axis = { dim: dimConstant(operands.length), source: undefined };
  const type = joinedType(operands, [...axes.slice(0, axis), count, ...axes.slice(axis)]);
  return { kind: "stack", axis, operands, span, type };
}

function reportParts(
  checker: Checker,
  words: string,
  a: TypedExpression,
  b: TypedExpression,
  axis: number,
  help: string,
): void {
  const shapes = `${printAxes(axesOf(a.type))} and ${printAxes(axesOf(b.type))}`;
  checker.report("shape-mismatch", b.span, `${words} of shapes ${shapes}`, {
    related: [placeOfAxis(a, axis), placeOfAxis(b, axis)],
    help,
  });
}

/** A row beside a matrix is the slip of most. */
function helpToJoin(a: TypedExpression, b: TypedExpression): string {
  const [long, short] = [axesOf(a.type), axesOf(b.type)].sort((x, y) => y.length - x.length);
  const isRow =
    long?.length === (short?.length ?? 0) + 1 &&
    long.slice(1).every(({ dim }, i) => short?.[i] !== undefined && equalDims(dim, short[i].dim));
  return isRow ? "a row of its own has one axis more: `v[new]`" : "all axes but the joined one must agree";
}

function listOf(
  checker: Checker,
  node: CallNode,
  argument: ArgumentNode,
  example: string,
): readonly Expression[] | undefined {
  if (argument.value.kind === "tuple") return argument.value.items;
  checker.report("bad-argument", argument.span, `\`${node.callee.text}\` takes a list here`, {
    help: `write \`${example}\``,
  });
  return undefined;
}

function inferReshape(checker: Checker, node: CallNode): TypedExpression {
  const [value, shapeArgument] = match(checker, node, shapeFunctions.reshape.parameters) ?? [];
  const operand = value && inferNumbers(checker, value.value);
  const items = shapeArgument && listOf(checker, node, shapeArgument, "reshape(v, [N, D])");
  const shape = items && shapeOfList(checker, items, (shapeArgument as ArgumentNode).span);
  if (operand === undefined || shape === undefined) return checker.error(node.span);
  const axes = axesOf(operand.type);
  const before = boundedProduct(shapeOf(axes));
  const after = boundedProduct(shape);
  if (before === undefined || after === undefined) {
    checker.reportTooLarge(node.span);
    return checker.error(node.span);
  }
  if (!equalDims(before, after)) {
    const message = `${printAxes(axes)} has ${printDim(before)} elements, ${printShape(shape)} has ${printDim(after)}`;
    checker.report("shape-mismatch", node.span, message, { related: [placeOfAxis(operand, axes.length - 1)] });
    return checker.error(node.span);
  }
  return { kind: "reshape", operand, shape, span: node.span, type: numbersOf([operand], axesOf(realType(shape))) };
}

function inferTranspose(checker: Checker, node: CallNode): TypedExpression {
  const [value, order] = match(checker, node, shapeFunctions.transpose.parameters) ?? [];
  const operand = value && inferNumbers(checker, value.value);
  if (operand === undefined) return checker.error(node.span);
  const axes = axesOf(operand.type);
  const reversed = axes.map((_, i) => axes.length - 1 - i);
  const permutation = order === undefined ? reversed : permutationOf(checker, node, order, axes.length);
  if (permutation === undefined) return checker.error(node.span);
  const turned = permutation.map((axis) => at(axes, axis));
  const type = numbersOf([operand], turned);
  return { kind: "transpose", operand, permutation, span: node.span, type };
}

function permutationOf(checker: Checker, node: CallNode, order: ArgumentNode, rank: number): number[] | undefined {
  const items = listOf(checker, node, order, "transpose(a, [1, 0])");
  if (items === undefined) return undefined;
  const axes = items.map(integerOf);
  const isPermutation = axes.length === rank && [...axes.keys()].every((axis) => axes.includes(axis));
  if (isPermutation) return axes as number[];
  checker.report("bad-axis", order.span, `this is not an order of ${rank} axes`, {
    help: `it has each of 0 to ${rank - 1} once`,
  });
  return undefined;
}

function inferOuter(checker: Checker, node: CallNode): TypedExpression {
  const matched = match(checker, node, shapeFunctions.outer.parameters);
  const operands =
    matched &&
    inferAll(
      checker,
      matched.flatMap((argument) => argument?.value ?? []),
    );
  const [left, right] = operands ?? [];
  if (left === undefined || right === undefined) return checker.error(node.span);
  const axes = [...axesOf(left.type), ...axesOf(right.type)];
  return { kind: "outer", left, right, span: node.span, type: numbersOf([left, right], axes) };
}

/** A value repeated along new axes in front. */
function inferFill(checker: Checker, node: CallNode): TypedExpression {
  const [value, shapeArgument] = match(checker, node, shapeFunctions.fill.parameters) ?? [];
  const operand = value && inferNumbers(checker, value.value);
  const items = shapeArgument && listOf(checker, node, shapeArgument, "fill(v, [N])");
  const shape = items && shapeOfList(checker, items, (shapeArgument as ArgumentNode).span);
  if (operand === undefined || shape === undefined) return checker.error(node.span);
  const axes = [...shape.map((dim) => ({ dim, source: undefined })), ...axesOf(operand.type)];
  return { kind: "repeat", operand, span: node.span, type: numbersOf([operand], axes) };
}

function inferEqual(checker: Checker, node: CallNode, value: number): TypedExpression {
  const [argument] = match(checker, node, shapeFunctions.zeros.parameters) ?? [];
  const items = argument && listOf(checker, node, argument, `${node.callee.text}([H])`);
  const shape = items && shapeOfList(checker, items, (argument as { readonly span: Span }).span);
  return shape === undefined
    ? checker.error(node.span)
    : { kind: "fill", value, shape, span: node.span, type: realType(shape) };
}
