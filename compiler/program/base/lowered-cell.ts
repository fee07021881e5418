/** A cell after lowering: its tensors in declaration order and its equations as graph functions of one example. */
import type { CallAxis } from "../../base/types/call-axes.js";
import type { SizeCondition } from "./size-condition.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { DrawnAs } from "../../language/semantics/draw-functions.js";
import type { Initializer } from "../../../runtime/module/manifest.js";

export interface LoweredTensor {
  /** As declared; for used cells by path, `lower.h`. */
  readonly name: string;
  readonly documentation: string;
  /** For one example and one step. Symbols are run-time dimensions, and cell dimensions where they were left open. */
  readonly shape: Shape;
}

export interface LoweredInput extends LoweredTensor {
  readonly dtype: "real" | "index";
  /** Of an index: values are integers in `[0, bound)`. */
  readonly bound?: Dim;
}

export interface LoweredState extends LoweredTensor, Partial<Pick<LoweredInput, "dtype" | "bound">> {
  readonly initial: "zeros" | "computed";
}

/** A parameter, or a fixed value. */
export interface LoweredParam extends LoweredTensor {
  readonly initializer: Initializer;
}

/** A number of the call. */
export interface LoweredSetting extends LoweredTensor {
  /** What it is where the call does not say. */
  readonly otherwise: number;
}

/** Numbers that a call draws by its seed: in each step, or once for a sequence. */
export interface LoweredRandom extends LoweredTensor, DrawnAs {
  /** The state that counts the steps; undefined where they are drawn once. */
  readonly counter: string | undefined;
}

/** What initial values of params draw, by the seed and its name. */
export interface LoweredDraw extends LoweredTensor {
  readonly initializer: Initializer;
  /** Sizes of the first axes, along which each is drawn for itself. */
  readonly heads: Shape;
}

/** Initial values of params and fixed values that are expressions. */
export interface LoweredStarts {
  /** Inputs: params, fixed values, draws. Outputs named as the tensors. */
  readonly fn: GraphFunction;
  readonly draws: readonly LoweredDraw[];
  /** How often it is computed: once more than the longest chain of those that read each other. */
  readonly rounds: number;
  /** Of each output, the inputs that it is made of. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A function with a declared derivative, for the dimensions that some call gives it. */
export interface DeclaredDerivative {
  readonly name: string;
  readonly span: Span;
  /** Its arguments to its value, which is a `custom_derivative`. */
  readonly fn: GraphFunction;
  /** Where the cell calls it, but for calls within derivatives. */
  readonly calls: readonly DeclaredCall[];
}

export interface DeclaredCall {
  readonly within: "step" | "initial";
  /** Of a network: the loops around it, outermost first, each by its first result. */
  readonly scans: readonly ValueId[];
  /** The values of its arguments in the innermost of these, or there, one for each input of `fn`. */
  readonly arguments: readonly ValueId[];
}

/** A used cell, or one of an array. */
export interface UsedCellName {
  readonly name: string;
  readonly place: number | undefined;
}

export interface ValueName {
  /** From the outermost used cell on; none for the cell itself. */
  readonly path: readonly UsedCellName[];
  /** As its cell declares it. */
  readonly name: string;
  /** The next value of a state. */
  readonly next: boolean;
  /** Of a complex value. */
  readonly part: "re" | "im" | undefined;
}

export interface LoweredCell {
  readonly name: string;
  readonly documentation: string;
  /** Sizes of the cell's dimensions that were given; the others stay symbols (for `explain`). */
  readonly dimensions: ReadonlyMap<string, number>;
  readonly runtimeDimensions: readonly string[];
  readonly inputs: readonly LoweredInput[];
  readonly contexts: readonly LoweredTensor[];
  readonly states: readonly LoweredState[];
  readonly params: readonly LoweredParam[];
  /** Set by the caller, and never trained. */
  readonly fixed: readonly LoweredParam[];
  readonly randoms: readonly LoweredRandom[];
  readonly outputs: readonly LoweredTensor[];
  /**
   * One step. Inputs in this order, named as declared: states, inputs, what is drawn, contexts, params, fixed values (both are shared).
   * Outputs: the next value of each state (named as the state), then the outputs.
   */
  readonly step: GraphFunction;
  /**
   * Initial values of the states with `initial: "computed"`. Inputs: what is drawn, contexts, params, fixed values. Outputs named as the states.
   * Undefined where every state starts at zero.
   */
  readonly initial: GraphFunction | undefined;
  /** Undefined where all params begin with numbers and draws alone. */
  readonly starts: LoweredStarts | undefined;
  /** Functions with a declared derivative that it calls, each once for the same dimensions. */
  readonly declared: readonly DeclaredDerivative[];
  /** What the named values of `step` are. */
  readonly names: ReadonlyMap<string, ValueName>;
}

interface LoweredPart {
  readonly name: string;
  /** Names of inputs that are equations of the whole. */
  readonly given: readonly string[];
  readonly network: LoweredNetwork;
}

export interface FoundDimension {
  readonly symbol: string;
  readonly most: Dim;
  readonly span: Span;
}

/** A network after lowering: its equations as one graph function of an example. */
export interface LoweredNetwork extends Pick<
  LoweredCell,
  | "name"
  | "documentation"
  | "dimensions"
  | "inputs"
  | "params"
  | "fixed"
  | "randoms"
  | "outputs"
  | "starts"
  | "declared"
> {
  /** Its run-time dimensions. */
  readonly axes: readonly CallAxis[];
  /** What the sizes of each example must fulfil. */
  readonly requires: readonly SizeCondition[];
  /** Of a part: the symbols of those that it has anything to do with. */
  readonly ownAxes?: readonly string[];
  /** Parts that are called by themselves, each a network of the same params and run-time dimensions. */
  readonly parts?: readonly LoweredPart[];
  /** Of itself and of the networks in it, by path. */
  readonly settings: readonly LoweredSetting[];
  /** Of its runs, named by path. */
  readonly states: readonly LoweredState[];
  /** What each loss is of an example, and what it is divided by, where that is told. */
  readonly losses: readonly (LoweredTensor & { readonly weighted: boolean })[];
  /**
   * Inputs, named as declared: states, inputs, settings, what is drawn, params, fixed values (both are shared). Outputs: the outputs, the last values of the states, then of
   * each loss its value and, where it is weighted, what it is divided by; of each length that is found, where it ends: not 0 there.
   */
  readonly whole: GraphFunction;
  /** Lengths that its values tell: run-time dimensions, each at most so large. */
  readonly found: readonly FoundDimension[];
}
