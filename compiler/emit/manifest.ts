/** The manifest of a program's module: what loaders, printers and the module itself read. */
import { at, lookUp } from "../base/at.js";
import { invariant } from "../base/diagnostics/invariant.js";
import {
  type NetworkPart,
  type Program,
  type ProgramContext,
  type ProgramParam,
  type ProgramRandom,
  type ProgramSetting,
  type ProgramTensor,
  streamsSteps,
} from "../program/program.js";
import { type CallAxis, isSequence, namesOfAxes } from "../base/types/call-axes.js";
import { BATCH_SYMBOL, constantOf, type Dim, dimConstant, evaluateDim, symbolsOf } from "../base/types/dim.js";
import type { Shape } from "../base/types/shape.js";
import type { ComputedSizes } from "../program/computed-sizes.js";
import type { CutAxis } from "../program/segments/find-cuts.js";
import type {
  AxisEntry,
  CutEntry,
  DrawnInitializer,
  InputEntry,
  Manifest,
  ParamEntry,
  PartEntry,
  RandomEntry,
  SettingEntry,
  StateEntry,
  TensorEntry,
} from "../../runtime/module/manifest.js";
import { leastOf } from "../../runtime/module/axes.js";
import { drawnInitializer } from "../../runtime/module/initializers.js";
import { printProgram } from "../ir/graph/print.js";
import { digestOf } from "./digest.js";
import { computedEntries, conditionEntries, sizeEntry } from "./size-entries.js";
import type { SegmentsAlong } from "../program/entry.js";
import { gradName, nameOfRole } from "../program/base/roles.js";
import { headsOf } from "../program/lowering/starts.js";
import { version } from "../base/version.js";

export type Target = Manifest["target"];

export interface ModuleOptions {
  readonly target: Target;
  /** With a variant that has fused multiply-add. */
  readonly fma: boolean;
  /** Kernels in files of their own. */
  readonly wasmFile: boolean;
  readonly dtype: "f32" | "f64";
  readonly gradient: boolean | "params";
  readonly jvp: boolean;
  readonly hvp: boolean;
  /** `backward` may go on where another has ended. */
  readonly segments?: boolean;
}

/** What has been found out about a program and its entries. */
export interface ModuleFacts {
  /** Of the whole, and of each part by its name. */
  readonly sizes: ComputedSizes;
  readonly sizesOfParts: ReadonlyMap<string, ComputedSizes>;
  /** The places at which a gradient has rows, by its name. */
  readonly rows: ReadonlyMap<string, Shape>;
  /** Where training may cut sequences. */
  readonly cuts: readonly CutAxis[];
  readonly segments?: SegmentsAlong;
}

/** Every dimension of `program` but the run-time ones must have a size. */
export function buildManifest(
  program: Program,
  options: ModuleOptions,
  { sizes, sizesOfParts, rows, cuts, segments }: ModuleFacts,
): Manifest {
  const names = namesOfAxes(program.axes);
  const tensors = tensorEntries(program, sizes, names, rows);
  const requires = conditionEntries(program, sizes, names);
  const entries = (program.parts ?? []).map((part) =>
    partEntry(part, { sizes, own: lookUp(sizesOfParts, part.name) }, names),
  );
  return {
    format: "recell-module",
    version: 2,
    compiler: version,
    cell: program.name,
    documentation: program.documentation,
    target: options.target,
    dtype: options.dtype,
    dimensions: ownEntries(program.dimensions),
    axes: [
      { name: nameOfAxis(names, BATCH_SYMBOL), kind: "batch", option: "batch" },
      ...program.axes.map((axis) => foundEntry(program, axis.symbol, names) ?? axisEntry(axis)),
      ...computedEntries(sizes, names),
    ],
    ...(requires.length > 0 && { requires }),
    ...tensors,
    ...streamOf(program, names),
    ...(entries.length > 0 && { entries }),
    ...(options.wasmFile && { wasmFile: true }),
    has: {
      step: program.stream !== undefined,
      gradient: options.gradient,
      jvp: options.jvp,
      hvp: options.hvp,
      ...(segments && { segments: { axis: nameOfAxis(names, segments.symbol), totals: segments.totals } }),
    },
    program: hashOf(program),
    ...(cuts.length > 0 && { cuts: cuts.map((cut) => cutEntry(cut, names)) }),
    ...declaredDerivatives(program),
  };
}

