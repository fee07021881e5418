/** Types of the shell's parts, for the type checker only: the shell itself is JavaScript and is emitted as it stands. */
import type { EntryName } from "../../program/entry.js";
import type { Derivation, TensorKind } from "../../program/base/roles.js";
import type { Manifest } from "../../../runtime/module/manifest.js";

export type { Derivation };
export type {
  DrawEntry,
  InputEntry,
  DrawnInitializer,
  Manifest,
  RandomEntry,
  StateEntry,
} from "../../../runtime/module/manifest.js";

export type NumberArray = Float32Array | Float64Array | Int32Array;

/** What `createKernels(capacity)` of an emitted module returns. Its entries read what they work on from `table`. */
export type Kernels = { readonly [entry in EntryName]?: () => void } & {
  /** Which kernels they are. */
  readonly variant: Variant;
  /** By name; `lengths` and `sizes.S` have an integer for each example. */
  readonly buffers: Readonly<Record<string, NumberArray>>;
  /**
   * The size of each axis in the call; 1 where every example has just these, else 0;
   * 1 where parameters may have changed since the entry ran last, else 0.
   */
  readonly table: Int32Array;
};

export type Variant = "js" | "wasm" | "wasm-fma";

/** Where everything lies in the memory of a WebAssembly instance. */
export interface MemoryPlan {
  /** All of it. */
  readonly bytes: number;
  /** The addresses that the table has. */
  readonly addresses: readonly number[];
  /** Address and number of elements, by buffer name. */
  readonly reals: Readonly<Record<string, readonly [number, number]>>;
  readonly integers: Readonly<Record<string, readonly [number, number]>>;
}

/** Where compiled kernels come from; `given` is the option `wasm` of `instantiate`. */
export interface WasmSource {
  compile(given: unknown): CompiledKernels;
  compileAsync(given: unknown): Promise<CompiledKernels>;
}

export interface CompiledKernels {
  readonly module: WebAssembly.Module;
  readonly variant: Variant;
}

export interface Capacity {
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly computed?: SizesOfCalls | undefined;
  /** Of sizes that a part of a network has nothing to do with. */
  readonly none?: 0;
}

/** Sizes that follow from others. */
export interface SizesOfCalls {
  /** Computes them for a call, from the other sizes and extents that it has, and checks what is demanded of each example: in a stream, but for its length. */
  refresh(
    where: string,
    call: SizedCall,
    isWhole?: boolean,
    /** Lengths of each example that values tell, by the place of the axis. */
    known?: readonly (ArrayLike<number> | undefined)[],
  ): void;
}

/** What of a tensor a result needs. */
export type ToldSize = Pick<BufferedTensor, "name" | "dims" | "data">;

/** The sizes of one call, in the order of the axes of the manifest: the examples are the first. */
export type AxisSizes = number[];

/** What a call gives under a name, while the call is read. */
export interface CallArgument {
  readonly name: string;
  value: unknown;
}

/** The names that a call may give. */
export interface CallNames {
  readonly byName: ReadonlyMap<string, CallArgument>;
  readonly places: readonly CallArgument[];
}

/** One tensor in one role: where it lives and how large it is. Its value is what the call gives, until it is written. */
export interface BufferedTensor extends CallArgument {
  /** Outermost first: a fixed size, or `~i` for the size at index `i` of the call's sizes. */
  readonly dims: readonly number[];
  /** What those sizes are called. */
  readonly labels: readonly string[];
  readonly data: NumberArray;
  /** Of integers: the least and the largest value. Of real numbers `high` is undefined. */
  readonly low: number;
  high: number | undefined;
  /** Of a state: an expression gives its value where the call gives none. */
  readonly computed: boolean;
  /** Numbers of lists that are no arrays of floats, copied when they were read; of the last one its class, length and first element that is no number. */
  plain: Float64Array | undefined;
  kind: string;
  length: number;
  fault: string;
  /** Did the call at hand give it, or does a stream hold it? */
  given: boolean;
  /** The call at hand: what is beyond its sizes of examples is padding. */
  ragged: SizedCall | undefined;
  /** Of indices below a size of their example: the largest at that place of so many. */
  limit?: (place: number, count: number) => number;
}

