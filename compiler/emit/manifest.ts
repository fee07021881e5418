/** The manifest of a program's module: what loaders, printers and the module itself read. */
import { invariant } from "../base/diagnostics/invariant.js";
import { boundsOf, type Program, type ProgramParam, type ProgramTensor } from "../program/program.js";
import { leastSize } from "../base/types/bounds.js";
import {
  BATCH_SYMBOL,
  constantOf,
  type Dim,
  equalDims,
  dimSymbol,
  evaluateDim,
  symbolsOf,
  TIME_SYMBOL,
  isSequence,
  symbolName,
  isBuiltIn,
} from "../base/types/dim.js";
import type { AxisEntry, Manifest, ParamEntry, TensorEntry } from "../../runtime/module/manifest.js";
import { headsOf } from "../program/starts.js";
import { version } from "../base/version.js";

export type Target = Manifest["target"];

export interface ModuleOptions {
  readonly target: Target;
  /** With a variant that has fused multiply-add. */
  readonly fma: boolean;
  /** Kernels in files of their own. */
  readonly wasmFile: boolean;
  readonly dtype: "f32" | "f64";
  readonly gradient: boolean;
  readonly jvp: boolean;
  readonly hvp: boolean;
}

/** Every dimension of `program` but the run-time ones must have a size. */
export function buildManifest(program: Program, options: ModuleOptions): Manifest {
  const names = namesOfAxes(program.axes);
  const nameOf = (symbol: string): string => {
    const name = names.get(symbol);
    invariant(name !== undefined, `${symbol} is no axis of calls`);
    return name;
  };
  const size = (dim: Dim): number | string => {
    const symbols = symbolsOf(dim).filter((symbol) => !program.dimensions.has(symbol));
    const [symbol] = symbols;
    if (symbol === undefined) return constantOf(dim) ?? evaluateDim(dim, program.dimensions);
    invariant(equalDims(dim, dimSymbol(symbol)), `a tensor has the size ${dim.key}, which is no axis of calls`);
    return nameOf(symbol);
  };
  const tensor = ({ name, documentation, over, shape, shared }: ProgramTensor): TensorEntry => ({
    name,
    documentation,
    axes: [...(shared ? [] : [BATCH_SYMBOL]), ...over].map(nameOf),
    shape: shape.map(size),
  });
  const stored = (param: ProgramParam): ParamEntry => ({ ...tensor(param), initializer: param.initializer });
  const startEntries = ({
    draws,
    rounds,
  }: NonNullable<Program["starts"]>): Pick<Manifest, "draws" | "startRounds"> => ({
    draws: draws.map((draw) => ({ ...stored(draw), heads: headsOf(draw, program.dimensions) })),
    startRounds: rounds,
  });
  const bounded = ({ bound }: { readonly bound?: Dim }): { bound?: number } =>
    bound === undefined ? {} : { bound: evaluateDim(bound, program.dimensions) };
  return {
    format: "recell-module",
    version: 2,
    compiler: version,
    cell: program.name,
    documentation: program.documentation,
    target: options.target,
    dtype: options.dtype,
    dimensions: ownEntries(program.dimensions),
    axes: [...names].map(([symbol, name]) => axisEntry(program, symbol, name)),
    inputs: program.inputs.map((input) => ({ ...tensor(input), dtype: input.dtype, ...bounded(input) })),
    contexts: program.contexts.map(tensor),
    states: program.states.map((state) => ({
      ...tensor(state),
      ...(state.dtype === "index" && { dtype: state.dtype, ...bounded(state) }),
      initial: state.initial,
    })),
    params: program.params.map(stored),
    ...(program.fixed.length === 0 ? {} : { fixed: program.fixed.map(stored) }),
    ...(program.starts === undefined ? {} : startEntries(program.starts)),
    outputs: program.outputs.map(tensor),
    has: {
      step: program.stream !== undefined,
      gradient: options.gradient,
      jvp: options.jvp,
      hvp: options.hvp,
    },
    ...declaredDerivatives(program),
  };
}

/** As the module names its axes: where a dimension of the source has the name, the examples or the steps are `B'` or `T'`. */
function namesOfAxes(axes: readonly string[]): ReadonlyMap<string, string> {
  const all = [BATCH_SYMBOL, ...axes];
  const taken = new Set(axes.filter((symbol) => !isBuiltIn(symbol)));
  return new Map(
    all.map((symbol) => {
      let name = symbolName(symbol);
      while (isBuiltIn(symbol) && taken.has(name)) name += "'";
      return [symbol, name];
    }),
  );
}

function axisEntry(program: Program, symbol: string, name: string): AxisEntry {
  if (symbol === BATCH_SYMBOL) return { name, kind: "batch", option: "batch" };
  const kind = isSequence(symbol) ? "sequence" : "dimension";
  const minimum = boundsOf(program).least(symbol);
  return {
    name,
    kind,
    option: symbol === TIME_SYMBOL ? "steps" : "sizes",
    ...(minimum !== leastSize(symbol) && { minimum }),
  };
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
