/** Walks over checked expressions. */
import type { TypedExpression } from "./typed-program.js";

/** The expressions directly inside one; of a used cell that is called, which is a value of its own, none. */
export function typedParts(node: TypedExpression): readonly TypedExpression[] {
  switch (node.kind) {
    case "elementwise":
    case "concat":
    case "stack":
      return node.operands;
    case "product":
    case "outer":
      return [node.left, node.right];
    case "reduction":
    case "normalization":
    case "repeat":
    case "reshape":
    case "transpose":
    case "slice":
    case "element":
      return [node.operand];
    case "gather":
      return [node.operand, node.index];
    case "indexed":
    case "index-reduction":
      return [node.body];
    case "gradient":
      return [node.value, node.by];
    case "call":
    case "call-given":
      return node.arguments;
    case "call-in-place":
      return [...node.call.inputs, ...node.call.contexts];
    case "rounds": {
      const { first, next, until } = node.rounds;
      return [...first, ...next, ...(until === undefined ? [] : [until])];
    }
    default:
      return [];
  }
}

/** Whether the expression reads an index. */
export function readsIndex(root: TypedExpression, index: string): boolean {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === "position" && node.index === index) return true;
    if (node.kind === "element" && node.terms.some((term) => term.index === index)) return true;
    waiting.push(...typedParts(node));
  }
  return false;
}
