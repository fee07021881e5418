/** What a cell means does not depend on passes and targets. */
import type { TensorEntry } from "../../../../runtime/module/manifest.js";
import type { CompileOptions } from "../../../driver/compile-options.js";
import { cell } from "../../../driver/in-process.js";
import { type BatchValue, evaluateFunction, unpad } from "../../../ir/graph/evaluate.js";
import { tensor } from "../../../ir/graph/tensor.js";
import type { GraphFunction } from "../../../ir/graph/graph-function.js";
import { verifyFunction } from "../../../ir/graph/verify.js";
import { lowerSource } from "../../../driver/pipeline.js";
import { manifestOf } from "../../gradcheck/candidates.js";
import { gradientOf } from "../../../passes/autodiff/whole-derivatives.js";
import { evaluateDim } from "../../../base/types/dim.js";
import { type Program, programBoundary, programContext } from "../../../program/program.js";
import {
  type CellCall,
  cotangentsOf,
  gradientsOf,
  instanceFor,
  type Numbers,
  resultsOf,
  valuesOf,
} from "../../calls/call.js";
import { drawnNumbers } from "../../calls/random-numbers.js";
import { settingNumbers } from "../../calls/settings.js";
import { realContexts } from "../../calls/tensors.js";
import { cut } from "../../calls/single-examples.js";
import { symbolSizes } from "../../calls/sizes.js";
import { comparedVersions, versionsOf } from "../../gradcheck/compare-versions.js";
import { numbersOfEach } from "../../gradcheck/entry-meanings.js";
import type { ToleranceOptions } from "./derivatives.js";
import { PropertyComparisons, expectClose, PropertyError, toleranceFor } from "./property-error.js";
import { type Derivation, gradName, nameOfRole, type TensorKind } from "../../../program/base/roles.js";

export interface AgreementOptions
  extends ToleranceOptions, Pick<CompileOptions, "file" | "readFile" | "cell" | "dimensions"> {}

/** A value for every input and output of graph functions: `input.x`, `grad.param.W`. */
type BatchValues = Map<string, BatchValue>;

const sourceOptions = ({ tolerance: _, ...options }: AgreementOptions): CompileOptions => options;

function lower(property: string, source: string, options: AgreementOptions): Program {
  const { program: lowered, diagnostics } = lowerSource(source, sourceOptions(options), "all sizes");
  if (lowered !== undefined) return lowered;
  throw new TypeError(`${property}: the source has errors: ${diagnostics.map(({ message }) => message).join("; ")}`);
}

/** A call of a program. */
interface CallOfProgram {
  readonly program: Program;
  readonly call: CellCall;
}

/** Sizes of the symbols of each example. */
const sizesAt = ({ program, call }: CallOfProgram): ReadonlyMap<string, number>[] =>
  call.examples.map((own) => symbolSizes(program.axes, own));

/** What a call gives, by its name in graph functions. */
function given({ program, call }: CallOfProgram): ReadonlyMap<string, Numbers[string]> {
  const named = (
    kind: TensorKind,
    numbers: Numbers,
    derived: readonly Derivation[] = [],
  ): [string, Numbers[string]][] =>
    Object.entries(numbers).map(([name, values]) => [nameOfRole({ kind, name, derived }), values]);
  return new Map([
    ...named("param", call.params),
    ...named("fixed", call.params),
    ...named("input", call.inputs),
    ...named("context", call.contexts),
    ...named("initial", call.states),
    ...named("output", call.cotangents.outputs, ["grad"]),
    ...named("final", call.cotangents.final, ["grad"]),
    ...named("setting", settingNumbers(manifestOf(program), call, call.seed)),
    ...named("random", Object.fromEntries(drawnNumbers(manifestOf(program), call, { seed: call.seed, counters: call.states }))), // prettier-ignore
  ]);
}

