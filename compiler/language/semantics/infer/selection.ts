/** `v[i]`, `A[0:H, 2]`, `E[x]`: parts of a value. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import type { Expression, IndexNode, ReferenceNode } from "../../syntax/ast.js";
import { boundedAdd, boundedSubtract } from "../../../base/types/bounded-dim.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  printDim,
  printFactor,
  subtractDims,
} from "../../../base/types/dim.js";
import type { Checker } from "../checker.js";
import { dimensionOf } from "../dimension-expressions.js";
import { forEachPart } from "../expression-parts.js";
import {
  axesOf,
  type Axis,
  numbersOf,
  printAxes,
  printSemanticType,
  type SemanticType,
  shapeOf,
} from "../semantic-type.js";
import { type ScopeEntry, wordsFor } from "../scope.js";
import type { TypedExpression } from "../typed-program.js";
import { helpWithLeast } from "../networks.js";
import { isNumber, placeOfAxis } from "./mismatch.js";
import { reportBeyond, reportBroken, reportOutside } from "./tables.js";
import { asIndex } from "./whole-ranges.js";
import { type AxisAt, indicesIn, isNewAxis, takeByIndex } from "./places.js";

/** NumPy's word for a new axis. */
const hasNone = ({ indices }: IndexNode): boolean =>
  indices.some(({ kind, ...index }) => kind === "at" && "value" in index && index.value.kind === "reference" && ["None", "newaxis"].includes(index.value.name)); // prettier-ignore

export function inferSelection(checker: Checker, node: IndexNode): TypedExpression {
  let value = checker.infer(node.object);
  const places = node.indices.map((index) => (isNewAxis(checker, index) ? undefined : index));
  const indexed = places.map((index) => (index?.kind === "at" ? inferIndexValue(checker, index.value) : undefined));
  if (value.type.kind !== "index" && !isNumber(checker, value)) return checker.error(node.span);
  const axes = axesOf(value.type);
  const count = places.filter((index) => index !== undefined).length;
  if (count > axes.length) {
    const message = `${count} indices into a value of shape ${printAxes(axes)}`;
    checker.report("bad-slice", node.span, message, {
      related: [placeOfAxis(value, axes.length - 1)],
      help: hasNone(node) ? "a new axis is `new`: `x[new, :]`" : "there is at most one index for each axis",
    });
    return checker.error(node.span);
  }
  const root = value;
  let axis = 0;
  let position = 0;
  for (const [i, index] of places.entries()) {
    if (index === undefined) {
      value = withNewAxis(value, axis);
      axis += 1;
      continue;
    }
    const place = { value, root, axis, size: at(axes, position), position };
    const gathered = indexed[i];
    position += 1;
    const result =
      gathered !== undefined
        ? gatherRow(checker, place, gathered)
        : index.kind === "at"
          ? takePlace(checker, place, index.value, true)
          : takeRange(checker, place, index, node.span);
    if (result === undefined) return checker.error(node.span);
    value = result;
    axis += gathered === undefined ? Number(index.kind === "range") : axesOf(gathered.type).length;
  }
  return { ...value, span: node.span };
}

function withNewAxis(operand: TypedExpression, axis: number): TypedExpression {
  const axes = axesOf(operand.type);
  const one: Axis = { dim: dimConstant(1), source: undefined };
  const wider = [...axes.slice(0, axis), one, ...axes.slice(axis)];
  const type = numbersOf([operand], wider);
  return { kind: "reshape", operand, shape: shapeOf(wider), span: operand.span, type };
}

/** An index value (`x: index(V)`), or what may be one: a call, an element, arithmetic with one. */
function inferIndexValue(checker: Checker, expression: Expression): TypedExpression | undefined {
  if (!mayBeIndex(checker, expression)) return undefined;
  const typed = asIndex(checker, checker.infer(expression));
  if (typed.type.kind === "index" || typed.type.kind === "error") return typed;
  if (reportBroken(checker, typed)) return checker.error(typed.span);
  const message = `a place is a whole number, this is ${printSemanticType(typed.type)}`;
  checker.report("not-a-dimension", typed.span, message, {
    help: "places are computed by `argmax(v)`, `argsort(v)` and arithmetic of indices",
  });
  return checker.error(typed.span);
}

