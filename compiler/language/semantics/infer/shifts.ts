/** `reverse(x)`, `before(x, v)`, `after(x, v)`: sequences turned round, and moved by some places within their own elements. */
import { boundedAdd } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, equalDims } from "../../../base/types/dim.js";
import type { CallNode, Expression } from "../../syntax/ast.js";
import { shapeFunctions } from "../builtins.js";
import type { Checker } from "../checker.js";
import { sizeOf } from "../dimension-expressions.js";
import { matchBuiltin } from "../match-arguments.js";
import { axesOf, printSemanticType, type SemanticType, withLeading } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { axisOf } from "./axis-arguments.js";
import { isNumber, isReal } from "./mismatch.js";
import { helpOfBound, isOfBound, wholeNumberOf } from "./whole-numbers.js";

export function inferReverse(checker: Checker, node: CallNode): TypedExpression {
  const [value, axisArgument] = matchBuiltin(node, shapeFunctions.reverse.parameters, checker.collector) ?? [];
  const operand = value && sequenceOf(checker, node, checker.infer(value.value));
  if (operand === undefined) return checker.error(node.span);
  const rank = axesOf(operand.type).length;
  const axis = axisArgument === undefined ? 0 : axisOf(checker, axisArgument.value, rank, operand);
  if (axis === undefined) return checker.error(node.span);
  return { kind: "reverse", operand, axis, span: node.span, type: operand.type };
}

/** A number or an index that has a first axis. */
function sequenceOf(checker: Checker, node: CallNode, operand: TypedExpression): TypedExpression | undefined {
  const { type } = operand;
  if (type.kind === "error") return undefined;
  if (type.kind !== "index" && !isNumber(checker, operand)) return undefined;
  if (axesOf(type).length > 0) return operand;
  checker.report(
    "bad-axis",
    operand.span,
    `\`${node.callee.text}\` goes along the first axis, and this is ${printSemanticType(type)}`,
    {
      help: `a sequence has an axis for its places: \`[T]\`, \`[T, H]\``,
    },
  );
  return undefined;
}

/**
 * The elements `by` places earlier or later, and `v` where there is none: what stands in front of the first element, or after the last of
 * this example. Written as what it is, a part of the two one after the other.
 */
export function inferShift(checker: Checker, node: CallNode): TypedExpression {
  const isBefore = node.callee.text === "before";
  const matched = matchBuiltin(node, shapeFunctions.before.parameters, checker.collector);
  const [value, fillArgument, byArgument] = matched ?? [];
  const operand = value && sequenceOf(checker, node, ofLoop(checker, value.value, fillArgument?.value) ?? checker.infer(value.value)); // prettier-ignore
  const by = byArgument === undefined ? dimConstant(1) : placesOf(checker, node, byArgument.value);
  if (operand === undefined || by === undefined || fillArgument === undefined) return checker.error(node.span);
  const fill = filled(checker, node, operand, checker.infer(fillArgument.value), by);
  const [length] = axesOf(operand.type);
  const total = length && boundedAdd(length.dim, by);
  if (total === undefined) checker.reportTooLarge(node.span);
  if (fill === undefined || length === undefined || total === undefined) return checker.error(node.span);
  const { span } = node;
  const whole = withLeading(operand.type, [total], 1);
  const operands = isBefore ? [fill, operand] : [operand, fill];
  const { runs, draws } = checker.instances;
  const before = isBefore && runs && draws && { before: draws.node };
  const all: TypedExpression = { kind: "concat", axis: 0, operands, ...before, span, type: whole };
  const start = isBefore ? dimConstant(0) : by;
  return { kind: "slice", operand: all, axis: 0, start, length: length.dim, drop: false, span, type: operand.type };
}

/** An equation that this one is needed by: its type is known from a guess, or is that of what is filled in. */
function ofLoop(checker: Checker, value: Expression, fill: Expression | undefined): TypedExpression | undefined {
  const { loop } = checker;
  if (loop === undefined || value.kind !== "reference" || value.next || !loop.fed.has(value.name)) return undefined;
  const { name, span } = value;
  checker.scope.used.add(name);
  const known = loop.types.get(name);
  if (known !== undefined) return { kind: "value", name, span, type: known };
  const first = fill === undefined ? undefined : checker.infer(fill);
  const whole = first && wholeNumberOf(first);
  if (loop.asIndices && loop.axis !== undefined && whole !== undefined) {
    const axes = [{ dim: loop.axis, source: undefined }];
    return { kind: "value", name, span, type: { kind: "index", bound: dimConstant(whole + 1), axes } };
  }
  const filled = first?.type;
  const isTold = filled !== undefined && (filled.kind === "index" || axesOf(filled).length > 0);
  if (loop.axis === undefined || !isTold) return checker.error(span);
  return { kind: "value", name, span, type: withLeading(filled, [loop.axis]) };
}

function placesOf(
  checker: Checker,
  node: CallNode,
  expression: CallNode["arguments"][number]["value"],
): Dim | undefined {
  const by = sizeOf(checker, expression);
  const isFixed = by !== undefined && checker.runtimeSymbol(by) === undefined && (constantOf(by) ?? 1) >= 1;
  if (by === undefined || isFixed) return by;
  checker.report(
    "bad-argument",
    expression.span,
    `\`by\` of \`${node.callee.text}\` is a number of places, at least 1, that is fixed at compilation`,
  );
  return undefined;
}

/** `v` once for each of `by` places; undefined where it does not fit an element. */
function filled(
  checker: Checker,
  node: CallNode,
  { type }: TypedExpression,
  value: TypedExpression,
  by: Dim,
): TypedExpression | undefined {
  if (value.type.kind === "error") return undefined;
  const entry = axesOf(type).slice(1);
  const own = axesOf(value.type);
  const isWhole = type.kind === "index" && isOfBound(checker, value, type.bound);
  const isKind = type.kind === "index" ? isWhole : (type.kind === "complex" ? isNumber : isReal)(checker, value);
  if (!isKind && type.kind !== "index") return undefined;
  const isPlain = own.length === 0;
  const fits =
    isPlain || (own.length === entry.length && own.every(({ dim }, i) => equalDims(dim, (entry[i] ?? { dim }).dim)));
  if (isKind && fits) {
    const axes = [{ dim: by, source: undefined }, ...entry];
    return {
      kind: "repeat",
      operand: value,
      span: value.span,
      type: { ...(type as Extract<SemanticType, { kind: "real" }>), axes },
    };
  }
  const wanted = printSemanticType({ ...(type as Extract<SemanticType, { kind: "real" }>), axes: entry });
  checker.report(
    "shape-mismatch",
    value.span,
    `\`${node.callee.text}\` fills with ${wanted}, this is ${printSemanticType(value.type)}`,
    {
      help:
        helpOfBound(checker, value, type) ??
        "what stands beyond the sequence is like one of its elements, or one number for all of it",
    },
  );
  return undefined;
}
