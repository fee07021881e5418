/**
 * Programs as they are handed on: what equations tell a stream, how places go on and what its states are called, has been read by then
 * (`sequence-states.ts`). Where nothing streams it means nothing, and passes would take equal values for different ones.
 */
import type { GraphFunction, Operation } from "../ir/graph/graph-function.js";
import { declaredReach } from "./declared-reach.js";
import type { Program } from "./program.js";

/** The program without what is told to streams, and with what it says of its gradients. */
export function settledProgram(program: Omit<Program, "gradientAsDeclared">): Program {
  const { starts, found } = program;
  return {
    ...program,
    gradientAsDeclared: declaredReach(program),
    forward: settled(program.forward),
    initial: program.initial && settled(program.initial),
    starts: starts && { ...starts, fn: settled(starts.fn) },
    ...(found && { found: { ...found, fn: settled(found.fn) } }),
  };
}

/** The same values under the same numbers. */
export const settled = (fn: GraphFunction): GraphFunction => ({
  ...fn,
  instructions: fn.instructions.map((one) => ({ ...one, operation: settledOperation(one.operation) })),
});

function settledOperation(operation: Operation): Operation {
  switch (operation.kind) {
    case "iota":
      return { ...operation, places: false };
    case "concat":
      return { ...operation, state: undefined };
    case "scan":
      return { ...operation, body: settled(operation.body), states: [] };
    case "custom_derivative":
      return { ...operation, tangent: settled(operation.tangent) };
    default:
      return operation;
  }
}
