/**
 * Which tensors of a program have a gradient that is not the derivative of the values: on the way from them to a result is a
 * function that declares its derivative, or a `stop_gradient`.
 */
import type { Instruction, ValueId } from "../ir/graph/graph-function.js";
import type { Program } from "./program.js";
import { tensorsReaching } from "./reach.js";

/** Their names, in the order of declarations: params, inputs, contexts, states. */
export const declaredReach = (program: Omit<Program, "gradientAsDeclared">): string[] =>
  tensorsReaching(program, [], { from: declaredOperands, through: ({ operands }) => operands });

/** What goes into declared derivatives and into `stop_gradient`. */
function declaredOperands({ operation, operands, origin }: Instruction): readonly ValueId[] {
  const isStopped = operation.kind === "map" && operation.op === "stop_gradient";
  return (isStopped || operation.kind === "custom_derivative") && origin.isExact !== true ? operands : [];
}
