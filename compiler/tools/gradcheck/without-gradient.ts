/**
 * Tensors whose gradient is zero by construction: no real number goes from them to a result, because they are only compared,
 * rounded, read through `stop_gradient` only, or not read at all.
 */
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/types.js";
import type { LoweredCell } from "../../program/lowered-cell.js";
import { flatOps } from "../../ir/ops/scalar-ops.js";

/** Their names. Of calls with at least one step: without any, a final state is the initial one. */
export function withoutGradient(cell: LoweredCell): ReadonlySet<string> {
  const { step, initial, params, inputs, contexts, states } = cell;
  const reaching = namesReaching(step, step.outputs);
  if (initial !== undefined) {
    const read = initial.outputs.filter((_, i) => reaching.has(initial.outputNames[i] as string));
    for (const name of namesReaching(initial, read)) reaching.add(name);
  }
  const names = [...params, ...inputs, ...contexts, ...states].map(({ name }) => name);
  return new Set(names.filter((name) => !reaching.has(name)));
}

/** Names of the inputs that the derivative of some of the values goes to. */
function namesReaching({ inputs, names, instructions }: GraphFunction, values: readonly ValueId[]): Set<string> {
  const wanted = new Set(values);
  for (const instruction of [...instructions].reverse()) {
    if (!instruction.results.some((result) => wanted.has(result))) continue;
    for (const operand of carriers(instruction)) wanted.add(operand);
  }
  return new Set(inputs.filter((input) => wanted.has(input)).map((input) => names[input] as string));
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
