import { rewriteFunction } from "../../ir/graph/rewrite.js";
import { operationKey } from "../../ir/graph/print.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import type { GraphPass } from "../pass.js";

/**
 * Computes equal things once: two instructions with the same operation and operands become one. Operations that
 * commute exactly (add, mul) are equal in either order. Scans are not compared with each other.
 */
export const shareCommonValues: GraphPass = {
  name: "share-common-values",
  summary: "compute equal values once",
  run: share,
};

const commutative: ReadonlySet<string> = new Set(["add", "mul", "eq", "ne", "and", "or"]);

function share(fn: GraphFunction, context: ShapeContext): GraphFunction {
  const known = new Map<string, readonly ValueId[]>();
  return rewriteFunction(
    fn,
    context,
    (builder, operation, operands, instruction) => {
      if (operation.kind === "scan") return undefined;
      const inOrder =
        operation.kind === "map" && commutative.has(operation.op) ? [...operands].sort((a, b) => a - b) : operands;
      const key = `${operationKey(operation)} ${inOrder.join(" ")}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const results = builder.emitAll(operation, operands, instruction);
      known.set(key, results);
      return results;
    },
    (body) => share(body, context),
  );
}
