/**
 * Precedence, in one place for the reader of expressions and for their printer. From loose to tight: or, and, not,
 * comparisons (which do not chain), sums, products, `mod`, minus in front, powers (to the right); then calls and selections.
 */
import type { TokenType } from "chevrotain";
import type { BinaryOperator, UnaryOperator } from "./ast.js";
import * as t from "./tokens.js";

/** `if` reaches as far right as it can, so it is looser than everything. */
export const ifPrecedence = 0;
export const notPrecedence = 3;
export const comparisonPrecedence = 4;
export const minusPrecedence = 8;
const powerPrecedence = 9;
export const primaryPrecedence = 10;

export const binaryPrecedence: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  "<": comparisonPrecedence,
  "<=": comparisonPrecedence,
  ">": comparisonPrecedence,
  ">=": comparisonPrecedence,
  "==": comparisonPrecedence,
  "!=": comparisonPrecedence,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "@": 6,
  mod: 7,
  "^": powerPrecedence,
};

export const unaryPrecedence: Readonly<Record<UnaryOperator, number>> = { not: notPrecedence, "-": minusPrecedence };

export const binaryOperators: ReadonlyMap<TokenType, BinaryOperator> = new Map([
  [t.Plus, "+"],
  [t.Minus, "-"],
  [t.Star, "*"],
  [t.Slash, "/"],
  [t.At, "@"],
  [t.Caret, "^"],
  [t.Less, "<"],
  [t.LessEqual, "<="],
  [t.Greater, ">"],
  [t.GreaterEqual, ">="],
  [t.EqualEqual, "=="],
  [t.NotEqual, "!="],
  [t.And, "and"],
  [t.Or, "or"],
  [t.Mod, "mod"],
]);
