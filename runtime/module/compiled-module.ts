/** A compiled module as this library sees it: any cell, whose names and shapes stand in its manifest. */
import type { Manifest } from "./manifest.js";

/**
 * Which kernels run: plain JavaScript; WebAssembly; or WebAssembly with fused multiply-add, whose results may differ from
 * those of the other two in the last bits.
 */
export type KernelVariant = "js" | "wasm" | "wasm-fma";

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

/**
 * Outputs `[B, T, …]` by name, and the states after each example's last step, `[B, …]`. Where outputs have computed axes,
 * `sizes` has what each is in each example.
 */
export type CallResult = Readonly<Record<string, FloatArray>> & { readonly final: TensorRecord };

/** What `gradient` gives: the losses of a batch, all together and each by its name, and their gradient. */
export type LossGradient = CallGradient & {
  readonly loss: number;
  /** The value of each, the sum over the examples, and what that is divided by. */
  readonly losses: Readonly<Record<string, LossOfBatch>>;
  /** The states after each example's last step, as `forward` gives them. */
  readonly final: TensorRecord;
};

export interface LossOfBatch {
  readonly value: number;
  readonly sum: number;
  readonly weight: number;
}

/** Gradients of inputs and contexts by name, of initial states and of parameters. */
export type CallGradient = Readonly<Record<string, FloatArray>> & {
  readonly initial: TensorRecord;
  readonly params: TensorRecord;
  /** Only in modules with tables that are only looked up in: as `params`, but of these the rows that the call has touched. */
  readonly sparse?: SparseRecord;
};

/** Rows of a gradient, each once, in the order in which the call has come to them; the others are zero. */
export interface GradientRows {
  /** Their numbers. */
  readonly rows: Int32Array;
  /** What they hold, one after the other. */
  readonly values: FloatArray;
}

/** Gradients by name, of tables by rows. */
export type SparseRecord = Readonly<Record<string, FloatArray | GradientRows>>;

/**
 * One set of parameters, states and buffers. Results are views into those buffers: they hold until the next call of
 * the same kind, so copy what has to last.
 */
export interface ModuleInstance {
  /** Which kernels this instance runs. */
  readonly variant: KernelVariant;
  /** Every call, `step` included, computes with what these arrays hold when it begins. */
  readonly params: TensorRecord;
  /** Values that are never trained, like `params`; only in modules of cells that have some. */
  readonly fixed?: TensorRecord;
  /**
   * Sets the parameters by their declared initialisers; the same seed gives the same values. In a new instance those that are
   * declared without random numbers have their values already, the others are 0. Fixed values that were set, or whose arrays were
   * read, stay as they are, but for `{ fixed: true }`.
   */
  init(seed: number, options?: { readonly fixed?: boolean }): void;
  /** Copies values into the parameters and fixed values that are named, all or, where one is wrong, none. No array is handed out. */
  setParams(values: Readonly<Record<string, FloatArray | readonly number[]>>): void;
  /**
   * Promises that nobody writes into arrays that were read from `params`, so that calls need not look for changes, which
   * takes as long as reading all parameters. The promise ends where an array is read from `params`.
   */
  freeze(): void;
  forward(values: CallValues): CallResult;
  step(values: CallValues): Readonly<Record<string, FloatArray>>;
  /**
   * Several steps of the stream in one call: inputs and outputs `[B, T, …]`, T `steps` of the call, the capacity where left out.
   * The same bits as from that many `step`s. It uses the buffers of `forward`.
   */
  steps(values: CallValues): Readonly<Record<string, FloatArray>>;
  /** Forgets the streaming state: the next `step` starts from the initial one. */
  reset(values?: CallValues): void;
  /** The streaming state, as an opaque value for `restore`. */
  snapshot(): unknown;
  restore(snapshot: never): void;
  /** Of networks that stream: each example goes on with the states of the one that is named for it. */
  select?(rows: ArrayLike<number>): void;
  /** Only in modules of networks that have entries with names: each by its name. */
  readonly entries?: Readonly<Record<string, PartInstance>>;
  /**
   * Derivatives of a scalar, whose derivatives by the outputs are given, for the last `forward`. In modules that were built with `--segments`
   * one that `continues` adds to the sums of the `backward` before it, which was of the steps that follow.
   */
  backward?(cotangents: Readonly<Record<string, unknown>>, options?: { readonly continues?: boolean }): CallGradient;
  /**
   * Only in modules with losses: `forward` and the gradient of all losses together. `per` is what they are divided by, in the place of
   * what they say themselves: so that gradients of the parts of a batch add up to that of the whole.
   */
  gradient?(values: CallValues, options?: { readonly per?: number | Readonly<Record<string, number>> }): LossGradient;
  /** Only in modules with several losses: what each is divided by, at the cost of what that is made of. */
  weights?(values: CallValues): Readonly<Record<string, number>>;
  jvp?(values: CallValues, tangents: Readonly<Record<string, unknown>>): CallResult;
  hvp?(
    values: CallValues,
    tangents: Readonly<Record<string, unknown>>,
    cotangents: Readonly<Record<string, unknown>>,
    cotangentTangents?: Readonly<Record<string, unknown>>,
  ): CallGradient;
}

/**
 * A part of a network that is called by itself, with the params of the instance: its functions are those of an instance. Where it looks ahead, those
 * of streams throw a `TypeError`.
 */
export type PartInstance = Pick<
  ModuleInstance,
  "forward" | "step" | "steps" | "reset" | "snapshot" | "restore" | "select"
>;

export interface InstantiateOptions {
  /** The largest number of examples in one call; 1 by default. */
  readonly batch?: number;
  /** The largest number of steps in one call; 1 by default. */
  readonly steps?: number;
  /** The largest size of each axis of `manifest.axes` whose `option` is `sizes`. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Refuse to allocate more than this; 4 GiB by default. */
  readonly maxBytes?: number;
  /**
   * Only, and always, for modules that were built with `--wasm-file`: the `.wasm` file of the module, as a
   * `WebAssembly.Module` or as bytes; for `instantiateAsync` also a `Response` or a promise of one of these.
   */
  readonly wasm?: object;
  /**
   * Only for modules that were built with `--target auto`: which of their kernels to run. Where left out, WebAssembly where
   * the host compiles it, and JavaScript where not.
   */
  readonly variant?: "js" | "wasm";
}

export interface CompiledModule {
  readonly manifest: Manifest;
  /** Which kernels this host runs; only in modules that were built with `--fma`, which have two variants. */
  readonly variant?: "wasm" | "wasm-fma";
  /**
   * Allocates everything that calls of these sizes need; no call allocates afterwards.
   *
   * @throws TypeError or RangeError where an option is wrong; RangeError, with the number of bytes, where the sizes take
   * more than `maxBytes` or than the host gives.
   */
  instantiate(options?: InstantiateOptions): ModuleInstance;
  /** The same, without holding up the thread where kernels are still to be compiled. */
  instantiateAsync(options?: InstantiateOptions): Promise<ModuleInstance>;
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
