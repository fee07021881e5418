/** Derivatives of a function as one function. */
import { GraphBuilder } from "../../ir/graph/build.js";
import { declareInputs, inlineFunction } from "../../ir/graph/rewrite.js";
import type { GraphFunction, ValueId, ValueType } from "../../ir/graph/types.js";
import type { ShapeContext } from "../../ir/ops/shape-rules.js";
import { tangentName } from "../../program/roles.js";
import type { DerivativeRules } from "./derivative-rules.js";
import { forwardMode } from "./forward.js";
import type { BackwardSource } from "./reverse-mode.js";
import { reverseMode } from "./reverse.js";

/** Forward and backward in one function: inputs and cotangents of the outputs to cotangents of the inputs. */
export function gradientOf(
  fn: GraphFunction,
  context: ShapeContext,
  rules?: DerivativeRules,
  differentiable = false,
  sharedOutputs: ReadonlySet<string> = new Set(),
): GraphFunction {
  const options = { ...(rules && { rules }), differentiable, sharedOutputs };
  const { forward, backward, sources } = reverseMode(fn, context, options);
  const b = new GraphBuilder(`${fn.name}_gradient`, context);
  const inputs = [...declareInputs(b, forward).values()];
  const results = inlineFunction(b, forward, inputs);
  const operands = backward.inputs.map((id, i) => {
    const { kind, index } = sources[i] as BackwardSource;
    if (kind === "residual") return results[index] as ValueId;
    if (kind === "input") return inputs[index] as ValueId;
    return b.input(backward.names[id] as string, backward.types[id] as ValueType);
  });
  const outputs = inlineFunction(b, backward, operands);
  return b.finish(outputs.map((value, i) => ({ name: backward.outputNames[i] as string, value })));
}

/** Directional derivatives of the outputs, without the outputs. Every real input has a tangent. */
export function tangentsOnly(fn: GraphFunction, context: ShapeContext, rules?: DerivativeRules): GraphFunction {
  const derived = forwardMode(
    fn,
    fn.inputs.map((id) => fn.types[id]?.dtype === "real"),
    context,
    rules,
  );
  const b = new GraphBuilder(derived.fn.name, context);
  const inputs = derived.fn.inputs.map((id) =>
    b.input(derived.fn.names[id] as string, derived.fn.types[id] as ValueType),
  );
  const results = inlineFunction(b, derived.fn, inputs);
  let next = fn.outputs.length;
  const outputs = fn.outputs.map((id, i) => ({
    name: tangentName(fn.outputNames[i] ?? String(i)),
    value: derived.activeOutputs[i] ? (results[next++] as ValueId) : b.constantOf(0, (fn.types[id] as ValueType).shape),
  }));
  return b.finish(outputs);
}
