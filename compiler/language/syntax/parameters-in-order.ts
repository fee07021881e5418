/** Parameters of functions as they were written. */
import type { FunctionNode, FunctionTypeNode, Name, TypeNode } from "./ast.js";

/** All parameters of a function in the order of the text. */
export function parametersInOrder({
  parameters,
  dimensions,
  functions,
}: Pick<FunctionNode, "parameters" | "dimensions" | "functions">): {
  readonly name: Name;
  readonly type?: TypeNode | FunctionTypeNode;
}[] {
  const all: { readonly name: Name; readonly type?: TypeNode | FunctionTypeNode }[] = [...parameters];
  const others = [...dimensions, ...functions].sort((a, b) => a.position - b.position);
  for (const { position, ...parameter } of others) all.splice(position, 0, parameter);
  return all;
}
