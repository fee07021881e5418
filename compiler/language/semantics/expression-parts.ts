/** Walks over expressions without recursion. */
import type { Expression } from "../syntax/ast.js";

/** The expressions directly inside one, in the order of the text. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "reference":
      return [];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "if":
      return [expression.condition, expression.whenTrue, expression.whenFalse];
    case "call":
      return expression.arguments.map((argument) => argument.value);
    case "member":
      return [expression.object];
    case "index":
      return [
        expression.object,
        ...expression.indices.flatMap((index) =>
          index.kind === "at" ? [index.value] : [index.start, index.end].filter((bound) => bound !== undefined),
        ),
      ];
    case "indexed":
      return [expression.value, ...expression.indices.flatMap(({ size }) => size ?? [])];
    case "tuple":
      return expression.items;
  }
}

/** Visits an expression and everything in it, outside in, in the order of the text; `false` skips what is inside. */
export function forEachPart(root: Expression, visit: (expression: Expression) => unknown): void {
  const waiting = [root];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (visit(part) === false) continue;
    const parts = partsOf(part);
    for (let i = parts.length - 1; i >= 0; i--) waiting.push(parts[i] as Expression);
  }
}
