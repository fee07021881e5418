/** What stands in the text of a function. */
import type { Expression, FunctionNode, TypeNode } from "../syntax/ast.js";
import { forEachPart } from "./expression-parts.js";

export function valuesOfFunction({ equations, value, derivative }: FunctionNode): readonly Expression[] {
  return [value, ...(derivative ? [derivative.value] : []), ...equations.map((equation) => equation.value)];
}

/** The dimensions in a type, or what bounds an index. */
export function sizesIn(type: TypeNode): readonly Expression[] {
  return type.kind === "tensor-type" ? type.dimensions : type.kind === "index-type" ? [type.bound] : [];
}

/** Names in the dimensions of a function's types, in order. */
export function namesInTypes(expressions: readonly Expression[]): string[] {
  const names = new Set<string>();
  for (const expression of expressions) {
    forEachPart(expression, (part) => {
      if (part.kind === "reference" && !part.next) names.add(part.name);
    });
  }
  return [...names];
}
