/**
 * Which tensors of a program have a gradient that is not the derivative of the values: on the way from them to a result is a
 * function that declares its derivative, or a `stop_gradient`.
 */
import type { Instruction, Operation, ValueId } from "../ir/graph/graph-function.js";
import type { Program } from "./program.js";
import { tensorsReaching } from "./reach.js";

/** Their names, in the order of declarations: params, inputs, contexts, states. */
export const declaredReach = (program: Omit<Program, "gradientAsDeclared">): string[] =>
  tensorsReaching(program, [], { from: declaredOperands, through: ({ operands }) => operands });

/** Whether the operation says of a derivative that it is another than that of the value. */
export function statesDerivative(operation: Operation): boolean {
  if (operation.kind === "map") return operation.op === "stop_gradient" && !operation.exact;
  return operation.kind === "custom_derivative" && !operation.exact;
}

/** What goes into declared derivatives and into `stop_gradient`. */
const declaredOperands = ({ operation, operands }: Instruction): readonly ValueId[] =>
  statesDerivative(operation) ? operands : [];
