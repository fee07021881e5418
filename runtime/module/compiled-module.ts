/** A compiled module as this library sees it: any cell, whose names and shapes stand in its manifest. */
import type { Manifest } from "./manifest.js";

/** The element type of a module compiled with `dtype: "f32"` or `"f64"`. */
export type FloatArray = Float32Array | Float64Array;

/** Tensors by name, each flat and row-major. Tensors of used cells are named by path: `lower.W_i`. */
export type TensorRecord = Readonly<Record<string, FloatArray>>;

/**
 * What a call takes, by name: inputs `[B, T, …]`, contexts `[B, …]`, initial states `[B, …]` where wanted, and
 *
 * - `batch`, `steps`: examples and steps in this call; at most, and by default, those of `instantiate`;
 * - `lengths`: real steps of each example, `[B]`; the rest is padding;
 * - `sizes`: of each run-time dimension, one number or one for each example.
 */
export type CallValues = Readonly<Record<string, unknown>>;

/** Outputs `[B, T, …]` by name, and the states after each example's last step, `[B, …]`. */
export type CallResult = Readonly<Record<string, FloatArray>> & { readonly final: TensorRecord };

/** Gradients of inputs and contexts by name, of initial states and of parameters. */
export type CallGradient = Readonly<Record<string, FloatArray>> & {
  readonly initial: TensorRecord;
  readonly params: TensorRecord;
};

/**
 * One set of parameters, states and buffers. Results are views into those buffers: they hold until the next call of
 * the same kind, so copy what has to last.
 */
export interface ModuleInstance {
  readonly params: TensorRecord;
  /** Sets the parameters by their declared initialisers; the same seed gives the same values. */
  init(seed: number): void;
  forward(values: CallValues): CallResult;
  step(values: CallValues): Readonly<Record<string, FloatArray>>;
  /** Forgets the streaming state: the next `step` starts from the initial one. */
  reset(values?: CallValues): void;
  /** The streaming state, as an opaque value for `restore`. */
  snapshot(): unknown;
  restore(snapshot: never): void;
  /** Derivatives of a scalar, whose derivatives by the outputs are given, for the last `forward`. */
  backward?(cotangents: Readonly<Record<string, unknown>>): CallGradient;
  jvp?(values: CallValues, tangents: Readonly<Record<string, unknown>>): CallResult;
  hvp?(
    values: CallValues,
    tangents: Readonly<Record<string, unknown>>,
    cotangents: Readonly<Record<string, unknown>>,
    cotangentTangents?: Readonly<Record<string, unknown>>,
  ): CallGradient;
}

export interface InstantiateOptions {
  /** The largest number of examples in one call; 1 by default. */
  readonly batch?: number;
  /** The largest number of steps in one call; 1 by default. */
  readonly steps?: number;
  /** The largest run-time size of each dimension in `manifest.runtimeDimensions`. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Refuse to allocate more than this. */
  readonly maxBytes?: number;
}

export interface CompiledModule {
  readonly manifest: Manifest;
  /** Allocates everything that calls of these sizes need; no call allocates afterwards. */
  instantiate(options?: InstantiateOptions): ModuleInstance;
}

/** Number of elements of a tensor whose sizes are all known. */
export function elementCount(
  shape: readonly (number | string)[],
  sizes: Readonly<Record<string, number>> = {},
): number {
  let count = 1;
  for (const size of shape) {
    const known = typeof size === "number" ? size : sizes[size];
    if (known === undefined) throw new RangeError(`the size of dimension ${size} is not known`);
    count *= known;
  }
  return count;
}
