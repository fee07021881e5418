/** What some trees are, told by their form. */
import type { IToken } from "chevrotain";
import type { Expression, Name } from "./ast.js";
import type * as cst from "./cst.generated.js";

/** `l` and `k` of `l[k]`. */
export function arrayOf(node: Expression): { readonly callee: Name; readonly place: Expression } | undefined {
  if (node.kind !== "index" || node.object.kind !== "reference" || node.object.next) return undefined;
  const [index, ...others] = node.indices;
  if (index?.kind !== "at" || others.length > 0) return undefined;
  return { callee: { text: node.object.name, span: node.object.span }, place: index.value };
}

/** `(x, h)`, and nothing around it. */
export function severalIn({ children }: cst.ExpressionCstNode): cst.PrimaryCstChildren | undefined {
  const operation = children.operation?.[0]?.children;
  const operand = operation?.binaryOperator === undefined ? operation?.operand?.[0]?.children : undefined;
  const isBare = operand && !operand.selection && !operand.Superscript && !operand.Minus && !operand.Not;
  const inside = isBare ? operand.primary?.[0]?.children : undefined;
  return inside?.LeftParen === undefined || inside.Comma === undefined ? undefined : inside;
}

export function isTime(node: Expression): boolean {
  return node.kind === "reference" && node.name === "t";
}

export function prefixes({ children }: cst.OperandCstNode): readonly IToken[] {
  const minus = children.Minus ?? [];
  const not = children.Not ?? [];
  if (not.length === 0) return minus;
  return [...minus, ...not].sort((a, b) => a.startOffset - b.startOffset);
}
