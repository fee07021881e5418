/** Types of a cell that was compiled in process, as far as its options tell: numbers, functions, what calls may be given. */
import type {
  CompiledModule,
  FloatArray,
  InstantiateOptions,
  ModuleInstance,
  PartInstance,
} from "../../runtime/module/compiled-module.js";

/** The options that types depend on. */
interface TypeOptions {
  readonly dtype?: "f32" | "f64";
  readonly gradient?: boolean | "params";
  readonly jvp?: boolean;
  readonly hvp?: boolean;
}

/** Integers that a call takes. */
type GivenIntegers =
  | FloatArray
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly number[];

/** A tensor that a call takes: reals in any precision, indices in any array. */
export type GivenTensor = GivenIntegers;

/** Run-time sizes of a call: for all examples, for each, or for each with the padded size. */
type GivenSize = number | GivenIntegers | { readonly padded: number; readonly each: GivenIntegers };

/** What a call takes under a name: the names of the interface have types of their own, all others are tensors, or what else it takes. */
type GivenValue<Name, Other> = Name extends "batch" | "steps" | "seed"
  ? number | undefined
  : Name extends "lengths"
    ? GivenIntegers | undefined
    : Name extends "sizes"
      ? Readonly<Record<string, GivenSize | undefined>> | undefined
      : GivenTensor | Other | (Name extends "train" ? boolean : never) | undefined;

/** Inputs, contexts and states by name, with settings, `batch`, `steps`, `lengths` and `sizes`. */
export type GivenValues<Values> = { readonly [Name in keyof Values]: GivenValue<Name, number> };

/** The same of a step: settings are those of the stream, which `reset` was given. */
type StepValues<Values> = { readonly [Name in keyof Values]: GivenValue<Name, never> };

/** Derivatives that a call takes: tensors by name, and those of `Group` in an object of their own. */
type GivenDerivatives<Group extends string> = Readonly<
  Record<string, GivenTensor | TensorsOf<GivenTensor> | undefined>
> & {
  readonly [Name in Group]?: TensorsOf<GivenTensor> | undefined;
};

type TensorsOf<Tensor> = Readonly<Record<string, Tensor | undefined>>;

/** Tensors by name. */
type NamedFloats<Floats> = Readonly<Record<string, Floats>>;

/** Outputs by name, and the states after the last step. */
export type CellResult<Floats extends FloatArray> = NamedFloats<Floats> & { readonly final: NamedFloats<Floats> };

/** Gradients by name, of initial states and of parameters. */
export type CellGradient<Floats extends FloatArray> = NamedFloats<Floats> & {
  readonly initial: NamedFloats<Floats>;
  readonly params: NamedFloats<Floats>;
  /** Where a param is a table that is only looked up in: as `params`, but of such a table the rows that the call has touched. */
  readonly sparse?: Readonly<Record<string, Floats | { readonly rows: Int32Array; readonly values: Floats }>>;
};

/** What every instance of such a cell has. */
interface Calls<Floats extends FloatArray> {
  readonly params: NamedFloats<Floats>;
  forward<Values>(values: GivenValues<Values>): CellResult<Floats>;
  step<Values>(values: StepValues<Values>): NamedFloats<Floats>;
  /** Several steps of the stream in one call, with the bits of single ones. */
  steps<Values>(values: StepValues<Values>): NamedFloats<Floats>;
  reset<Values>(values?: GivenValues<Values>): void;
}

/** Parts that are called by themselves: as they are called in the source. */
interface Parts<Floats extends FloatArray> {
  readonly entries?: Readonly<Record<string, Omit<PartInstance, keyof Calls<Floats>> & Omit<Calls<Floats>, "params">>>;
}

interface Backward<Floats extends FloatArray> {
  /**
   * Derivatives of a scalar, whose derivatives by the outputs are given, for the last `forward`; with the option `segments` the sums of one that
   * `continues` go on with those of the `backward` before it.
   */
  backward(cotangents: GivenDerivatives<"final">, options?: { readonly continues?: boolean }): CellGradient<Floats>;
}

interface Jvp<Floats extends FloatArray> {
  /** The derivative of what `forward` gives, in a direction. */
  jvp<Values>(values: GivenValues<Values>, tangents: GivenDerivatives<"params">): CellResult<Floats>;
}

interface Hvp<Floats extends FloatArray> {
  /** The derivative of what `backward` gives, in a direction. */
  hvp<Values>(
    values: GivenValues<Values>,
    tangents: GivenDerivatives<"params">,
    cotangents: GivenDerivatives<"final">,
    cotangentTangents?: GivenDerivatives<"final">,
  ): CellGradient<Floats>;
}

/** The value of an option, or what it is where it is left out. */
type Option<Options, Name extends string, Default> = Name extends keyof Options
  ? undefined extends Options[Name]
    ? Exclude<Options[Name], undefined> | Default
    : Options[Name]
  : Default;

type Floats<Dtype> = Dtype extends "f64" ? Float64Array : Float32Array;

/** Methods that are there, are not, or may be, as a flag is true, false, or either. */
type Where<Flag, Methods> = [Flag] extends [true] ? Methods : [Flag] extends [false] ? unknown : Partial<Methods>;

/** hvp comes with the gradient. */
type HasGradient<Options> = OfFlag<GradientOption<Options>>;

/** Gradients by params alone are gradients, too. */
type OfFlag<Flag> = Flag extends "params" ? true : Flag;

type GradientOption<Options> =
  true extends Option<Options, "hvp", false>
    ? [Option<Options, "hvp", false>] extends [true]
      ? true
      : Option<Options, "gradient", true> | true
    : Option<Options, "gradient", true>;

/** An instance of a cell that was compiled with these options. */
export type CellInstance<Options extends TypeOptions = TypeOptions> = Omit<
  ModuleInstance,
  "params" | "forward" | "step" | "steps" | "reset" | "backward" | "jvp" | "hvp" | "entries"
> &
  Calls<Floats<Option<Options, "dtype", "f32">>> &
  Parts<Floats<Option<Options, "dtype", "f32">>> &
  Where<HasGradient<Options>, Backward<Floats<Option<Options, "dtype", "f32">>>> &
  Where<Option<Options, "jvp", false>, Jvp<Floats<Option<Options, "dtype", "f32">>>> &
  Where<Option<Options, "hvp", false>, Hvp<Floats<Option<Options, "dtype", "f32">>>>;

/** A module with instances of a kind. */
export interface CellModule<Instance = ModuleInstance> extends Omit<
  CompiledModule,
  "instantiate" | "instantiateAsync"
> {
  instantiate(options?: InstantiateOptions): Instance;
  instantiateAsync(options?: InstantiateOptions): Promise<Instance>;
}
