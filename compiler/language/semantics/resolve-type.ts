/** Written types to types. */
import type { TypeNode } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import { shapeOfList, sizeOf } from "./dimension-expressions.js";
import { axesOf, errorType, realType, scalarType, type SemanticType, type Source } from "./semantic-type.js";

export function resolveType(checker: Checker, node: TypeNode, source: Source): SemanticType {
  switch (node.kind) {
    case "real-type":
      return scalarType;
    case "index-type": {
      const bound = sizeOf(checker, node.bound);
      const shape = node.dimensions.length === 0 ? [] : shapeOfList(checker, node.dimensions, node.span);
      if (bound === undefined || shape === undefined) return errorType;
      return { kind: "index", bound, axes: axesOf(realType(shape, source)) };
    }
    case "tensor-type":
    case "complex-type": {
      const shape = shapeOfList(checker, node.dimensions, node.span);
      if (shape === undefined) return errorType;
      const type = realType(shape, source);
      return node.kind === "complex-type" ? { kind: "complex", axes: axesOf(type) } : type;
    }
  }
}