/** What a call is about, besides tensors. */
export interface SizedCall {
  readonly sizes: AxisSizes;
  /** Has every example just these sizes? */
  full: boolean;
  /** Of each axis but that of the examples: its size in each example. */
  readonly extents: readonly Int32Array[];
  /** In modules that draw. */
  draws?: CallDraws;
  /** In modules with settings, in their order. */
  settings?: number[];
}

/** By what a call draws. */
export interface CallDraws {
  seed: number;
  train: boolean;
  /** The numbers of its examples. */
  readonly examples: Int32Array;
}

/** The gradient of a table, by the rows that the last call has touched. */
export interface TableGradient {
  /** All rows, of which those are not zero. */
  readonly data: NumberArray;
  /** At which row each term of the sum lies. */
  readonly places: BufferedTensor;
  /** Numbers of a row. */
  readonly width: number;
  readonly isTouched: Uint8Array;
  /** Each once, as they came; the first `count` are those of the last call. */
  readonly rows: Int32Array;
  count: number;
  /** What was shown of the last call. */
  shown: { readonly rows: Int32Array; readonly values: NumberArray } | undefined;
  values: NumberArray | undefined;
  whole: NumberArray | undefined;
  /** Is `whole` of the last call? */
  isWhole: boolean;
}

export type GivenCall = Record<string, unknown>;
/** What has buffers that the shell asks for; they are called as `program/base/roles.ts` calls them, and `sizes` of an axis as `base/types/call-axes.ts` does. */
export type BufferKind = Exclude<TensorKind, "residual"> | "sizes";
/** What a tensor of the manifest is to a call or a stream. */
export type BufferedTensorKind = Exclude<
  BufferKind,
  "draw" | "start" | "random" | "setting" | "found" | "rows" | "counts" | "sizes"
>;
export type TensorGroup = "inputs" | "contexts" | "states" | "params" | "fixed" | "outputs";

/** What the parts of an instance share. */
export interface Core {
  /** In modules with gradients by rows: the others, and a result with those. */
  readonly byRows?: {
    readonly others: (tensors: readonly BufferedTensor[]) => readonly BufferedTensor[];
    readonly shown: (result: Record<string, any>) => Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  };
  readonly manifest: Manifest;
  readonly buffers: Kernels["buffers"];
  /** A tensor in one role, of which no call has given anything yet; of integers from `low` to `high`, where that is given. */
  tensor(
    name: string,
    dims: number[],
    data: NumberArray,
    low: number,
    high?: number,
    computed?: boolean,
  ): BufferedTensor;
  /** The tensors of a kind, or their derivatives of that kind; where `streamed`, of one step, and where that is false, of several steps of a stream. */
  tensors(kind: BufferedTensorKind, derived?: readonly Derivation[], streamed?: boolean): BufferedTensor[];
  /** Of a part that is called by itself: what messages say that its functions are. */
  readonly called?: (name: string) => string;
  /** Groups of results that tell sizes of examples. */
  readonly told?: { readonly sizes: readonly ToldSize[] };
  /** Computes the sizes of a call that follow from others, where there are such. */
  readonly refresh: SizesOfCalls["refresh"] | undefined;
  /** The place of the axis that streams go along among sizes; below 0 in modules that do not stream. */
  readonly streamAt: number;
  /** The fewest elements that it may have in a call. */
  readonly fewest: number;
  newCall(): SizedCall;
  /** What a call says besides tensors, until it is read: `all` that this module takes, and what a stream has of it. */
  readonly options: {
    readonly all: CallArgument[];
    readonly inStream: CallArgument[];
    readonly steps: CallArgument;
  };
  /**
   * Checks the options of a call that were taken, and gives them; they hold until the next `readCall`. A stream has no length that
   * anything could be demanded of: `isWhole` is left out where one begins, and false where a step begins it by nothing.
   */
  readCall(where: string, isWhole?: boolean): SizedCall;
  /** Can an array of this instance be transferred to another thread, and its memory with it? */
  readonly isTransferable: boolean;
  /** The function of an instance, one call at a time. */
  guarded(where: string, call: InstanceMethod): InstanceMethod;
  /** Gives what `readCall` read last, and takes `call`, which it replaces, for the next `readCall`. */
  begin(call: SizedCall): SizedCall;
  /** Parameters or their tangents may have changed; parameters may do so at any time where their arrays are `handedOut`. */
  hold(handedOut?: boolean): void;
  run(entry: EntryName, call: SizedCall): void;
  /** In modules with rings: brings the states of a stream into their order, to be read, or to be `replaced`. */
  readonly order?: (replaced?: boolean) => void;
  /** In modules that draw or have settings: what a snapshot has of it. */
  readonly kept?: (call: SizedCall) => Partial<CallDraws>;
}

