/** One call of a compiled cell with everything it takes, as plain numbers. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { ofKey } from "../../base/at.js";
import type {
  CallGradient,
  CallResult,
  CallValues,
  CompiledModule,
  FloatArray,
  ModuleInstance,
} from "../../../runtime/module/compiled-module.js";
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { createRandom } from "../../../runtime/base/random.js";
import { hasSteps, namedAxes } from "../../../runtime/module/axes.js";
import { dot } from "./compare.js";
import { emptyRecord } from "./records.js";
import { drawOptions } from "./random-numbers.js";
import { settingsOf } from "./settings.js";
import { capacitiesOf, type CallExtents } from "./sizes.js";
import { type ByTensor, dataInGradient, isInGradient, isVariable, ofTensor, tensorsOf, type VariableRole } from "./tensors.js"; // prettier-ignore

/** Tensors by name, flat and row-major. */
export type Numbers = Readonly<Record<string, ArrayLike<number>>>;

/** A call of a cell: sizes, parameters, what goes in, and weights of what comes out. */
export interface CellCall extends CallExtents {
  /** Of the module's fixed values, too. */
  readonly params: Numbers;
  /** `[B, T, …]`, as far as the call goes, whatever the lengths of the examples. */
  readonly inputs: Numbers;
  /** `[B, …]`. */
  readonly contexts: Numbers;
  /** `[B, …]`; initial states that are missing are computed by the cell. */
  readonly states: Numbers;
  /** Cotangents of outputs and of final states. */
  readonly cotangents: { readonly outputs: Numbers; readonly final: Numbers };
  /** Of what a module draws, and of the directions that properties look in. */
  readonly seed: number;
}

