/** Expressions as text, with the fewest parentheses that give the same tree back. */
import { invariant } from "../diagnostics/invariant.js";
import type { ArgumentNode, BinaryNode, Expression, IndexNode, TypeNode } from "./ast.js";
import * as precedence from "./operators.js";
import { commaList, group, indent, line, softLine, type Doc } from "./print-layout.js";

/** An expression where any expression may stand. */
export function expressionDoc(node: Expression): Doc {
  return operandDoc(node, precedence.ifPrecedence);
}

export function typeDoc(type: TypeNode): Doc {
  if (type.kind === "real-type") return "real";
  if (type.kind === "index-type") return ["index(", expressionDoc(type.bound), ")"];
  return bracketed(type.dimensions.map(expressionDoc));
}

/** `(a, axis = 0)`. */
export function argumentsDoc(list: readonly ArgumentNode[]): Doc {
  return parenthesised(
    list.map(({ name, value }) =>
      name === undefined ? expressionDoc(value) : [`${name.text} = `, expressionDoc(value)],
    ),
  );
}

/** A list in parentheses that may take a line for each item. */
export function parenthesised(items: readonly Doc[]): Doc {
  if (items.length === 0) return "()";
  return group("(", indent(softLine, commaList(items)), softLine, ")");
}

function bracketed(items: readonly Doc[]): Doc {
  return items.length === 0 ? "[]" : group("[", indent(softLine, commaList(items)), softLine, "]");
}

/** An expression as an operand: in parentheses where it binds more loosely than `least`. */
function operandDoc(node: Expression, least: number): Doc {
  const doc = bareDoc(node);
  return precedenceOf(node) < least ? group("(", indent(softLine, doc), softLine, ")") : doc;
}

function precedenceOf(node: Expression): number {
  if (node.kind === "if") return precedence.ifPrecedence;
  if (node.kind === "unary") return precedence.unaryPrecedence[node.operator];
  if (node.kind === "binary") return precedence.binaryPrecedence[node.operator];
  return precedence.primaryPrecedence;
}

function bareDoc(node: Expression): Doc {
  switch (node.kind) {
    case "number":
      return node.text;
    case "reference":
      return node.next ? `${node.name}'` : node.name;
    case "unary":
      return node.operator === "not"
        ? ["not ", operandDoc(node.operand, precedence.notPrecedence)]
        : ["-", operandDoc(node.operand, precedence.minusPrecedence)];
    case "binary":
      return binaryDoc(node);
    case "if":
      return conditionDoc(node);
    case "call":
      return [node.callee.text, argumentsDoc(node.arguments)];
    case "member":
      return [operandDoc(node.object, precedence.primaryPrecedence), `.${node.member.text}${node.next ? "'" : ""}`];
    case "index":
      return [operandDoc(node.object, precedence.primaryPrecedence), bracketed(node.indices.map(indexDoc))];
    case "tuple":
      return bracketed(node.items.map(expressionDoc));
  }
}

/** `a + b - c` is one group: where it is too long, every operator begins a line. */
function binaryDoc(node: BinaryNode): Doc {
  const level = precedence.binaryPrecedence[node.operator];
  if (node.operator === "^") {
    return [operandDoc(node.left, level + 1), " ^ ", operandDoc(node.right, precedence.minusPrecedence)];
  }
  const leftAssociative = level !== precedence.comparisonPrecedence;
  const tails: Doc[] = [];
  let left: Expression = node;
  while (
    left.kind === "binary" &&
    precedence.binaryPrecedence[left.operator] === level &&
    (leftAssociative || left === node)
  ) {
    tails.push([line, `${left.operator} `, operandDoc(left.right, level + 1)]);
    left = left.left;
  }
  return group(operandDoc(left, level + 1), indent(...tails.reverse()));
}

/** A clause a line where it is too long: `if c then a`, `else if d then b`, `else e`. */
function conditionDoc(node: Expression): Doc {
  const clauses: Doc[] = [];
  let rest = node;
  while (rest.kind === "if") {
    const clause = group("if ", expressionDoc(rest.condition), indent(line, "then ", expressionDoc(rest.whenTrue)));
    clauses.push(clause, line, "else ");
    rest = rest.whenFalse;
  }
  return group(indent(...clauses, expressionDoc(rest)));
}

function indexDoc(index: IndexNode["indices"][number]): Doc {
  if (index.kind === "at") return expressionDoc(index.value);
  invariant(index.kind === "range", "an index is a place or a range");
  return [
    index.start === undefined ? "" : expressionDoc(index.start),
    ":",
    index.end === undefined ? "" : expressionDoc(index.end),
  ];
}