/** The call's numbers for the inputs of a function; what is not in the call must be known. */
function inputsFor(fn: GraphFunction, at: CallOfProgram, known: BatchValues): BatchValue[] {
  const all = given(at);
  return fn.inputs.map((id) => {
    const name = fn.names[id] ?? "";
    const found = known.get(name);
    if (found !== undefined) return found;
    const numbers = all.get(name);
    const type = fn.types[id];
    if (numbers === undefined || type === undefined) throw new TypeError(`the call has no ${name}`);
    const shapes = sizesAt(at).map((sizes) => type.shape.map((dim) => evaluateDim(dim, sizes)));
    if (type.shared) return { shared: tensor(shapes[0] as number[], Float64Array.from(numbers)) };
    const padding = symbolSizes(at.program.axes, at.call);
    return { examples: unpad(numbers, type.shape.map((dim) => evaluateDim(dim, padding)), shapes) }; // prettier-ignore
  });
}

function evaluate(fn: GraphFunction, at: CallOfProgram, known: BatchValues): BatchValues {
  const results = evaluateFunction(fn, inputsFor(fn, at, known), sizesAt(at));
  return new Map(results.map((value, i) => [fn.outputNames[i] as string, value]));
}

/** Computed initial values, as far as the call leaves them out. */
function initialValues(at: CallOfProgram): BatchValues {
  const { call } = at;
  const fn = at.program.initial;
  if (fn === undefined) return new Map();
  const perExample = (value: BatchValue): BatchValue =>
    "shared" in value ? { examples: call.examples.map(() => value.shared) } : value;
  const all = given(at);
  return new Map(
    [...evaluate(fn, at, new Map())].flatMap(([name, value]) => (all.has(name) ? [] : [[name, perExample(value)]])),
  );
}

/**
 * Passes keep the meaning: after every pass on every entry the function is valid and gives what the equations as written give,
 * or what is derived of these without passes. Evaluated in float64, in the compiler's reference evaluator.
 *
 * @throws PropertyError that names the pass where it does not hold.
 */
export function passesPreserveMeaning(source: string, call: CellCall, options: AgreementOptions = {}): void {
  const property = "passesPreserveMeaning";
  const comparisons = new PropertyComparisons(property);
  const tolerance = toleranceFor("f64", options.tolerance);
  const program = lower(property, source, options);
  const at = { program, call };
  const context = programContext(program);
  for (const version of comparedVersions(program, versionsOf(program), valuesOfCall(at), sizesAt(at))) {
    const where = `${version.entry} after ${version.pass}`;
    const [problem] = verifyFunction(version.fn, context);
    if (problem !== undefined) throw new PropertyError(property, `${where}: ${problem}`);
    const actual = version.actual();
    for (const [name, value] of version.expected) {
      const own = actual.get(name);
      if (own === undefined) throw new PropertyError(property, `${where}: ${name} is missing`);
      const [is, wanted] = [own, value].map((one) => numbersOfEach(one, call.batch)) as [number[], number[]];
      expectClose(comparisons, `${where}: ${name}`, is, wanted, tolerance);
    }
  }
  comparisons.end("the call has no examples or no steps, or the cell gives nothing");
}

/** What a call gives: inputs of the equations, and cotangents of their results. */
function valuesOfCall(at: CallOfProgram): BatchValues {
  const { program } = at;
  const all = given(at);
  const gradient = gradientOf(program.forward, programContext(program), undefined, false, programBoundary(program));
  const functions = [program.forward, gradient, ...(program.initial === undefined ? [] : [program.initial])];
  const values: BatchValues = new Map();
  for (const fn of functions) {
    const inputs = { ...fn, inputs: fn.inputs.filter((id) => all.has(fn.names[id] ?? "")) };
    for (const [i, value] of inputsFor(inputs, at, new Map()).entries())
      values.set(fn.names[inputs.inputs[i] as number] ?? "", value);
  }
  return values;
}

/** What `backendsAgree` compares with the evaluator. */
export interface Backend {
  readonly target: NonNullable<CompileOptions["target"]>;
  readonly dtype: "f32" | "f64";
}

