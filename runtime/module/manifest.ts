/** What a compiled module says about itself: the one description that loaders, savers and checkers read. */
export interface Manifest {
  readonly format: "recell-module";
  readonly version: 2;
  /** Version of the compiler that wrote the module. */
  readonly compiler: string;
  readonly cell: string;
  readonly documentation: string;
  /** What computes; `auto`: WebAssembly where the host compiles it, and JavaScript where not. */
  readonly target: "js" | "wasm" | "auto";
  readonly dtype: "f32" | "f64";
  /** Sizes fixed at compilation: `{ I: 64, H: 128 }`. */
  readonly dimensions: Readonly<Record<string, number>>;
  /** Axes whose sizes each call gives, the first that of the examples; then those that follow from them. */
  readonly axes: readonly AxisEntry[];
  /** What the sizes of each example must fulfil. Left out where there is nothing. */
  readonly requires?: readonly ConditionEntry[];
  readonly inputs: readonly InputEntry[];
  readonly contexts: readonly ContextEntry[];
  readonly states: readonly StateEntry[];
  readonly params: readonly ParamEntry[];
  /** Values that a caller may set and that are never trained: they have no gradients. Left out where there are none. */
  readonly fixed?: readonly ParamEntry[];
  /** What computed initial values of parameters draw. Left out, as `startRounds`, where none are computed. */
  readonly draws?: readonly DrawEntry[];
  /** How often they are computed one after the other, as they read each other. */
  readonly startRounds?: number;
  /** What calls draw by their seed. Left out where they draw nothing. */
  readonly random?: readonly RandomEntry[];
  /** Numbers of the call, the same for all of its examples. Left out where there are none. */
  readonly settings?: readonly SettingEntry[];
  readonly outputs: readonly TensorEntry[];
  /** Outputs that are losses of the batch; beside `loss` are `loss.sum` and `loss.weight`. Left out where there are none. */
  readonly losses?: readonly string[];
  /** A digest of its equations and sizes, whatever they are compiled to. Left out by compilers of before, of modules without losses. */
  readonly program?: string;
  /** Of a network with losses and their gradient: axes that inputs have in front, along which training may take sequences in chunks, or why not. */
  readonly cuts?: readonly CutEntry[];
  /** Of a network that streams: the axis along which it does. That of a cell is the axis of its steps. */
  readonly stream?: string;
  /** Its kernels are in a file of their own, which `instantiate` takes. Left out where they are in the module. */
  readonly wasmFile?: true;
  /** Parts of a network that can be called by themselves. Left out where there are none. */
  readonly entries?: readonly PartEntry[];
  /**
   * Which functions there are beside `forward`; `step` stands for everything that streams. A gradient of `"params"` has none by inputs and
   * contexts. With `segments` `backward` may go on where another has ended; left out elsewhere.
   */
  readonly has: {
    readonly step: boolean;
    readonly gradient: boolean | "params";
    readonly jvp: boolean;
    readonly hvp: boolean;
    readonly segments?: SegmentsEntry;
  };
  /**
   * Functions of the source that state their derivative, by name: `["spike"]`. Gradients, `jvp` and `hvp` follow what they
   * state, which differences of `forward` do not see. Left out where there are none.
   */
  readonly declaredDerivatives?: readonly string[];
  /**
   * Parameters, inputs, contexts and states whose gradient is not the derivative of the values, as a function that states its
   * derivative or a `stop_gradient` is on their way to a result. Left out where there are none.
   */
  readonly gradientAsDeclared?: readonly string[];
}

/** A part of a network, which has the params, fixed values and sizes of the whole; `requires`, `random`, `settings` and `stream` are its own. */
export interface PartEntry extends Pick<
  Manifest,
  "documentation" | "inputs" | "contexts" | "states" | "outputs" | "requires" | "random" | "settings" | "stream"
> {
  readonly name: string;
  /** Names of the axes of the module that it has anything to do with. */
  readonly axes: readonly string[];
  /** Names of inputs and contexts that are equations of the whole. */
  readonly given: readonly string[];
}

/** An axis of tensors whose size differs from call to call, and, but for that of the examples, from example to example. */
export interface AxisEntry {
  /** As tensors name it: `B`, `T`, `S`. */
  readonly name: string;
  /** The examples; elements one after the other, of which there may be none; or a size of at least 1, unless told otherwise; or a size that follows from others. */
  readonly kind: "batch" | "sequence" | "dimension" | "computed";
  /** The option of calls that gives its size: `sizes` by name; with `steps` go the `lengths` of examples; none gives a computed one. */
  readonly option: "batch" | "steps" | "sizes" | "none";
  /** The least size that a call may give it, where that is another than 0 of a sequence and 1 of a dimension. */
  readonly minimum?: number;
  /** Of a computed axis, which comes after those that it is computed of: its size in an example. */
  readonly size?: SizeEntry;
  /**
   * Of a computed axis: tensors have room for the largest size that it has in an example of the call. Where left out, they have
   * room for what it is, rounded up, at the sizes that the tensors of the call are padded to.
   */
  readonly largest?: true;
  /** Of a computed axis: values tell how long it is in each example, and `size` is the most that it can be. */
  readonly found?: true;
}

