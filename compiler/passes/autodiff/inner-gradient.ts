/** A derivative inside of a cell: reverse mode of what lies between a value and a number. */
import { at } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, definitions, inlineFunction, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, ValueId } from "../../ir/graph/types.js";
import type { DeriveInside } from "../../program/frame.js";
import { reverseMode } from "./reverse.js";

/** Names are those of the values that are there. */
const nameless = { names: [] };

export const innerGradient: DeriveInside = (builder, value, by) => {
  if (value === by) return builder.constantOf(1, builder.shapeOf(by));
  const path = pathOf(builder, value, by);
  if (path === undefined) return undefined;
  const { fn, inputs } = path;
  const fixedInputs = new Set(fn.inputs.slice(1).map((id) => fn.names[id] ?? ""));
  const { forward, backward, sources, targets } = reverseMode(fn, builder.context, {
    fixedInputs,
    differentiable: true,
  });
  const primal = inlineFunction(builder, forward, inputs);
  const one = builder.constant(1);
  const given = sources.map(({ kind, index }) => {
    if (kind === "cotangent") return one;
    return kind === "input" ? at(inputs, index) : at(primal, index);
  });
  const results = inlineFunction(builder, backward, given);
  return at(results, targets.indexOf(0));
};

/** The instructions that lead from `by` to `value`, as a function of `by`, which is of each example there, and of what else they read. */
function pathOf(
  builder: GraphBuilder,
  value: ValueId,
  by: ValueId,
): { readonly fn: GraphFunction; readonly inputs: readonly ValueId[] } | undefined {
  const made = definitions(builder);
  const depends = new Set([by]);
  for (const { operands, results } of builder.instructions) {
    if (results.includes(by)) continue;
    if (operands.some((id) => depends.has(id))) for (const id of results) depends.add(id);
  }
  if (!depends.has(value)) return undefined;
  const needed = new Set<ValueId>();
  const waiting = [value];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === by || needed.has(id) || !depends.has(id)) continue;
    needed.add(id);
    waiting.push(...(made.get(id)?.operands ?? []));
  }
  const own = new GraphBuilder(`${builder.name}_gradient`, builder.context);
  const inputs: ValueId[] = [];
  const values: ValueMap = new Map();
  const declare = (id: ValueId): void => {
    if (values.has(id)) return;
    const type = builder.typeOf(id);
    values.set(id, own.input(`in${inputs.length}`, id === by ? { ...type, shared: false } : type));
    inputs.push(id);
  };
  declare(by);
  const taken = builder.instructions.filter(({ results }) => results.some((id) => needed.has(id)));
  for (const { operands } of taken) for (const id of operands) if (!depends.has(id)) declare(id);
  for (const instruction of taken) copyInstruction(own, nameless, instruction, values);
  const result = mapped(values, value);
  return { fn: own.finish([{ name: "value", value: result }]), inputs };
}