/** Every combination of target and number type that `compile` takes. */
export const backends: readonly Backend[] = [
  { target: "wasm", dtype: "f64" },
  { target: "wasm", dtype: "f32" },
  { target: "js", dtype: "f64" },
  { target: "js", dtype: "f32" },
];

export interface BackendOptions extends Omit<AgreementOptions, "tolerance"> {
  /** Which backends; all unless told. */
  readonly backends?: readonly Backend[];
  /** The largest error relative to the largest number of a tensor, or to 1; `{ f64: 1e-9, f32: 1e-3 }` unless told. */
  readonly tolerance?: Readonly<Partial<Record<"f32" | "f64", number>>>;
}

/**
 * Every backend gives the outputs, final states and gradients that the evaluator gives. In float32 a comparison close to a
 * tie may go the other way: use smooth cells there, or leave float32 out.
 *
 * @throws PropertyError that names the backend where it does not hold.
 */
export async function backendsAgree(source: string, call: CellCall, options: BackendOptions = {}): Promise<void> {
  const property = "backendsAgree";
  const comparisons = new PropertyComparisons(property);
  const { backends: chosen = backends, tolerance: tolerances = {}, ...rest } = options;
  const program = lower(property, source, rest);
  const at = { program, call };
  const known = initialValues(at);
  const written = program.forward;
  const forward = evaluate(written, at, known);
  const derived = gradientOf(written, programContext(program), undefined, false, programBoundary(program));
  const gradient = evaluate(derived, at, known);
  const isComputed = (name: string): boolean => !Object.hasOwn(call.states, name);
  for (const { target, dtype } of chosen) {
    const module = await cell(source, { ...rest, target, dtype, gradient: true });
    const { manifest } = module;
    const tolerance = toleranceFor(dtype, tolerances[dtype]);
    const instance = instanceFor(module, call);
    const results = resultsOf(instance.forward(valuesOf(manifest, call)));
    const derived = instance.backward?.(cotangentsOf(call));
    const own = { ...results, ...(derived && gradientsOf(manifest, derived)) };
    const compare = (name: string, entry: TensorEntry, value: BatchValue | undefined): void => {
      const actual = own[name] ?? [];
      const wanted = value === undefined ? [] : numbersOfEach(value, call.batch);
      const cutOut = Array.from({ length: call.batch }, (_, b) => [...cut(entry, actual, call, b)]).flat();
      expectClose(comparisons, `${name} in ${target} ${dtype}`, cutOut, wanted, tolerance);
    };
    const gradBy = (kind: TensorKind, name: string): BatchValue | undefined =>
      gradient.get(gradName(nameOfRole({ kind, name })));
    for (const entry of manifest.outputs)
      compare(entry.name, entry, forward.get(nameOfRole({ kind: "output", name: entry.name })));
    for (const entry of manifest.states) {
      const { name } = entry;
      compare(`final ${name}`, entry, forward.get(nameOfRole({ kind: "final", name })));
      if (!isComputed(name) && entry.dtype !== "index")
        compare(`gradient of state ${name}`, entry, gradBy("initial", name));
    }
    for (const entry of manifest.inputs) {
      const { name } = entry;
      if (entry.dtype === "real") compare(`gradient of input ${name}`, entry, gradBy("input", name));
    }
    // What reaches parameters and contexts through computed initial values is not in the gradient of the steps alone.
    if (manifest.states.some(({ name }) => isComputed(name))) continue;
    for (const entry of realContexts(manifest))
      compare(`gradient of context ${entry.name}`, entry, gradBy("context", entry.name));
    for (const { name } of manifest.params) {
      const value = gradBy("param", name);
      expectClose(
        comparisons,
        `gradient of param ${name} in ${target} ${dtype}`,
        own[`gradient of param ${name}`] ?? [],
        value === undefined ? [] : numbersOfEach(value, 1),
        tolerance,
      );
    }
  }
  comparisons.end("there are no backends, the call has no examples or no steps, or the cell gives nothing");
}