/** A number times sizes of axes: `[2, "T"]` is `2 * T`. */
export type SizeTerm = readonly [factor: number, ...axes: string[]];

/** The sum of the terms of `dividend` over `divisor`. */
export interface SizeEntry {
  readonly dividend: readonly SizeTerm[];
  readonly divisor: SizeTerm;
  /** Rounded down; else it must be whole. */
  readonly floor?: true;
}

/** What sizes must fulfil in each example: the size is whole, at least 0, or 0. */
export interface ConditionEntry {
  readonly kind: "whole" | "least" | "equal";
  readonly size: SizeEntry;
  /** As the source says it: `T / 2`, `T >= 3`. */
  readonly text: string;
  /** The equation that wants it. */
  readonly equation?: string;
}

/** Along which axis gradients go on from segment to segment. */
export interface SegmentsEntry {
  readonly axis: string;
  /** Outputs, parts of losses, that are sums over it, so that those of segments add up; the other parts are the same in each. */
  readonly totals: readonly string[];
}

/** An axis along which the losses of a sequence are those of its chunks added up, each with the states that the one before has left. */
export interface CutEntry {
  readonly axis: string;
  /** Those states, by name. */
  readonly states?: readonly string[];
  /** In the place of them: what is in the way. */
  readonly obstacle?: string;
}

/** A tensor of a call has the shape `[...axes, ...shape]`, row-major. */
export interface TensorEntry {
  /** As declared; states and parameters of used cells by path: `lower.W_i`. */
  readonly name: string;
  readonly documentation: string;
  /**
   * The axes of the call that it has one element for each of: `["B", "T"]` of an input of each step, `["B"]` of a state, none of a
   * parameter, or of a result that all examples share.
   */
  readonly axes: readonly string[];
  /** One such element; names are axes of the call, or computed ones. */
  readonly shape: readonly (number | string)[];
}

export interface InputEntry extends TensorEntry {
  readonly dtype: "real" | "index";
  /** Indices are integers in `[0, bound)`; a name is an axis of calls, or a computed one, and each example has its own bound. */
  readonly bound?: number | string;
  /** Only losses need it: `forward` can go without. Left out where other results do. */
  readonly forLosses?: boolean;
}

/** The same at every step; `dtype` is left out where it is real. */
export interface ContextEntry extends TensorEntry, Partial<Pick<InputEntry, "dtype" | "bound">> {}

/** `dtype` is left out where the state is real; `forLosses`: no result but losses is made of it, and steps of a stream leave it alone. */
export interface StateEntry extends TensorEntry, Partial<Pick<InputEntry, "dtype" | "bound" | "forLosses">> {
  /** `computed`: an expression of parameters and contexts gives the initial value where the caller gives none. */
  readonly initial: "zeros" | "computed";
}

export interface ParamEntry extends TensorEntry {
  readonly initializer: DrawnInitializer;
  /**
   * Of a table that is only looked up in: its gradient is made by rows. How many places of it an example looks at, as the sizes of a tensor
   * `[B, ...rows]`.
   */
  readonly rows?: readonly (number | string)[];
}

/** The first axes of its shape may be heads, each of which is drawn for itself. */
export interface DrawEntry extends ParamEntry {
  readonly heads: number;
}

/** Random numbers that a call draws by its `seed`: in each step, or once for each example. */
export interface RandomEntry extends TensorEntry {
  /** Uniform on (0, 1), or normal around 0 with deviation 1. */
  readonly law: "uniform" | "normal";
  /** Drawn only where the call has `train: true`. */
  readonly training: boolean;
  /** For initial values. */
  readonly initial: boolean;
  /** The state that counts the steps, by which those of each step are drawn. */
  readonly counter?: string;
}

/** A number of the call, the same for all examples; kernels have it for each. */
export interface SettingEntry extends TensorEntry {
  /** What it is where the call does not say. */
  readonly otherwise: number;
}

/**
 * With what its numbers are drawn by, where it draws: their law, and the fans that their width follows from where it has no number for it.
 * Both are in modules of this version and left out in those of older compilers.
 */
export type DrawnInitializer = Initializer & { readonly law?: "uniform" | "normal"; readonly fans?: number };

/** A declared initialiser with its numbers filled in. */
export type Initializer =
  | { readonly kind: "zeros" | "ones" | "orthogonal" | "identity" }
  | { readonly kind: "constant"; readonly value: number }
  /** Uniform on `[mean - bound, mean + bound)`; the mean is 0 where it is left out, here and below. */
  | { readonly kind: "uniform"; readonly bound: number; readonly mean?: number }
  | { readonly kind: "normal"; readonly deviation: number; readonly mean?: number }
  /** By an expression; `random`: of something that is drawn, so that it waits for `init`. */
  | { readonly kind: "computed"; readonly random?: true }
  | { readonly kind: "glorot_uniform" | "glorot_normal" | "he_uniform" | "he_normal" };
