/** Operations that may leave something out: what is left out has a strong zero for a derivative (`strong-zeros.ts`). */
import { constantOf } from "../../base/types/dim.js";
import type { Operation } from "../../ir/graph/graph-function.js";
import { choosingOps } from "../../ir/ops/scalar-ops.js";

/** Whether a part of the operands has no part in the result, or in some of its elements. */
export function chooses(operation: Operation): boolean {
  switch (operation.kind) {
    case "map":
      return choosingOps[operation.op];
    case "reduce":
      return operation.op !== "sum";
    case "custom_derivative":
      return operation.tangent.instructions.some((inner) => chooses(inner.operation));
    case "window":
      return !readsAll(operation);
    default:
      return operation.kind === "slice" || operation.kind === "gather" || operation.kind === "pad";
  }
}

/** Whether windows leave no element out between them. */
function readsAll({ length, size, stride, dilation }: Extract<Operation, { kind: "window" }>): boolean {
  const [count, own, step, apart] = [length, size, stride, dilation].map(constantOf) as [
    number?,
    number?,
    number?,
    number?,
  ];
  if (count === undefined || own === undefined || step === undefined || apart === undefined) return false;
  return (apart === 1 && step <= own) || (step === 1 && apart <= count);
}
