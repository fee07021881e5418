/** Values whose derivatives are declared, as the values themselves. */
import { at } from "../../base/at.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { typeOf } from "../../ir/graph/values.js";

/**
 * `fn` with the values themselves where their derivatives are declared, under the same ids: backward then reads the value,
 * which may be cheap to repeat.
 */
export function withoutDeclared(fn: GraphFunction): { fn: GraphFunction; valueOf: (id: ValueId) => ValueId } {
  const values = new Map<ValueId, ValueId>();
  const valueOf = (id: ValueId): ValueId => values.get(id) ?? id;
  const names = [...fn.names];
  const instructions: Instruction[] = [];
  for (const instruction of fn.instructions) {
    const operands = instruction.operands.map(valueOf);
    const [result, value] = [at(instruction.results, 0), operands[0]];
    const isDeclared = instruction.operation.kind === "custom_derivative" && value !== undefined;
    if (!isDeclared || typeOf(fn, result).shared !== typeOf(fn, value).shared) {
      instructions.push({ ...instruction, operands });
      continue;
    }
    values.set(result, value);
    names[value] ??= names[result];
  }
  return { fn: { ...fn, names, instructions, outputs: fn.outputs.map(valueOf) }, valueOf };
}
