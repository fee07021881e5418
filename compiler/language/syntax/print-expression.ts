/** Expressions as text, with the fewest parentheses that give the same tree back. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ArgumentNode, BinaryNode, BinderNode, Expression, IndexNode, RoundsNode, TypeNode } from "./ast.js";
import type { Notation } from "./notation.js";
import * as precedence from "./operators.js";
import { commaList, group, indent, line, softLine, type Doc } from "./print-layout.js";

/** An expression where any expression may stand. */
export function expressionDoc(node: Expression, notation: Notation): Doc {
  return operandDoc(node, precedence.ifPrecedence, notation);
}

export function typeDoc(type: TypeNode, notation: Notation): Doc {
  if (type.kind === "real-type") return "real";
  const list = bracketed(type.dimensions.map((dimension) => expressionDoc(dimension, notation)));
  if (type.kind === "index-type")
    return ["index(", expressionDoc(type.bound, notation), ")", type.dimensions.length === 0 ? "" : list];
  if (type.kind === "tensor-type") return list;
  return type.dimensions.length === 0 ? "complex" : ["complex", list];
}

/** `(a, axis = 0)`. */
export function argumentsDoc(list: readonly ArgumentNode[], notation: Notation): Doc {
  return parenthesised(
    list.map(({ name, value }) => {
      const doc = expressionDoc(value, notation);
      return name === undefined ? doc : [`${pathText(name.text, notation)} = `, doc];
    }),
  );
}

const pathText = (path: string, notation: Notation): string =>
  path
    .split(".")
    .map((name) => notation.name(name))
    .join(".");

/** A list in parentheses that may take a line for each item. */
export function parenthesised(items: readonly Doc[]): Doc {
  if (items.length === 0) return "()";
  return group("(", indent(softLine, commaList(items)), softLine, ")");
}

/** One value, or several in parentheses. */
export function severalDoc(values: readonly Expression[], notation: Notation): Doc {
  const docs = values.map((value) => expressionDoc(value, notation));
  return docs.length === 1 ? docs : parenthesised(docs);
}

function bracketed(items: readonly Doc[]): Doc {
  return items.length === 0 ? "[]" : group("[", indent(softLine, commaList(items)), softLine, "]");
}

/** An expression as an operand: in parentheses where it binds more loosely than `least`. */
function operandDoc(node: Expression, least: number, notation: Notation): Doc {
  const doc = bareDoc(node, notation);
  return precedenceOf(node) < least ? group("(", indent(softLine, doc), softLine, ")") : doc;
}

function precedenceOf(node: Expression): number {
  if (node.kind === "if") return precedence.ifPrecedence;
  if (node.kind === "unary") return precedence.unaryPrecedence[node.operator];
  if (node.kind === "binary") return precedence.binaryPrecedence[node.operator];
  return precedence.primaryPrecedence;
}

function bareDoc(node: Expression, notation: Notation): Doc {
  const name = (text: string, next: boolean): string => notation.name(text) + (next ? "'" : "");
  switch (node.kind) {
    case "number":
    case "imaginary":
      return node.text;
    case "reference":
      return name(node.name, node.next);
    case "unary":
      return node.operator === "not"
        ? [notation.not, operandDoc(node.operand, notation.notOperand, notation)]
        : [notation.minus, operandDoc(node.operand, precedence.minusPrecedence, notation)];
    case "binary":
      return binaryDoc(node, notation);
    case "if":
      return conditionDoc(node, notation);
    case "call":
      return [
        node.place === undefined ? notation.called(node.callee.text) : notation.name(node.callee.text),
        node.place === undefined ? "" : bracketed([expressionDoc(node.place, notation)]),
        argumentsDoc(node.arguments, notation),
      ];
    case "member": {
      const object = operandDoc(node.object, precedence.primaryPrecedence, notation);
      // A point that touches a number would be read as a part of it.
      const gap = node.object.kind === "number" || node.object.kind === "imaginary" ? " " : "";
      return [object, gap, `.${name(node.member.text, node.next)}`];
    }
    case "index":
      return [
        operandDoc(node.object, precedence.primaryPrecedence, notation),
        bracketed(node.indices.map((index) => indexDoc(index, notation))),
      ];
    case "indexed":
      return [
        expressionDoc(node.value, notation),
        " for ",
        commaList(node.indices.map((index) => binderDoc(index, notation))),
      ];
    case "tuple":
      return bracketed(node.items.map((item) => expressionDoc(item, notation)));
    case "rounds":
      return roundsDoc(node.rounds, notation);
    case "group":
      return parenthesised(node.items.map((item) => expressionDoc(item, notation)));
    case "result":
      return expressionDoc(node.call, notation);
  }
}

