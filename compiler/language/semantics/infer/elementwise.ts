/** Operators and conditions: operations entry by entry. */
import type { Span } from "../../../base/source/span.js";
import type { BinaryNode, IfNode, UnaryNode } from "../../syntax/ast.js";
import { equalDims } from "../../../base/types/dim.js";
import { broadcastAxes } from "../broadcast.js";
import type { ElementwiseName } from "../builtins.js";
import type { Checker } from "../checker.js";
import { axesOf, type Axis, numbersOf, printAxes, type SemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { integerOf } from "./axis-arguments.js";
import { inferWholeBinary, inferWholeIf, isIndex } from "./whole-numbers.js";
import { helpForAmbiguous, isNumber, isReal, isTruth, placeOfAxes, placeOfAxis } from "./mismatch.js";

const truthOperators = new Set(["and", "or"]);
const complexOperators = new Set(["+", "-", "*", "/", "^"]);
const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);

export function inferUnary(checker: Checker, { operator, operand: inner, span }: UnaryNode): TypedExpression {
  const operand = checker.infer(inner);
  const isFine = operator === "not" ? isTruth(checker, operand) : isNumber(checker, operand);
  if (!isFine) return checker.error(span);
  const operation = operator === "not" ? "not" : "negate";
  return { kind: "elementwise", operation, operands: [operand], span, type: operand.type };
}

export function inferBinary(checker: Checker, node: BinaryNode): TypedExpression {
  const operator = node.operator as Exclude<typeof node.operator, "@">;
  const operands = [checker.infer(node.left), checker.infer(node.right)];
  const ofIndices = operands.some(isIndex) ? inferWholeBinary(checker, node, operands) : undefined;
  if (ofIndices !== undefined) return ofIndices;
  const isComplex = operands.some(({ type }) => type.kind === "complex");
  const check = truthOperators.has(operator)
    ? isTruth
    : isComplex && complexOperators.has(operator)
      ? isNumber
      : isReal;
  const isFine = operands.map((operand) => check(checker, operand)).every(Boolean);
  if (!isFine || (isComplex && operator === "^" && !isWholePower(checker, node, operands)))
    return checker.error(node.span);
  const kind = truthOperators.has(operator) || comparisons.has(operator) ? "bool" : numbersOf(operands, []).kind;
  return combine(checker, operator, operands, {
    kind,
    span: node.span,
    reportAt: node.operatorSpan,
    words: `operands of \`${operator}\``,
  });
}

export function inferIf(checker: Checker, node: IfNode): TypedExpression {
  const condition = checker.infer(node.condition);
  const branches = [checker.infer(node.whenTrue), checker.infer(node.whenFalse)];
  const ofIndices = branches.some(isIndex) ? inferWholeIf(checker, node, condition, branches) : undefined;
  if (ofIndices !== undefined) return ofIndices;
  const kind = branches.every((branch) => branch.type.kind === "bool") ? "bool" : numbersOf(branches, []).kind;
  let isFine = isTruth(checker, condition);
  if (kind !== "bool") for (const branch of branches) isFine = isNumber(checker, branch) && isFine;
  if (!isFine) return checker.error(node.span);
  return combine(checker, "if", [condition, ...branches], {
    kind,
    span: node.span,
    reportAt: node.span,
    words: "the parts of this condition",
  });
}

/** Powers of complex numbers are products. */
function isWholePower(checker: Checker, { right }: BinaryNode, operands: readonly TypedExpression[]): boolean {
  if (integerOf(right) !== undefined) return true;
  const message = "a power of a complex number has a whole number as its exponent";
  checker.report("complex-value", (operands[1] ?? (operands[0] as TypedExpression)).span, message, {
    help: "`z ^ 2`, `z ^ -1`; others are `exp(p * complex(log(abs(z)), arg(z)))`",
  });
  return false;
}

interface Combination {
  readonly kind: SemanticType["kind"];
  readonly span: Span;
  /** The narrowest place that stands for the operation. */
  readonly reportAt: Span;
  /** "operands of `+`". */
  readonly words: string;
}

/** An operation on operands that were checked one by one: their shapes must agree. */
export function combine(
  checker: Checker,
  operation: ElementwiseName,
  operands: readonly TypedExpression[],
  { kind, span, reportAt, words }: Combination,
): TypedExpression {
  let axes: readonly Axis[] = [];
  for (const operand of operands) {
    const own = axesOf(operand.type);
    const result = broadcastAxes(axes, own, checker.isRuntime);
    if (!result.ok) {
      const other = operands.find((candidate) => axesOf(candidate.type) === axes);
      const shapes = `${words} have shapes ${printAxes(axes)} and ${printAxes(own)}`;
      const message = result.why === "differ" ? shapes : `${shapes}, which fit in more than one way`;
      const first = other === undefined ? placeOfAxes(axes, span, result.left) : placeOfAxis(other, result.left);
      checker.report("shape-mismatch", reportAt, message, {
        related: [first, placeOfAxis(operand, result.right)],
        help: result.why === "differ" ? helpFor(axes, own) : helpForAmbiguous(axes, own),
      });
      return checker.error(span);
    }
    // Kept by identity where nothing changed, so that a message finds the operand it came from.
    axes = [axes, own].find((candidate) => sameAxes(candidate, result.axes)) ?? result.axes;
  }
  return { kind: "elementwise", operation, operands, span, type: { kind, axes } as SemanticType };
}

function sameAxes(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

function helpFor(a: readonly Axis[], b: readonly Axis[]): string | undefined {
  const sameReversed =
    a.length === b.length && a.every((axis, i) => equalDims(axis.dim, (b[b.length - 1 - i] as Axis).dim));
  if (a.length === 2 && sameReversed) return "one of them is the other way round: `transpose(…)`";
  if (a.length === 1 && b.length === 1) {
    return `bring them to one size: multiply one by a matrix, \`W @ …\`, or declare the cell with equal dimensions`;
  }
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const isLeading = short.length < long.length && short.every((axis, i) => equalDims(axis.dim, (long[i] as Axis).dim));
  if (isLeading) {
    const places = [...short.map(() => ":"), ...long.slice(short.length).map(() => "new")].join(", ");
    return `shapes are compared from their last axis: \`…[${places}]\` repeats along the last one`;
  }
  return undefined;
}
