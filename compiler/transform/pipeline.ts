/** The order of the graph passes, with the reason for each place, and the entries of a module made with them. */
import { invariant } from "../diagnostics/invariant.js";
import { GraphBuilder } from "../ir/graph/build.js";
import { declareInputs, inlineFunction } from "../ir/graph/rewrite.js";
import type { GraphFunction, ValueId, ValueType } from "../ir/graph/types.js";
import type { LoweredCell } from "../lower/lowered-cell.js";
import type { ShapeContext } from "../ops/shape-rules.js";
import type { DerivativeRules } from "./autodiff/derivative-rules.js";
import { forwardMode } from "./autodiff/forward.js";
import { reverseMode } from "./autodiff/reverse.js";
import type { BackwardSource } from "./autodiff/reverse-mode.js";
import { dropDerivatives } from "./graph/drop-derivatives.js";
import { expandStrongProducts } from "./graph/expand-strong-products.js";
import { mergeProjections } from "./graph/merge-projections.js";
import { orderSums } from "./graph/order-sums.js";
import { removeUnusedValues } from "./graph/remove-unused-values.js";
import { separateLoops } from "./graph/separate-loops.js";
import { shareCommonValues } from "./graph/share-common-values.js";
import { simplify } from "./graph/simplify/simplify.js";
import { sinkConcats } from "./graph/sink-concats.js";
import { splitTime } from "./graph/split-time.js";
import { type GraphPass, type PassObserver, runPasses } from "./pass.js";
import { deriveRole, nameOfRole, type Role, streamedRole, tangentName } from "./roles.js";
import { buildForward, buildInitial, cellContext, cellRoles } from "./sequence.js";
import type { EntryName, SequenceProgram } from "./sequence-program.js";
import { oneStep } from "./one-step.js";

/** On the equations as written, before anything is derived from them. */
export const equationPasses: readonly GraphPass[] = [
  // Lowering repeats itself (a slice for every use of a gate): fewer values to look at.
  simplify,
  shareCommonValues,
  removeUnusedValues,
  // Needs dead values gone, which would tie loops together. Before sums are ordered: a layer below is an input then.
  separateLoops,
  // Decides the rounding of sums once for all entries; needs the loop whole to see what depends on the state.
  orderSums,
  // Needs sums in order: `b + W x` leaves the loop as one value.
  splitTime,
  // Lifting leaves repeated and cancelling views.
  simplify,
  shareCommonValues,
  // Needs products in their final place (before, in or after the loop) and shared operands to be one value.
  mergeProjections,
  // The joined weights are the same at every step.
  splitTime,
  // Slices of joined values that are joined again cancel.
  simplify,
  shareCommonValues,
  removeUnusedValues,
];

/** After differentiation. */
export const derivativePasses: readonly GraphPass[] = [
  dropDerivatives,
  // Before anything moves products or sums them: a row is one of the product as it was derived.
  expandStrongProducts,
  // Zero cotangents, slices of concatenations, sums over repeated axes.
  simplify,
  shareCommonValues,
  removeUnusedValues,
  // The order within derived sums is free: products last, so that they accumulate.
  orderSums,
  // Weight gradients feed no cotangent of the state: they leave the loop.
  splitTime,
  // Sums over time of products over time are products over time.
  simplify,
  shareCommonValues,
  // Joined parts of one value are that value by now; those that are left would be copied.
  sinkConcats,
  removeUnusedValues,
];

/** On a forward pass that was given residuals to return: no change of rounding is allowed any more. */
export const residualPasses: readonly GraphPass[] = [
  dropDerivatives,
  splitTime,
  simplify,
  shareCommonValues,
  sinkConcats,
  removeUnusedValues,
];

/** Every pass by its name, as `explain --after` takes it. */
export const graphPasses: readonly GraphPass[] = [
  ...new Set([...equationPasses, ...derivativePasses, ...residualPasses]),
];

export interface SequenceOptions {
  readonly gradient: boolean;
  readonly jvp: boolean;
  readonly hvp: boolean;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Called after each pass on each entry. */
  readonly observe?: (entry: EntryName, pass: string, fn: GraphFunction) => void;
}

