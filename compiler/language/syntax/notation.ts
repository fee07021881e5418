/** How a syntax tree is spelled: as it is typed (`recell fmt`), or as formulas are written. Both are the same language. */
import type { BinaryNode, BinaryOperator, Expression } from "./ast.js";
import { notPrecedence, primaryPrecedence } from "./operators.js";
import { formulaFunction, formulaName, superscript } from "./spelling.js";

export interface Notation {
  /** A name, but for the next. */
  readonly name: (name: string) => string;
  /** A name directly before `(`, where some signs mean something else. */
  readonly called: (name: string) => string;
  readonly operator: (node: BinaryNode) => string;
  readonly minus: string;
  /** With the space after it, if it needs one. */
  readonly not: string;
  /** What binds at least as tightly stands after it without parentheses. */
  readonly notOperand: number;
  /** What follows the base of a power whose exponent is written above; undefined for `x ^ y`. */
  readonly exponent: (node: Expression) => string | undefined;
}

const asTyped = (name: string): string => name;

export const asciiNotation: Notation = {
  name: asTyped,
  called: asTyped,
  operator: ({ operator }) => operator,
  minus: "-",
  not: "not ",
  notOperand: notPrecedence,
  exponent: () => undefined,
};

const signs: Partial<Record<BinaryOperator, string>> = {
  "-": "−",
  "*": "⊙",
  "@": "·",
  "<=": "≤",
  ">=": "≥",
  "!=": "≠",
  and: "∧",
  or: "∨",
};

export const formulaNotation: Notation = {
  name: formulaName,
  called: formulaFunction,
  operator: ({ operator, left, right }) =>
    operator === "*" && (isNumber(left) || isNumber(right)) ? "×" : (signs[operator] ?? operator),
  minus: "−",
  not: "¬",
  // The language lets `¬a ≠ b` mean `¬(a ≠ b)`, readers may not.
  notOperand: primaryPrecedence,
  exponent: (node) => {
    if (node.kind === "number") return /^[0-9]+$/.test(node.text) ? superscript(node.text) : undefined;
    if (node.kind !== "unary" || node.operator !== "-" || node.operand.kind !== "number") return undefined;
    return /^[0-9]+$/.test(node.operand.text) ? superscript(`-${node.operand.text}`) : undefined;
  },
};

function isNumber(node: Expression): boolean {
  return node.kind === "number" || (node.kind === "unary" && isNumber(node.operand));
}
