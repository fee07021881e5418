/** Derivatives inside of a cell: reverse mode of what lies between values and a number. */
import { at } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import {
  copyInstruction,
  definitions,
  inlineFunction,
  mapped,
  type ValueMap,
  withInputTypes,
} from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { typeOf } from "../../ir/graph/values.js";
import type { DeriveInside } from "../../program/frame/frame.js";
import { reverseMode } from "./reverse.js";

/** Names are those of the values that are there. */
const nameless = { names: [] };

export const innerGradient: DeriveInside = (builder, value, by) => {
  const isTogether = !by.includes(value) && new Set(by).size === by.length && areApart(builder, by);
  if (by.length > 1 && !isTogether) return by.flatMap((one) => innerGradient(builder, value, [one]));
  if (by[0] === value) return [builder.constantOf(1, builder.shapeOf(value))];
  const path = pathOf(builder, value, by);
  if (path === undefined) return by.map(() => undefined);
  const { fn, inputs } = path;
  const fixedInputs = new Set(fn.inputs.slice(by.length).map((id) => fn.names[id] ?? ""));
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
  return by.map((id, i) => (path.reaching.has(id) ? at(results, targets.indexOf(i)) : undefined));
};

/** Values that are made of some of `from`, those themselves among them. */
function dependentOn(builder: GraphBuilder, from: readonly ValueId[]): Set<ValueId> {
  const depends = new Set(from);
  for (const { operands, results } of builder.instructions) {
    if (operands.some((id) => depends.has(id))) for (const id of results) depends.add(id);
  }
  return depends;
}

/** Whether none is made of another: else what lies between them would be cut off, and one would count less than alone. */
function areApart(builder: GraphBuilder, by: readonly ValueId[]): boolean {
  return by.every((one) => {
    const depends = dependentOn(builder, [one]);
    return by.every((other) => other === one || !depends.has(other));
  });
}

interface DerivedPath {
  /** Its first inputs are what is derived by. */
  readonly fn: GraphFunction;
  readonly inputs: readonly ValueId[];
  /** Of those that the number depends on. */
  readonly reaching: ReadonlySet<ValueId>;
}

/** The instructions that lead from `by` to `value`, as a function of `by`, which are of each example there, and of what else they read. */
function pathOf(builder: GraphBuilder, value: ValueId, by: readonly ValueId[]): DerivedPath | undefined {
  const made = definitions(builder);
  const depends = dependentOn(builder, by);
  if (!depends.has(value)) return undefined;
  const needed = new Set<ValueId>();
  const reaching = new Set<ValueId>();
  const waiting = [value];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (by.includes(id)) reaching.add(id);
    if (by.includes(id) || needed.has(id) || !depends.has(id)) continue;
    needed.add(id);
    waiting.push(...(made.get(id)?.operands ?? []));
  }
  const own = new GraphBuilder(`${builder.name}_gradient`, builder.context);
  const inputs: ValueId[] = [];
  const values: ValueMap = new Map();
  const declare = (id: ValueId): void => {
    if (values.has(id)) return;
    const type = builder.typeOf(id);
    values.set(id, own.input(`in${inputs.length}`, by.includes(id) ? { ...type, shared: false } : type));
    inputs.push(id);
  };
  for (const id of by) declare(id);
  const taken = builder.instructions.filter(({ results }) => results.some((id) => needed.has(id)));
  for (const { operands } of taken) for (const id of operands) if (!depends.has(id)) declare(id);
  for (const instruction of taken) copyInstruction(own, nameless, forOperands(own, instruction, values), values);
  const result = mapped(values, value);
  return { fn: own.finish([{ name: "value", value: result }]), inputs, reaching };
}

/** A declared derivative by values that all examples share takes them as the function has them, which are of each example. */
function forOperands(builder: GraphBuilder, instruction: Instruction, values: ValueMap): Instruction {
  const { operation, operands } = instruction;
  if (operation.kind !== "custom_derivative") return instruction;
  const { tangent } = operation;
  const types = tangent.inputs.map((id, i) => {
    const type = typeOf(tangent, id);
    return { ...type, shared: type.shared && builder.typeOf(mapped(values, at(operands, i + 1))).shared };
  });
  return { ...instruction, operation: { ...operation, tangent: withInputTypes(tangent, types, builder.context) } };
}