/** The part for whole sequences, which the derivatives build upon. */
export interface Sequence {
  /** The call at hand. */
  call: SizedCall;
  readonly inputs: readonly BufferedTensor[];
  /** What `forward` gives of a call of these sizes. */
  result(sizes: AxisSizes): Record<string, unknown>;
  readonly states: readonly BufferedTensor[];
  /** True where the call has computed initial values. */
  computes: boolean;
  /** True from a `forward` until another call uses its buffers. */
  ran: boolean;
  /** Reads the arguments of a call. */
  take(where: string, given: GivenCall): void;
  /** Checks them, when all arguments of the call were read; it may leave `optional` ones out. */
  check(where: string, optional?: readonly BufferedTensor[]): AxisSizes;
  /** Puts checked arguments into the buffers. */
  begin(): void;
  forward(given: GivenCall): Record<string, unknown>;
}

/** Several steps of a stream in one call. */
export interface StreamBlock {
  /** Checks the arguments, which were taken, of a call with the stream's sizes. */
  check(stream: SizedCall): void;
  run(): Record<string, unknown>;
  readonly inputs: readonly BufferedTensor[];
  /** The stream begins anew. */
  forget(): void;
}

/** The contexts of a stream; a tensor is `given` while the stream holds it. */
export interface Contexts {
  readonly tensors: readonly BufferedTensor[];
  /** Do contexts of one call have the shapes that they have in another? */
  fit(call: SizedCall, next: SizedCall): boolean;
  check(where: string, call: SizedCall, required: (tensor: BufferedTensor) => boolean): void;
  /** Takes those that were given; a stream that begins computes with the others, too. */
  write(call: SizedCall, begins?: boolean): void;
  forget(): void;
}

/** No function of an instance takes more than four arguments; each checks its own. */
export type InstanceMethod = { call(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown }["call"];
type Methods = Record<string, InstanceMethod>;

/** Parts that only some modules have. */
export interface OptionalParts {
  readonly gradient?: (core: Core, sequence: Sequence) => Methods;
  /** For networks with losses. */
  readonly losses?: (core: Core, sequence: Sequence) => Methods;
  readonly jvp?: (core: Core, sequence: Sequence) => Methods;
  readonly hvp?: (core: Core, sequence: Sequence) => Methods;
  /** For modules with contexts. */
  readonly createContexts?: (core: Core) => Contexts;
  /** For networks that stream. */
  readonly createSelect?: (
    core: Core,
    states: readonly BufferedTensor[],
    running: () => SizedCall | undefined,
  ) => Methods;
  /** For modules with sizes that follow from others, or conditions of sizes. */
  readonly createComputed?: (
    manifest: Manifest,
    capacity: Pick<Capacity, "batch" | "steps"> & { readonly sizes: Record<string, number> },
  ) => SizesOfCalls;
  /** For modules with axes whose sizes calls give by name. */
  readonly readExtent?: (
    where: string,
    tensor: BufferedTensor,
    size: unknown,
    each: Int32Array,
    sizes: AxisSizes,
    isOpen: boolean,
  ) => number;
  /** For parameters with random numbers of a normal distribution. */
  readonly normalStream?: (uniform: () => number) => () => number;
  readonly orthogonalize?: (values: Float64Array, rows: number, columns: number) => void;
  /** For parameters whose initial values are expressions. */
  readonly createStarts?: (
    core: Core,
    parts: OptionalParts,
    tensors: readonly BufferedTensor[],
  ) => (seed: number | undefined, all?: boolean) => void;
  /** For modules that draw, have settings, indices below sizes of calls, delay lines, outputs with sizes that follow from others, gradients by rows or in segments: they change how calls are read and run. */
  readonly around?: readonly ((core: Core) => void)[];
  /** For networks of which parts are called by themselves. */
  readonly createEntries?: (
    core: Core,
    kernels: Kernels,
    capacity: Capacity,
    parts: OptionalParts,
  ) => { readonly entries: Readonly<Record<string, Readonly<Methods>>> };
  /** Names of options of `instantiate` that only some modules have. */
  readonly options?: readonly string[];
}