function mayBeIndex(checker: Checker, expression: Expression): boolean {
  let isFound = false;
  forEachPart(expression, (part) => {
    isFound ||= part.kind === "call" || part.kind === "index" || part.kind === "if" || part.kind === "tuple";
    if (part.kind !== "reference") return;
    isFound ||= isConstant(checker, part);
    const type = checker.roundValues.get(part.name)?.type ?? checker.scope.types.get(part.name);
    // Of what was reported nobody knows.
    isFound ||= type?.kind === "index" || type?.kind === "error" || (type?.kind === "real" && type.whole !== undefined);
  });
  return isFound;
}

function isConstant({ scope, roundValues }: Checker, { name, next }: ReferenceNode): boolean {
  const isHidden = next || scope.entries.has(name) || scope.hidden.has(name) || roundValues.has(name);
  return !isHidden && scope.module.entries.get(name)?.declaration?.kind === "constant";
}

function without(type: SemanticType, axis: number): SemanticType {
  return numbersOf(
    [{ type }],
    axesOf(type).filter((_, i) => i !== axis),
  );
}

function gatherRow(checker: Checker, at: AxisAt, index: TypedExpression): TypedExpression | undefined {
  const { value, axis, size } = at;
  if (index.type.kind !== "index") return undefined;
  const { bound, isOpen } = index.type;
  if (reportOutside(checker, index, size.dim, [placeOfAxis(at.root, at.position)])) return undefined;
  if (isOpen === true) {
    checker.report("place-out-of-range", index.span, "the place may be below 0 or beyond the last", {
      related: [placeOfAxis(at.root, at.position)],
      help: `in a circle: \`(…) mod ${printFactor(size.dim)}\``,
    });
    return undefined;
  }
  if (!checker.provenAtLeast(subtractDims(size.dim, bound), 0)) {
    if (reportBeyond(checker, index, { bound, size: size.dim }, [placeOfAxis(at.root, at.position)])) return undefined;
    const message = `an index below ${printDim(bound)} into an axis of size ${printDim(size.dim)}`;
    checker.report("bad-slice", index.span, message, {
      related: [placeOfAxis(at.root, at.position)],
      help: checker.isRuntime(bound)
        ? `what is not below ${printDim(size.dim)} has to become what is: \`narrow(i, ${printDim(size.dim)}, 0)\``
        : `the axis must be at least ${printDim(bound)} long: \`param E: [${printDim(bound)}, …]\``,
    });
    return undefined;
  }
  const axes = axesOf(value.type);
  const all = [...axes.slice(0, axis), ...axesOf(index.type), ...axes.slice(axis + 1)];
  return { kind: "gather", operand: value, axis, index, span: index.span, type: numbersOf([value], all) };
}

/** A place that is computed, or another value where a place stands: what such an element is. */
function reportComputed(checker: Checker, at: AxisAt, expression: Expression): boolean {
  const kinds = new Set(["state", "equation", "output", "context", "param", "fixed", "parameter", "input"]);
  if (expression.kind !== "reference" || !kinds.has(checker.scope.entries.get(expression.name)?.kind ?? ""))
    return false;
  const { name, span } = expression;
  const entry = checker.scope.entries.get(name) as ScopeEntry;
  checker.scope.used.add(name);
  checker.report(
    "not-a-dimension",
    span,
    `${wordsFor(entry.kind, name)} is a real number, and a place is a whole one`,
    {
      related: [
        { span: entry.span, message: `${wordsFor(entry.kind, name)} is declared here` },
        placeOfAxis(at.root, at.position),
      ],
      help: `a place is an index: an input \`index(N)\`, or computed by \`argmax(v)\` and arithmetic of indices`,
    },
  );
  return true;
}

