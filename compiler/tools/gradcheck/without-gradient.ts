/**
 * Tensors whose gradient is zero by construction: no real number goes from them to a result, because they are only compared,
 * rounded, read through `stop_gradient` only, or not read at all.
 */
import type { Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { Program } from "../../program/program.js";
import { tensorsReaching } from "../../program/reach.js";
import { flatOps } from "../../ir/ops/scalar-ops.js";

/** Their names. Of calls with at least one step: without any, a final state is the initial one. */
export function withoutGradient(program: Program): ReadonlySet<string> {
  const { params, inputs, contexts, states } = program;
  const reaching = new Set(tensorsReaching(program, program.forward.outputs, { through: carriers }));
  const names = [...params, ...inputs, ...contexts, ...states].map(({ name }) => name);
  return new Set(names.filter((name) => !reaching.has(name)));
}

/** Operands that hand on a change of theirs. */
function carriers({ operation, operands }: Instruction): readonly ValueId[] {
  switch (operation.kind) {
    case "map":
      if (flatOps.has(operation.op)) return [];
      return operation.op === "select" ? operands.slice(1) : operands;
    case "to_index":
      return [];
    case "gather":
      return operands.slice(0, 1);
    case "scatter_add":
      return operands.slice(1);
    case "custom_derivative":
      // Through its declaration, not through its value.
      return operands.slice(1, 1 + operation.arguments);
    default:
      return operands;
  }
}
