/** `argmax(v)`, `one_hot(i, V)`, `scatter(u, at = i, size = N)`, `sort(v)`: values to places and back. */
import { at } from "../../../base/at.js";
import { type Dim, equalDims, printDim, printFactor } from "../../../base/types/dim.js";
import type { ArgumentNode, CallNode } from "../../syntax/ast.js";
import { placeFunctions, type PlaceFunctionName } from "../places-and-back.js";
import type { Checker } from "../checker.js";
import { sizeOf } from "../dimension-expressions.js";
import { matchBuiltin } from "../match-arguments.js";
import { axesOf, type Axis, printAxes, printSemanticType, type SemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { flagOf, oneAxis } from "./axis-arguments.js";
import { combine } from "./combine.js";
import { isReal, placeOfAxis } from "./mismatch.js";
import { reportBroken, reportOutside } from "./tables.js";
import { asIndex } from "./whole-ranges.js";
import { helpOfBound, isIndex, isOfBound, isPlaceBelow, numberOf } from "./whole-numbers.js";

export function inferPlaceFunction(checker: Checker, node: CallNode, operation: PlaceFunctionName): TypedExpression {
  const matched = matchBuiltin(node, placeFunctions[operation].parameters, checker.collector);
  const typed = matched && rules[operation](checker, node, matched);
  return typed === undefined ? checker.error(node.span) : { ...typed, span: node.span };
}

type Given = readonly (ArgumentNode | undefined)[];
type PlaceFunctionRule = (checker: Checker, node: CallNode, given: Given) => TypedExpression | undefined;

const rules: Readonly<Record<PlaceFunctionName, PlaceFunctionRule>> = {
  real: (checker, _node, [argument]) => {
    const index = indexOf(checker, argument);
    return index && typedPlaces("real", [index], { kind: "real", axes: axesOf(index.type) });
  },
  argmax: (checker, node, given) => extremePlace(checker, node, given, "argmax"),
  argmin: (checker, node, given) => extremePlace(checker, node, given, "argmin"),
  one_hot: (checker, _node, [argument, sizeArgument]) => {
    const index = indexOf(checker, argument);
    const size = sizeArgument && sizeOf(checker, sizeArgument.value);
    if (index === undefined || size === undefined || !isWithin(checker, index, size)) return undefined;
    return typedPlaces("one_hot", [index], { kind: "real", axes: [...axesOf(index.type), axisOfSize(size)] });
  },
  scatter: inferScatter,
  narrow: inferNarrow,
  sort: (checker, node, given) => inferSort(checker, node, given, "sort"),
  argsort: (checker, node, given) => inferSort(checker, node, given, "argsort"),
};

const axisOfSize = (dim: Dim): Axis => ({ dim, source: undefined });

function typedPlaces(
  operation: PlaceFunctionName,
  operands: readonly TypedExpression[],
  type: SemanticType,
  { axis = 0, descending = false } = {},
): TypedExpression {
  const { span } = at(operands, 0);
  return { kind: "places", operation, operands, axis, descending, span, type };
}

function indexOf(checker: Checker, argument: ArgumentNode | undefined): TypedExpression | undefined {
  const typed = argument && asIndex(checker, checker.infer(argument.value));
  if (typed === undefined || typed.type.kind === "error") return undefined;
  if (typed.type.kind === "index") return typed;
  if (reportBroken(checker, typed)) return undefined;
  checker.report("bad-argument", typed.span, `an index is expected here, this is ${printSemanticType(typed.type)}`, {
    help:
      typed.type.kind === "complex"
        ? "the parts of a complex z are `re(z)` and `im(z)`"
        : "an index is an input `index(N)`, or computed: `argmax(v)`",
  });
  return undefined;
}

function isWithin(checker: Checker, index: TypedExpression, size: Dim): boolean {
  if (isPlaceBelow(checker, index, size)) return true;
  if (reportOutside(checker, index, size)) return false;
  const message = `an ${printSemanticType(index.type)} of ${printDim(size)} places`;
  checker.report("place-out-of-range", index.span, message, { help: `in a circle: \`(…) mod ${printFactor(size)}\`` });
  return false;
}

/** A real value and one axis of it. */
function along(
  checker: Checker,
  node: CallNode,
  value: ArgumentNode | undefined,
  axisArgument: ArgumentNode | undefined,
): { readonly operand: TypedExpression; readonly axis: number } | undefined {
  const operand = value && checker.infer(value.value);
  if (operand === undefined || !isReal(checker, operand, node.callee.text)) return undefined;
  const axis = oneAxis(checker, node, axisArgument, operand);
  return axis === undefined ? undefined : { operand, axis };
}

function extremePlace(checker: Checker, node: CallNode, [value, axisArgument]: Given, operation: "argmax" | "argmin") {
  const found = along(checker, node, value, axisArgument);
  if (found === undefined) return undefined;
  const { operand, axis } = found;
  const axes = axesOf(operand.type);
  // Of no elements none is the greatest: there is no place to name.
  if (!checker.needEntries(at(axes, axis).dim, node.span)) return undefined;
  const type: SemanticType = {
    kind: "index",
    bound: at(axes, axis).dim,
    axes: axes.filter((_, i) => i !== axis),
  };
  return typedPlaces(operation, [operand], type, { axis });
}

function inferSort(
  checker: Checker,
  node: CallNode,
  [value, axisArgument, order]: Given,
  operation: "sort" | "argsort",
): TypedExpression | undefined {
  const found = along(checker, node, value, axisArgument);
  const descending = order === undefined ? false : flagOf(checker, order);
  if (found === undefined || descending === undefined) return undefined;
  const { operand, axis } = found;
  const axes = axesOf(operand.type);
  const type: SemanticType = operation === "sort" ? operand.type : { kind: "index", bound: at(axes, axis).dim, axes };
  return typedPlaces(operation, [operand], type, { axis, descending });
}

/** The first axes of the values are those of the places. */
function inferScatter(
  checker: Checker,
  node: CallNode,
  [value, places, sizeArgument]: Given,
): TypedExpression | undefined {
  const updates = value && checker.infer(value.value);
  const index = indexOf(checker, places);
  const size = sizeArgument && sizeOf(checker, sizeArgument.value);
  if (updates === undefined || !isReal(checker, updates, "scatter")) return undefined;
  if (index === undefined || size === undefined || !isWithin(checker, index, size)) return undefined;
  const [own, of] = [axesOf(index.type), axesOf(updates.type)];
  const differs = own.findIndex(({ dim }, i) => of[i] === undefined || !equalDims(dim, of[i].dim));
  if (differs >= 0) {
    const message = `values ${printAxes(of)} at places ${printAxes(own)}`;
    checker.report("shape-mismatch", node.span, message, {
      related: [placeOfAxis(updates, Math.min(differs, of.length - 1)), placeOfAxis(index, differs)],
      help: "there is a value for each place: the first axes are equal",
    });
    return undefined;
  }
  return typedPlaces("scatter", [updates, index], { kind: "real", axes: [axisOfSize(size), ...of.slice(own.length)] });
}

/** `narrow(i, V, other)`: what is not below V becomes what is. */
function inferNarrow(
  checker: Checker,
  { span }: CallNode,
  [argument, sizeArgument, otherArgument]: Given,
): TypedExpression | undefined {
  const index = indexOf(checker, argument);
  const size = sizeArgument && sizeOf(checker, sizeArgument.value);
  const other = otherArgument && asIndex(checker, checker.infer(otherArgument.value));
  if (index?.type.kind !== "index" || size === undefined || other === undefined || other.type.kind === "error") return undefined; // prettier-ignore
  if (index.type.isOpen === true) {
    checker.report("place-out-of-range", index.span, "the place may be below 0", {
      help: `in a circle: \`(…) mod ${printFactor(size)}\``,
    });
    return undefined;
  }
  if (!isOfBound(checker, other, size)) {
    const message = `what stands in the place of others is below ${printDim(size)}, this is ${printSemanticType(other.type)}`;
    checker.report("place-out-of-range", other.span, message, {
      help:
        helpOfBound(checker, other, { kind: "index", bound: size, axes: [] }) ??
        `an index(${printDim(size)}), or a whole number that is surely below ${printDim(size)}`,
    });
    return undefined;
  }
  const numbers = [index, other].map((own) => (isIndex(own) ? numberOf(own) : own));
  const words = "the arguments of `narrow`";
  const { type } = combine(checker, "max", numbers, { kind: "real", span, reportAt: span, words });
  if (type.kind === "error") return undefined;
  return typedPlaces("narrow", [index, other], { kind: "index", bound: size, axes: axesOf(type) });
}
