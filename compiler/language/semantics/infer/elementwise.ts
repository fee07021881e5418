/** Operators and conditions: operations element by element. */
import { at } from "../../../base/at.js";
import type { BinaryNode, IfNode, UnaryNode } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { sizeOf } from "../dimension-expressions.js";
import { numbersOf } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { integerOf } from "./axis-arguments.js";
import { inferWholeBinary, inferWholeIf, isIndex } from "./whole-numbers.js";
import { combine } from "./combine.js";
import { isNumber, isReal, isTruth } from "./mismatch.js";

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
  const isPassedOver = checker.isGuessing && operator === "mod" && operands[0]?.type.kind === "error";
  if (isPassedOver) return guessedRemainder(checker, node);
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

/** Of what is not known yet: where it is an index that depends on its own past, this is how far it goes. */
function guessedRemainder(checker: Checker, { right, span }: BinaryNode): TypedExpression {
  const bound = sizeOf(checker, right);
  const guess = checker.error(span);
  return bound === undefined ? guess : { ...guess, type: { kind: "index", bound, axes: [] } };
}

export function inferIf(checker: Checker, node: IfNode): TypedExpression {
  const condition = checker.infer(node.condition);
  const branches = [checker.infer(node.whenTrue), checker.infer(node.whenFalse)];
  const known = branches.filter(({ type }) => type.kind !== "error");
  if (checker.isGuessing && known.length === 1 && known[0] !== undefined) return known[0];
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
  checker.report("complex-value", (operands[1] ?? at(operands, 0)).span, message, {
    help: "`z ^ 2`, `z ^ -1`; others are `exp(p * complex(log(abs(z)), arg(z)))`",
  });
  return false;
}
