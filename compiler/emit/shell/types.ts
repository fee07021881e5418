/** Types of the shell's parts, for the type checker only: the shell itself is JavaScript and is emitted as it stands. */
import type { EntryName } from "../../transform/sequence-program.js";
import type { Manifest } from "../../../runtime/module/manifest.js";

export type { Manifest, Initializer } from "../../../runtime/module/manifest.js";

export type NumberArray = Float32Array | Float64Array | Int32Array;

/** What `createKernels(capacity)` of an emitted module returns: arrays by buffer name, and the program's entries. */
export type Kernels = { readonly [entry in EntryName]?: (...sizes: number[]) => void } & {
  readonly buffers: Readonly<Record<string, NumberArray>>;
};

export interface Capacity {
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
}

/**
 * The sizes of one call in the order of the kernels' arguments: batch, steps, then the extent of each run-time
 * dimension.
 */
export type Sizes = number[];

/** One tensor in one role: where it lives and how large it is. */
export interface Slot {
  readonly name: string;
  /** Outermost first: a fixed size, or `~i` for the size at index `i` of the call's sizes. */
  readonly axes: readonly number[];
  /** What those sizes are called. */
  readonly labels: readonly string[];
  readonly data: NumberArray;
  /** Of integers: the least and the largest value. Of real numbers `high` is undefined. */
  readonly low: number;
  high: number | undefined;
  /** Of a state: an expression gives its value where the call gives none. */
  readonly computed: boolean;
  /** Did the call at hand give it, or does a stream hold it? */
  given: boolean;
}

/** What a call is about, besides tensors. */
export interface Call {
  readonly sizes: Sizes;
  /** The same without the steps, for entries that know no time. */
  readonly untimed: Sizes;
  /** Real steps of each example. */
  readonly lengths: Int32Array;
  /** Of each run-time dimension: its size in each example. */
  readonly extents: readonly Int32Array[];
}

export type Given = Record<string, unknown>;
export type Role = "inputs" | "contexts" | "states" | "params" | "outputs";

/** What the parts of an instance share. */
export interface Core {
  readonly manifest: Manifest;
  readonly kernels: Kernels;
  /** The tensors of a role, in the buffers named `prefix` and their name. */
  slots(role: Role, prefix: string, timed?: boolean): Slot[];
  newCall(): Call;
  /** Checks batch, steps, lengths and sizes of a call and gives them; they hold until the next `readCall`. */
  readCall(where: string, given: Given): Call;
  /** Makes what `readCall` read last the contents of `call`. */
  begin(call: Call): void;
  run(entry: EntryName, call: Call): void;
}

/** The part for whole sequences, which the derivatives build upon. */
export interface Sequence {
  /** The call at hand. */
  readonly call: Call;
  readonly states: readonly Slot[];
  /** True where the call has computed initial values. */
  computes: boolean;
  /** True from a `forward` until another call uses its buffers. */
  ran: boolean;
  /** Checks the arguments of a call. */
  check(where: string, given: Given): Sizes;
  /** Puts checked arguments into the buffers. */
  begin(given: Given): void;
  forward(given: Given): Record<string, unknown>;
}

type Methods = Record<string, unknown>;

/** Parts that only some modules have. */
export interface Parts {
  readonly gradient?: (core: Core, sequence: Sequence) => Methods;
  readonly jvp?: (core: Core, sequence: Sequence) => Methods;
  readonly hvp?: (core: Core, sequence: Sequence) => Methods;
  readonly orthogonalize?: (values: Float64Array, rows: number, columns: number) => void;
}