const cutEntry = ({ axis, states, obstacle }: CutAxis, names: ReadonlyMap<string, string>): CutEntry => ({
  axis: nameOfAxis(names, axis),
  ...(obstacle === undefined ? { states } : { obstacle }),
});

/**
 * The same for the same equations with the same sizes, whatever they are compiled to. The text form of graphs is the identity that is wanted: it
 * has all of a program but the places in the text that it comes from, and no more than compilers of several versions agree on.
 */
function hashOf({ forward, initial, dimensions }: Program): string {
  const functions = [forward, ...(initial === undefined ? [] : [initial])];
  return digestOf(`${JSON.stringify([...dimensions])}\n${printProgram({ functions })}`);
}

const streamOf = (program: Program, names: ReadonlyMap<string, string>): Pick<Manifest, "stream"> =>
  program.stream === undefined || streamsSteps(program) ? {} : { stream: nameOfAxis(names, program.stream) };

/** What the manifest says of a part of a network. */
function partEntry(
  { name, given: equations, program }: NetworkPart,
  { sizes, own }: Readonly<Record<"sizes" | "own", ComputedSizes>>,
  names: ReadonlyMap<string, string>,
): PartEntry {
  const { inputs, contexts, states, outputs, random, settings } = tensorEntries(program, sizes, names);
  const given = [BATCH_SYMBOL, ...(program.ownAxes ?? [])].map((symbol) => nameOfAxis(names, symbol));
  const requires = conditionEntries(program, sizes, names);
  return {
    name,
    documentation: program.documentation,
    axes: [...given, ...own.list.map((size) => size.name)],
    given: equations,
    ...(requires.length > 0 && { requires }),
    inputs,
    contexts,
    states,
    ...(random && { random }),
    ...(settings && { settings }),
    outputs,
    ...streamOf(program, names),
  };
}

function nameOfAxis(names: ReadonlyMap<string, string>, symbol: string): string {
  const name = names.get(symbol);
  invariant(name !== undefined, `${symbol} is no axis of calls`);
  return name;
}

/** Of a part of a tensor where it has heads, which are its first axes, each drawn for itself. */
function initializerEntry(
  { shape, initializer }: ProgramParam,
  dimensions: Program["dimensions"],
  heads: number,
): DrawnInitializer {
  let own = shape.map((dim) => evaluateDim(dim, dimensions));
  for (let left = heads; left > 1; own = own.slice(1)) left /= at(own, 0);
  return drawnInitializer(initializer, own);
}

type TensorFields =
  "random" | "inputs" | "contexts" | "states" | "params" | "fixed" | "draws" | "startRounds" | "settings" | "outputs";

