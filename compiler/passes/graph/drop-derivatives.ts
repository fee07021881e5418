import { at } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { rewriteFunction } from "../../ir/graph/rewrite.js";
import type { Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { GraphPass } from "../pass.js";

/**
 * Forgets declared derivatives, which mean nothing for values: what is left is an ordinary graph, and what only the
 * derivative needed is unused. For functions that are not differentiated any more.
 */
export const dropDerivatives: GraphPass = {
  name: "drop-derivatives",
  summary: "forget declared derivatives where nothing is derived any more",
  run: (fn, context) => rewriteFunction(fn, context, dropDerivative),
};

function dropDerivative(b: GraphBuilder, operation: Operation, operands: readonly ValueId[]): ValueId[] | undefined {
  if (operation.kind !== "custom_derivative") return undefined;
  const value = at(operands, 0);
  // A constant may have a derivative by a value of the example, and then counts as one.
  return [operands.every((id) => b.typeOf(id).shared) ? value : b.perExample(value)];
}