/** A tensor that has a gradient. */
export interface Variable {
  readonly role: VariableRole;
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** Everything of a call that has a gradient. */
export function variablesOf(manifest: Manifest, call: CellCall): Variable[] {
  return tensorsOf(manifest).flatMap((tensor): Variable[] => {
    const values = ofTensor(call, tensor);
    return values === undefined || !isVariable(tensor) || !isInGradient(manifest, tensor)
      ? []
      : [{ role: tensor.role, name: tensor.name, values }];
  });
}

/** What `forward` takes. */
export function valuesOf(manifest: Manifest, call: CellCall): CallValues {
  const { batch, steps, examples, inputs, contexts, states } = call;
  const values = named<unknown>({ batch, ...inputs, ...contexts, ...states });
  for (const { name, dtype } of manifest.inputs)
    if (dtype === "index") values[name] = Int32Array.from(inputs[name] ?? []);
  Object.assign(values, indexTensors(manifest, call));
  if (hasSteps(manifest)) {
    values["steps"] = steps;
    values["lengths"] = examples.map((example) => example.steps);
  }
  values["sizes"] = eachSize(manifest, examples);
  return Object.assign(values, optionsOf(manifest, call));
}

/** What it takes besides tensors. */
const optionsOf = (manifest: Manifest, call: CellCall): Record<string, unknown> => ({
  ...drawOptions(manifest, call, call.seed),
  ...settingsOf(manifest, call.seed),
});

/** What `reset` takes where a stream begins as the call does. */
export function startOf(manifest: Manifest, call: CellCall): CallValues {
  const { batch, examples, contexts, states } = call;
  const own = { ...indexTensors(manifest, call), ...optionsOf(manifest, call) };
  const values = named<unknown>({ ...contexts, ...states, ...own, batch, sizes: eachSize(manifest, examples) });
  for (const { name, forLosses } of manifest.states) if (forLosses === true) delete values[name];
  return values;
}

/** States and contexts that are integers, where the call gives them. */
export const indexTensors = (
  { states, contexts }: Manifest,
  call: Pick<CellCall, "states" | "contexts">,
): Record<string, Int32Array> =>
  Object.fromEntries(
    [
      ...states.map((entry) => [entry, call.states] as const),
      ...contexts.map((entry) => [entry, call.contexts] as const),
    ].flatMap(([{ name, dtype }, given]) => {
      const own = given[name];
      return dtype !== "index" || own === undefined ? [] : [[name, Int32Array.from(own)]];
    }),
  );

/** The sizes of each example, by the name of the axis. */
const eachSize = (manifest: Manifest, examples: CellCall["examples"]): Readonly<Record<string, number[]>> =>
  named(Object.fromEntries(namedAxes(manifest).map((name) => [name, examples.map(({ sizes }) => sizes[name] ?? 1)])));

/** An instance with room for the call and its parameters set. */
export function instanceFor(module: CompiledModule, call: CellCall): ModuleInstance {
  const instance = module.instantiate(capacitiesOf(module.manifest, call));
  writeStored(instance, call.params);
  return instance;
}

/** The arrays of parameters and fixed values, by name. */
export const storedOf = ({ params, fixed }: Pick<ModuleInstance, "params" | "fixed">): Record<string, FloatArray> =>
  Object.assign(named<FloatArray>({}), params, fixed);

/** Writes values into parameters and fixed values, by name. */
export function writeStored(instance: Pick<ModuleInstance, "params" | "fixed">, values: Numbers): void {
  for (const [name, own] of Object.entries(values)) (instance.params[name] ?? instance.fixed?.[name])?.set(own);
}

/** Everything that a call gives, by name, copied: `y`, `final h`. */
export function resultsOf(result: CallResult): Record<string, FloatArray> {
  return copies([...entries("", outputsOf(result)), ...entries("final ", result.final)]);
}

/** The outputs of a call, by name. */
export function outputsOf({
  final: _final,
  sizes: _sizes,
  ...outputs
}: CallResult): Readonly<Record<string, FloatArray>> {
  return outputs;
}

/** The gradients of a call, by name, copied: `gradient of input x`. */
export function gradientsOf(manifest: Manifest, gradient: CallGradient): Record<string, FloatArray> {
  const { initial, params } = gradient;
  const { inputs, contexts } = dataInGradient(manifest);
  const own = (list: readonly TensorEntry[]): Record<string, FloatArray> =>
    Object.fromEntries(list.map(({ name }) => [name, arrayIn(gradient, name)]));
  return copies([
    ...entries("gradient of param ", params),
    ...entries("gradient of input ", own(inputs)),
    ...entries("gradient of context ", own(contexts)),
    ...entries("gradient of state ", initial),
  ]);
}

/** The gradient of one variable. */
export function gradientOf(gradient: CallGradient, { role, name }: Pick<Variable, "role" | "name">): FloatArray {
  if (role === "param") return arrayIn(gradient.params, name);
  return role === "state" ? ofKey(gradient.initial, name) : arrayIn(gradient, name);
}

/** A tensor of what a call gives, beside which there may be records. */
export function arrayIn(result: Readonly<Record<string, unknown>>, name: string): FloatArray {
  const values = result[name];
  invariant(values instanceof Float32Array || values instanceof Float64Array, `${name} is no array of numbers`);
  return values;
}

/** What `backward` takes. */
export function cotangentsOf({ cotangents }: CellCall): Readonly<Record<string, unknown>> {
  return named<unknown>({ ...cotangents.outputs, final: cotangents.final });
}

/** `Σ cotangent · result`. */
export function weightedSum(result: CallResult, { cotangents }: CellCall): number {
  let sum = 0;
  for (const [name, weights] of Object.entries(cotangents.outputs)) sum += dot(arrayIn(result, name), weights);
  for (const [name, weights] of Object.entries(cotangents.final)) sum += dot(ofKey(result.final, name), weights);
  return sum;
}

/** A random direction for each variable; the same for the same call and number. */
export function directionsOf(manifest: Manifest, call: CellCall, number: number): Variable[] {
  const random = createRandom(call.seed * 16 + number);
  return variablesOf(manifest, call).map(({ role, name, values }) => ({
    role,
    name,
    // Few bits, so that float32 holds them.
    values: Float64Array.from({ length: values.length }, () => (random.integer(513) - 256) / 256),
  }));
}

/** A direction, of everything that has a gradient. */
export type CallTangents = Pick<ByTensor<Float64Array>, "params" | "inputs" | "contexts" | "states">;

/** What `jvp` takes as tangents, of a call that has them. */
export const tangentsFrom = ({ tangents }: { readonly tangents: CallTangents }): Record<string, unknown> =>
  Object.assign(emptyRecord<unknown>(), tangents.inputs, tangents.contexts, tangents.states, {
    params: tangents.params,
  });

/** The same of a list. */
export function tangentsOf(directions: readonly Variable[]): Readonly<Record<string, unknown>> {
  const tangents = emptyRecord<unknown>();
  const params = emptyRecord<unknown>();
  for (const { role, name, values } of directions) (role === "param" ? params : tangents)[name] = values;
  tangents["params"] = params;
  return tangents;
}

const named = <Value>(from: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.assign(emptyRecord<Value>(), from);

function entries(prefix: string, from: Readonly<Record<string, FloatArray>>): [string, FloatArray][] {
  return Object.entries(from).map(([name, values]) => [prefix + name, values]);
}

function copies(list: readonly [string, FloatArray][]): Record<string, FloatArray> {
  return Object.fromEntries(list.map(([name, values]) => [name, values.slice()]));
}