/** `e then f for k < L until c implicit`; of a group `(e, e) then (f, f) …`. */
function roundsDoc({ first, next, index, from, count, until, implicit }: RoundsNode, notation: Notation): Doc {
  // The names share a call, which is written once.
  const values = (list: readonly Expression[]): Doc =>
    severalDoc(list[0]?.kind === "result" ? list.slice(0, 1) : list, notation);
  const begin = from === undefined ? "" : `${from} <= `;
  const rounds =
    index === undefined ? expressionDoc(count, notation) : [begin, binderDoc({ name: index, size: count }, notation)];
  const end: Doc[] = until === undefined ? [] : [line, "until ", expressionDoc(until, notation)];
  if (implicit) end.push(line, "implicit");
  return group(values(first), indent(line, "then ", values(next), line, "for ", rounds, ...end));
}

/** `i`, `j < N`. */
function binderDoc({ name, size }: Pick<BinderNode, "name" | "size">, notation: Notation): Doc {
  const text = notation.name(name.text);
  return size === undefined ? text : [`${text} < `, operandDoc(size, precedence.comparisonPrecedence + 1, notation)];
}

/** `[i, j < N]` after the name of an equation, and nothing after others. */
export function indicesDoc(value: Expression, notation: Notation): Doc {
  if (value.kind !== "indexed") return "";
  // What `over` says of the first index is written there.
  return bracketed(value.indices.map(({ size, ...index }, i) => binderDoc(size && !(value.until && i === 0) ? { ...index, size } : index, notation))); // prettier-ignore
}

/** What stands after the `=` of an equation. */
export function valueDoc(value: Expression, notation: Notation): Doc {
  if (value.kind !== "indexed") return expressionDoc(value, notation);
  const { until } = value;
  const own = expressionDoc(value.value, notation);
  if (until === undefined) return own;
  const { length, most, condition } = until;
  return [own, ` over ${notation.name(length.text)} <= `, expressionDoc(most, notation), " until ", expressionDoc(condition, notation)]; // prettier-ignore
}

/** `a + b - c` is one group: where it is too long, every operator begins a line. */
function binaryDoc(node: BinaryNode, notation: Notation): Doc {
  const level = precedence.binaryPrecedence[node.operator];
  if (node.operator === "^") {
    const base = operandDoc(node.left, level + 1, notation);
    const above = notation.exponent(node.right);
    if (above !== undefined) return [base, above];
    return [base, " ^ ", operandDoc(node.right, precedence.minusPrecedence, notation)];
  }
  const leftAssociative = level !== precedence.comparisonPrecedence;
  const tails: Doc[] = [];
  let left: Expression = node;
  while (
    left.kind === "binary" &&
    precedence.binaryPrecedence[left.operator] === level &&
    (leftAssociative || left === node)
  ) {
    tails.push([line, `${notation.operator(left)} `, operandDoc(left.right, level + 1, notation)]);
    left = left.left;
  }
  return group(operandDoc(left, level + 1, notation), indent(...tails.reverse()));
}

/** A clause a line where it is too long: `if c then a`, `else if d then b`, `else e`. */
function conditionDoc(node: Expression, notation: Notation): Doc {
  const clauses: Doc[] = [];
  let rest = node;
  while (rest.kind === "if") {
    const condition = expressionDoc(rest.condition, notation);
    const clause = group("if ", condition, indent(line, "then ", expressionDoc(rest.whenTrue, notation)));
    clauses.push(clause, line, "else ");
    rest = rest.whenFalse;
  }
  return group(indent(...clauses, expressionDoc(rest, notation)));
}

function indexDoc(index: IndexNode["indices"][number], notation: Notation): Doc {
  if (index.kind === "at") return expressionDoc(index.value, notation);
  invariant(index.kind === "range", "an index is a place or a range");
  return [
    index.start === undefined ? "" : expressionDoc(index.start, notation),
    ":",
    index.end === undefined ? "" : expressionDoc(index.end, notation),
  ];
}
