/** What stands in the text of a function. */
import type { Expression, FunctionNode, TypeNode } from "../syntax/ast.js";
import { forEachPart } from "./expression-parts.js";

export function valuesOfFunction({ equations, results, derivative }: FunctionNode): readonly Expression[] {
  return [...results, ...equations].map(({ value }) => value).concat(derivative?.values ?? []);
}

/** The dimensions in a type, or what bounds an index. */
export function sizesIn(type: TypeNode): readonly Expression[] {
  if (type.kind === "tensor-type" || type.kind === "complex-type") return type.dimensions;
  return type.kind === "index-type" ? [type.bound, ...type.dimensions] : [];
}

/** All types that stand in the head of a function. */
export function typesOfFunction({ parameters, functions, results }: FunctionNode): readonly TypeNode[] {
  const inside = functions.flatMap(({ type }) => [...type.parameters, type.result]);
  return [...parameters.map(({ type }) => type), ...inside, ...results.map(({ type }) => type)];
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