/** All entries of the module of `cell`. */
export function buildSequenceProgram(cell: LoweredCell, options: SequenceOptions): SequenceProgram {
  const context = cellContext(cell);
  const { rules } = options;
  const functions = new Map<EntryName, GraphFunction>();
  const tensors = cellRoles(cell);
  const streamed = new Map(tensors.map((role) => [nameOfRole(role), nameOfRole(streamedRole(role))]));
  const roles: Role[] = [...tensors, ...tensors.map(streamedRole)];
  const observer =
    (entry: EntryName): PassObserver<GraphFunction> =>
    (pass, fn) =>
      options.observe?.(entry, pass, fn);
  const run = (entry: EntryName, fn: GraphFunction, passes: readonly GraphPass[]): GraphFunction =>
    runPasses({ ...fn, name: entry }, passes, context, observer(entry));

  const plain = run("forward", buildForward(cell), equationPasses);
  const initialSource = buildInitial(cell);
  const initial = initialSource && run("initial", initialSource, [simplify, shareCommonValues, removeUnusedValues]);

  // A single step has no loop any more that parts could sink into.
  const values = runPasses(plain, [dropDerivatives, sinkConcats], context);
  functions.set("step", run("step", renamePorts(oneStep(values, context), streamed), residualPasses));
  if (initial !== undefined) {
    const initialValues = runPasses(initial, [dropDerivatives, removeUnusedValues], context);
    functions.set("initial", initialValues);
    functions.set("stepInitial", { ...renamePorts(initialValues, streamed), name: "stepInitial" });
  }
  if (options.gradient) {
    const derived = reverseMode(plain, context, rules && { rules });
    roles.push(...tensors.map((role) => deriveRole(role, "grad")));
    roles.push(...derived.residuals.map((name): Role => ({ kind: "residual", name })));
    functions.set("forward", run("forward", derived.forward, residualPasses));
    functions.set("backward", run("backward", derived.backward, derivativePasses));
    if (initial !== undefined) {
      functions.set("initialBackward", run("initialBackward", gradientOf(initial, context, rules), derivativePasses));
    }
  } else {
    functions.set("forward", run("forward", plain, residualPasses));
  }
  if (options.jvp || options.hvp) roles.push(...tensors.map((role) => deriveRole(role, "tangent")));
  if (options.jvp) {
    functions.set("jvp", run("jvp", tangentsOnly(plain, context, rules), derivativePasses));
    if (initial !== undefined) {
      functions.set("initialJvp", run("initialJvp", tangentsOnly(initial, context, rules), derivativePasses));
    }
  }
  if (options.hvp) {
    const gradients = tensors.map((role) => deriveRole(role, "grad"));
    roles.push(...gradients, ...gradients.map((role) => deriveRole(role, "tangent")));
    functions.set(
      "hvp",
      run("hvp", tangentsOnly(gradientOf(plain, context, rules, true), context, rules), derivativePasses),
    );
    if (initial !== undefined) {
      const second = tangentsOnly(gradientOf(initial, context, rules, true), context, rules);
      functions.set("initialHvp", run("initialHvp", second, derivativePasses));
    }
  }
  return { functions, roles: new Map(roles.map((role) => [nameOfRole(role), role])) };
}

/** Forward and backward in one function: inputs and cotangents of the outputs to cotangents of the inputs. */
export function gradientOf(
  fn: GraphFunction,
  context: ShapeContext,
  rules?: DerivativeRules,
  differentiable = false,
): GraphFunction {
  const { forward, backward, sources } = reverseMode(fn, context, { ...(rules && { rules }), differentiable });
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

/** `fn` with its inputs and outputs called as `names` says. */
function renamePorts(fn: GraphFunction, names: ReadonlyMap<string, string>): GraphFunction {
  const renamed = [...fn.names];
  const rename = (name: string): string => names.get(name) ?? name;
  for (const id of fn.inputs) renamed[id] = rename(fn.names[id] ?? String(id));
  invariant(renamed.length === fn.types.length, "a value has no name slot");
  return { ...fn, names: renamed, outputNames: fn.outputNames.map(rename) };
}
