/** Operations that may leave something out: what is left out has a strong zero for a derivative (`strong-zeros.ts`). */
import type { Operation } from "../../ir/graph/types.js";
import { choosingOps } from "../../ir/ops/scalar-ops.js";

/** Whether a part of the operands has no part in the result, or in some of its entries. */
export function chooses(operation: Operation): boolean {
  switch (operation.kind) {
    case "map":
      return choosingOps[operation.op];
    case "reduce":
      return operation.op !== "sum";
    case "custom_derivative":
      return operation.tangent.instructions.some((inner) => chooses(inner.operation));
    default:
      return operation.kind === "slice" || operation.kind === "gather" || operation.kind === "pad";
  }
}
