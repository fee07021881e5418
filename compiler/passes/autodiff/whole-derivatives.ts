/** Derivatives of a function as one function. */
import { at } from "../../base/at.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { declareInputs, inlineFunction } from "../../ir/graph/rewrite.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { tangentName } from "../../program/base/roles.js";
import type { DerivativeRules } from "./derivative-rules.js";
import { forwardMode } from "./forward.js";
import { reverseMode, type ReverseOptions } from "./reverse.js";

/** What inputs and outputs are beside their types. */
export type Boundary = Pick<ReverseOptions, "sharedOutputs" | "fixedInputs">;

/** Forward and backward in one function: inputs and cotangents of the outputs to cotangents of the inputs. */
export function gradientOf(
  fn: GraphFunction,
  context: ShapeContext,
  rules?: DerivativeRules,
  differentiable = false,
  boundary: Boundary = {},
): GraphFunction {
  const options = { ...(rules && { rules }), differentiable, ...boundary };
  const { forward, backward, sources } = reverseMode(fn, context, options);
  const b = new GraphBuilder(`${fn.name}_gradient`, context);
  const inputs = [...declareInputs(b, forward).values()];
  const results = inlineFunction(b, forward, inputs);
  const operands = backward.inputs.map((id, i) => {
    const { kind, index } = at(sources, i);
    if (kind === "residual") return at(results, index);
    if (kind === "input") return at(inputs, index);
    return b.input(nameOf(backward, id), typeOf(backward, id));
  });
  const outputs = inlineFunction(b, backward, operands);
  return b.finish(outputs.map((value, i) => ({ name: outputName(backward, i), value })));
}

/** Directional derivatives of the outputs, without the outputs. Every real input has a tangent, but for those that are fixed. */
export function tangentsOnly(
  fn: GraphFunction,
  context: ShapeContext,
  rules?: DerivativeRules,
  { fixedInputs }: Boundary = {},
): GraphFunction {
  const derived = forwardMode(
    fn,
    fn.inputs.map((id) => fn.types[id]?.dtype === "real" && fixedInputs?.has(fn.names[id] ?? "") !== true),
    context,
    rules,
  );
  const b = new GraphBuilder(derived.fn.name, context);
  const inputs = derived.fn.inputs.map((id) => b.input(nameOf(derived.fn, id), typeOf(derived.fn, id)));
  const results = inlineFunction(b, derived.fn, inputs);
  let next = fn.outputs.length;
  const outputs = fn.outputs.map((id, i) => ({
    name: tangentName(outputName(fn, i)),
    value: derived.activeOutputs[i] ? at(results, next++) : b.constantOf(0, typeOf(fn, id).shape),
  }));
  return b.finish(outputs);
}
