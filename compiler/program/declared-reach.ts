/**
 * Which tensors of a cell have a gradient that is not the derivative of the values: on the way from them to a result is a
 * function that declares its derivative, or a `stop_gradient`.
 */
import type { GraphFunction, ValueId } from "../ir/graph/types.js";
import type { LoweredCell } from "./lowered-cell.js";

/** Their names, in the order of declarations: params, inputs, contexts, states. */
export function declaredReach(cell: LoweredCell): string[] {
  const { step, initial, states } = cell;
  const reached = namesReaching(step, declaredOperands(step));
  // What decides about the next value of a state that is reached is reached a step later, and so on.
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    const next = step.outputs.slice(0, states.length).filter((_, i) => reached.has(step.outputNames[i] as string));
    for (const name of namesReaching(step, next)) reached.add(name);
  }
  if (initial !== undefined) {
    const start = initial.outputs.filter((_, i) => reached.has(initial.outputNames[i] as string));
    for (const name of namesReaching(initial, [...declaredOperands(initial), ...start])) reached.add(name);
  }
  return [...cell.params, ...cell.inputs, ...cell.contexts, ...states]
    .map(({ name }) => name)
    .filter((name) => reached.has(name));
}

/** What goes into declared derivatives and into `stop_gradient`. */
function declaredOperands({ instructions }: GraphFunction): ValueId[] {
  return instructions.flatMap(({ operation, operands, origin }) => {
    const isStopped = operation.kind === "map" && operation.op === "stop_gradient";
    return (isStopped || operation.kind === "custom_derivative") && origin.isExact !== true ? operands : [];
  });
}

/** Names of the inputs that some of the values depend on. */
function namesReaching({ inputs, names, instructions }: GraphFunction, values: readonly ValueId[]): Set<string> {
  const wanted = new Set(values);
  for (const { operands, results } of [...instructions].reverse()) {
    if (results.some((result) => wanted.has(result))) for (const operand of operands) wanted.add(operand);
  }
  return new Set(inputs.filter((input) => wanted.has(input)).map((input) => names[input] as string));
}