function tensorEntries(
  program: Program,
  sizes: ComputedSizes,
  names: ReadonlyMap<string, string>,
  rows: ReadonlyMap<string, Shape> = new Map(),
): Pick<Manifest, TensorFields> {
  const nameOf = (symbol: string): string => nameOfAxis(names, symbol);
  const size = (dim: Dim): number | string => {
    const symbols = symbolsOf(dim).filter((symbol) => !program.dimensions.has(symbol));
    const [symbol] = symbols;
    if (symbol === undefined) return constantOf(dim) ?? evaluateDim(dim, program.dimensions);
    return sizes.ofTensor(dim)?.name ?? nameOf(symbol);
  };
  const tensor = ({ name, documentation, over, shape, shared }: ProgramTensor): TensorEntry => ({
    name,
    documentation,
    axes: [...(shared ? [] : [BATCH_SYMBOL]), ...over].map(nameOf),
    shape: shape.map(size),
  });
  const stored = (param: ProgramParam, heads: number): ParamEntry => ({ ...tensor(param), initializer: initializerEntry(param, program.dimensions, heads) }); // prettier-ignore
  const heads = (draw: Parameters<typeof headsOf>[0]): number => headsOf(draw, program.dimensions);
  const startEntries = ({
    draws,
    rounds,
  }: NonNullable<Program["starts"]>): Pick<Manifest, "draws" | "startRounds"> => ({
    draws: draws.map((draw) => ({ ...stored(draw, heads(draw)), heads: heads(draw) })),
    startRounds: rounds,
  });
  const bounded = ({ bound }: { readonly bound?: Dim }): Pick<InputEntry, "bound"> =>
    bound === undefined ? {} : { bound: size(bound) };
  const integer = ({ dtype, bound }: ProgramContext): Pick<StateEntry, "dtype" | "bound"> =>
    dtype === "index" ? { dtype, ...bounded({ ...(bound && { bound }) }) } : {};
  return {
    inputs: program.inputs.map((input) => ({
      ...tensor(input),
      dtype: input.dtype,
      ...bounded(input),
      ...(input.forLosses && { forLosses: true }),
    })),
    contexts: program.contexts.map((context) => ({ ...tensor(context), ...integer(context) })),
    states: program.states.map((state) => ({
      ...tensor(state),
      ...integer(state),
      ...(state.forLosses && { forLosses: true }),
      initial: state.initial,
    })),
    params: program.params.map((param) => {
      const places = rows.get(gradName(nameOfRole({ kind: "param", name: param.name })));
      return { ...stored(param, 1), ...(places && { rows: places.map(size) }) };
    }),
    ...(program.fixed.length > 0 && { fixed: program.fixed.map((entry) => stored(entry, 1)) }),
    ...(program.starts === undefined ? {} : startEntries(program.starts)),
    ...randomEntries(program, tensor),
    ...settingEntries(program, tensor),
    outputs: program.outputs.map(tensor),
    ...(program.losses === undefined || program.losses.length === 0 ? {} : { losses: program.losses }),
  };
}

/** Nothing where there are none. */
function randomEntries({ randoms }: Program, tensor: (random: ProgramRandom) => TensorEntry): Pick<Manifest, "random"> {
  const entry = (random: ProgramRandom): RandomEntry => {
    const { law, inTraining, isInitial, counter } = random;
    const drawn = { law, training: inTraining, initial: isInitial };
    return { ...tensor(random), ...drawn, ...(counter !== undefined && { counter }) };
  };
  return randoms.length === 0 ? {} : { random: randoms.map(entry) };
}

function settingEntries(
  { settings = [] }: Program,
  tensor: (setting: ProgramSetting) => TensorEntry,
): Pick<Manifest, "settings"> {
  const entry = (setting: ProgramSetting): SettingEntry => ({ ...tensor(setting), otherwise: setting.otherwise });
  return settings.length === 0 ? {} : { settings: settings.map(entry) };
}

/** Of a length that values tell, which is at most another. */
function foundEntry({ found }: Program, symbol: string, names: ReadonlyMap<string, string>): AxisEntry | undefined {
  const own = found?.dimensions.find((dimension) => dimension.symbol === symbol);
  if (own === undefined) return undefined;
  const size = sizeEntry({ dividend: own.most, divisor: dimConstant(1) }, names);
  return { name: nameOfAxis(names, symbol), kind: "computed", option: "none", size, found: true };
}

function axisEntry({ name, kind, least }: CallAxis): AxisEntry {
  invariant(kind !== "steps" || least === 0, "calls may have no steps");
  const entry: AxisEntry = {
    name,
    kind: isSequence({ kind }) ? "sequence" : "dimension",
    option: kind === "steps" ? "steps" : "sizes",
  };
  return least === leastOf(entry) ? entry : { ...entry, minimum: least };
}

/** Nothing where there are none: most cells declare no derivative. */
function declaredDerivatives({
  declaredDerivatives: functions,
  gradientAsDeclared: reached,
}: Program): Pick<Manifest, "declaredDerivatives" | "gradientAsDeclared"> {
  return {
    ...(functions.length === 0 ? {} : { declaredDerivatives: functions }),
    ...(reached.length === 0 ? {} : { gradientAsDeclared: reached }),
  };
}

/** An object in which every name, `__proto__` too, is a property like any other. */
function ownEntries(entries: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(entries);
}