/** @param isComputed Whether a place may be any whole number that is made of indices, `2 * n`. */
export function takePlace(
  checker: Checker,
  at: AxisAt,
  expression: Expression,
  isComputed = false,
): TypedExpression | undefined {
  const indices = indicesIn(checker, expression);
  if (indices.length === 0) return takeEntry(checker, at, expression);
  const computed = (): TypedExpression | undefined =>
    gatherRow(checker, at, asIndex(checker, checker.infer(expression)));
  return takeByIndex(checker, at, expression, indices, isComputed ? computed : undefined);
}

function takeEntry(checker: Checker, at: AxisAt, expression: Expression): TypedExpression | undefined {
  if (reportComputed(checker, at, expression)) return undefined;
  const start = dimensionOf(checker, expression);
  if (start === undefined) return undefined;
  const end = boundedAdd(start, dimConstant(1));
  if (end === undefined || !isInRange(checker, at, start, end, expression.span)) return undefined;
  return {
    kind: "slice",
    operand: at.value,
    axis: at.axis,
    start,
    length: dimConstant(1),
    drop: true,
    span: expression.span,
    type: without(at.value.type, at.axis),
  };
}

function takeRange(
  checker: Checker,
  at: AxisAt,
  range: { readonly start?: Expression; readonly end?: Expression; readonly span: Span },
  span: Span,
): TypedExpression | undefined {
  const start = range.start === undefined ? dimConstant(0) : dimensionOf(checker, range.start);
  const end = range.end === undefined ? at.size.dim : dimensionOf(checker, range.end);
  if (start === undefined || end === undefined) return undefined;
  const length = boundedSubtract(end, start);
  if (length === undefined || !isInRange(checker, at, start, end, range.span)) return undefined;
  if (range.start === undefined && range.end === undefined) return at.value;
  const axes = axesOf(at.value.type).map((axis, i) => (i === at.axis ? { dim: length, source: undefined } : axis));
  const { value, axis } = at;
  return { kind: "slice", operand: value, axis, start, length, drop: false, span, type: numbersOf([value], axes) };
}

/** Proves `0 <= start <= end <= size` for all sizes; an element has `end = start + 1`. */
function isInRange(checker: Checker, at: AxisAt, start: Dim, end: Dim, span: Span): boolean {
  const size = at.size.dim;
  const related = [placeOfAxis(at.root, at.position)];
  const refuse = (message: string, help: string): false => {
    checker.report("bad-slice", span, message, { related, help });
    return false;
  };
  if (!checker.provenAtLeast(start, 0)) {
    const isNegative = (constantOf(start) ?? 0) < 0;
    return refuse(
      isNegative ? `${printDim(start)} is below 0` : `nothing says that ${printDim(start)} is at least 0`,
      helpWithLeast(checker, start) ?? `elements are counted from 0; the last one is \`[${printDim(size)} - 1]\``,
    );
  }
  if (!checker.provenAtLeast(subtractDims(end, start), 0) || constantOf(subtractDims(end, start)) === 0) {
    const length = constantOf(subtractDims(end, start));
    const how = length === undefined ? "may be empty or reversed" : length === 0 ? "is empty" : "is reversed";
    return refuse(
      `the range from ${printDim(start)} to ${printDim(end)} ${how}`,
      (constantOf(end) ?? 0) < 0
        ? `places are counted from the front: \`[:${printDim(addDims(size, end))}]\``
        : (helpWithLeast(checker, subtractDims(end, start)) ??
            "the end comes after the start, and is not a part of the range: `x[0:2]` has two elements"),
    );
  }
  const room = subtractDims(size, end);
  if (checker.provenAtLeast(room, 0)) return true;
  const isBeyond = checker.provenAtLeast(subtractDims(end, size), 1);
  return refuse(
    isBeyond
      ? `elements up to ${printDim(end)} of an axis of size ${printDim(size)}`
      : `nothing says that ${printDim(end)} is at most ${printDim(size)}`,
    isBeyond
      ? `elements are counted from 0 to ${printDim(subtractDims(size, dimConstant(1)))}`
      : (helpWithLeast(checker, room) ??
          `it must hold for all sizes: declare the axis as a sum, for instance \`[${printDim(end)} + R]\``),
  );
}
