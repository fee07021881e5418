/** The manifest of a cell's module: what loaders, printers and the module itself read. */
import { invariant } from "../base/diagnostics/invariant.js";
import { declaredReach } from "../program/declared-reach.js";
import type { LoweredCell, LoweredTensor } from "../program/lowered-cell.js";
import { constantOf, type Dim, evaluateDim, printDim, symbolsOf } from "../base/types/dim.js";
import type { Manifest, TensorEntry } from "../../runtime/module/manifest.js";
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

/** Every dimension of `cell` but the run-time ones must have a size. */
export function buildManifest(cell: LoweredCell, options: ModuleOptions): Manifest {
  const size = (dim: Dim): number | string => {
    const symbols = symbolsOf(dim).filter((symbol) => !cell.dimensions.has(symbol));
    if (symbols.length === 0) return constantOf(dim) ?? evaluateDim(dim, cell.dimensions);
    const text = printDim(dim);
    invariant(cell.runtimeDimensions.includes(text), `${text} is neither a size nor a run-time dimension`);
    return text;
  };
  const tensor = ({ name, documentation, shape }: LoweredTensor): TensorEntry => ({
    name,
    documentation,
    shape: shape.map(size),
  });
  return {
    format: "recell-module",
    version: 1,
    compiler: version,
    cell: cell.name,
    documentation: cell.documentation,
    target: options.target,
    dtype: options.dtype,
    dimensions: ownEntries(cell.dimensions),
    runtimeDimensions: [...cell.runtimeDimensions],
    inputs: cell.inputs.map((input) => {
      const entry = { ...tensor(input), dtype: input.dtype };
      return input.bound === undefined ? entry : { ...entry, bound: evaluateDim(input.bound, cell.dimensions) };
    }),
    contexts: cell.contexts.map(tensor),
    states: cell.states.map((state) => ({ ...tensor(state), initial: state.initial })),
    params: cell.params.map((param) => ({ ...tensor(param), initializer: param.initializer })),
    outputs: cell.outputs.map(tensor),
    has: { gradient: options.gradient, jvp: options.jvp, hvp: options.hvp },
    ...declaredDerivatives(cell),
  };
}

/** Nothing where there are none: modules of other cells are as they were before functions could declare derivatives. */
function declaredDerivatives(cell: LoweredCell): Pick<Manifest, "declaredDerivatives" | "gradientAsDeclared"> {
  const names = new Set(cell.declared.map(({ name }) => name));
  const reached = declaredReach(cell);
  return {
    ...(names.size === 0 ? {} : { declaredDerivatives: [...names] }),
    ...(reached.length === 0 ? {} : { gradientAsDeclared: reached }),
  };
}

/** An object in which every name, `__proto__` too, is a property like any other. */
function ownEntries(entries: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(entries);
}
