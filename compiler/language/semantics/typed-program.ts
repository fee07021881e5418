/**
 * Cells and functions after all checks: names are resolved, shapes are known as symbols, equations stand in an order in
 * which they can be computed. Lowering walks this without asking anything again; what is left to check there is what
 * depends on sizes ({@link SizeDemands}).
 */
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { ComplexName, CumulativeName, ElementwiseName, NormalizationName, ReductionName } from "./builtins.js";
import type { DrawFunctionName, DrawnAs } from "./draw-functions.js";
import type { PlaceFunctionName } from "./places-and-back.js";
import type { GivenFunctionType } from "./scope.js";
import type { SemanticType } from "./semantic-type.js";
import type { CellParameter, TypedOutput } from "./typed-interface.js";
import type { NetworkParts, TypedRunRead } from "./typed-networks.js";
import type { TypedStart } from "./typed-starts.js";
import type { Convolved, WindowAxis, SizeDemands, PlaceTerm, TypedPlace, WrittenExtent } from "./typed-sizes.js";

interface Base {
  readonly span: Span;
  readonly type: SemanticType;
}

/** The expressions of some kinds. */
export type TypedOf<K extends TypedExpression["kind"]> = Extract<TypedExpression, { kind: K }>;

export type TypedExpression = Base &
  (
    | { readonly kind: "number"; readonly value: number }
    /** A dimension used as a real. */
    | { readonly kind: "dimension"; readonly dim: Dim }
    /** A real parameter of the cell: a constant of the compiled module. */
    | { readonly kind: "real-parameter"; readonly name: string }
    /** A tensor, equation or output of the cell, or a parameter or equation of the function. */
    | { readonly kind: "value"; readonly name: string }
    /** In a function, a value of the cell around it, which is the same at every step. */
    | { readonly kind: "captured"; readonly name: string }
    /** The next value of a state. */
    | { readonly kind: "next"; readonly name: string }
    /** A state (or its next value), parameter or output of a used cell: `outer.inner.h'` has two names in `path`. */
    | {
        readonly kind: "member";
        readonly path: readonly string[];
        /** By where they stand in `path`, which of an array. */
        readonly places: ReadonlyMap<number, TypedPlace>;
        readonly name: string;
        readonly next: boolean;
      }
    /** The only call of a used cell; its arguments are with the {@link TypedCell}. */
    | { readonly kind: "instance-call"; readonly instance: string }
    /** One of several calls of a used cell without state, or of one of an array: written out where it stands. */
    | {
        readonly kind: "call-in-place";
        readonly instance: string;
        /** Which of an array. */
        readonly place: TypedPlace | undefined;
        /** Whether it is the only call of that one, which has a state. */
        readonly isStep: boolean;
        readonly call: TypedInstanceCall;
        readonly output: string;
      }
    /** What a call in a network gives: those who read it share the call. */
    | { readonly kind: "run"; readonly run: TypedRun; readonly read: TypedRunRead }
    | {
        readonly kind: "elementwise";
        readonly operation: ElementwiseName;
        readonly operands: readonly TypedExpression[];
      }
    /** What makes complex numbers of real ones, or the other way round, and `conj`. */
    | { readonly kind: "complex"; readonly operation: ComplexName; readonly operands: readonly TypedExpression[] }
    /** In several places, and computed once: what complex numbers become has parts that are. */
    | { readonly kind: "shared"; readonly operand: TypedExpression }
    | { readonly kind: "product"; readonly left: TypedExpression; readonly right: TypedExpression }
    | {
        readonly kind: "reduction";
        readonly operation: ReductionName;
        /** In increasing order. */
        readonly axes: readonly number[];
        readonly operand: TypedExpression;
      }
    | {
        readonly kind: "normalization";
        readonly operation: NormalizationName;
        readonly axes: readonly number[];
        readonly operand: TypedExpression;
      }
    | {
        readonly kind: "cumulative";
        readonly operation: CumulativeName;
        readonly axis: number;
        readonly reverse: boolean;
        readonly operand: TypedExpression;
        /** Where calls give the size of the axis: the equation that it stands in. */
        readonly along?: string;
      }
    /** Values to places and back. */
    | {
        readonly kind: "places";
        readonly operation: PlaceFunctionName;
        readonly operands: readonly TypedExpression[];
        readonly axis: number;
        readonly descending: boolean;
      }
    | {
        readonly kind: "concat";
        readonly axis: number;
        readonly operands: readonly TypedExpression[];
        /** Of `before` in a network: the equation that it stands in. */
        readonly before?: string;
      }
    | { readonly kind: "stack"; readonly axis: number; readonly operands: readonly TypedExpression[] }
    | { readonly kind: "reshape"; readonly operand: TypedExpression; readonly shape: Shape }
    | { readonly kind: "transpose"; readonly operand: TypedExpression; readonly permutation: readonly number[] }
    | { readonly kind: "outer"; readonly left: TypedExpression; readonly right: TypedExpression }
    /** `left: [X, I]` or `[Y, X, I]` with `right: [O, I, …]`. */
    | ({ readonly kind: "convolution"; readonly left: TypedExpression; readonly right: TypedExpression } & Convolved)
    /** `[T, …]` as `[windows, elements of each, …]`; over two axes `[down, across, elements down, across, …]`. */
    | { readonly kind: "windows"; readonly operand: TypedExpression; readonly axes: readonly WindowAxis[] }
    | { readonly kind: "fill"; readonly value: number; readonly shape: Shape }
    | { readonly kind: "reverse"; readonly operand: TypedExpression; readonly axis: number }
    /** The operand along new axes in front: its type has them. */
    | { readonly kind: "repeat"; readonly operand: TypedExpression }
    /** `drop`: a single element, whose axis goes. */
    | {
        readonly kind: "slice";
        readonly operand: TypedExpression;
        readonly axis: number;
        readonly start: Dim;
        readonly length: Dim;
        readonly drop: boolean;
      }
    | {
        readonly kind: "gather";
        readonly operand: TypedExpression;
        readonly axis: number;
        readonly index: TypedExpression;
      }
    /** The body for each value of an index from 0 to `length - 1`, along a new first axis. */
    | { readonly kind: "indexed"; readonly index: string; readonly length: Dim; readonly body: TypedExpression }
    /** A reduction over the values that the body has for each value of an index. */
    | {
        readonly kind: "index-reduction";
        readonly operation: ReductionName;
        readonly index: string;
        readonly length: Dim;
        readonly body: TypedExpression;
      }
    /** The element along an axis at `start`, with indices added and taken away; in a circle of `around` elements. */
    | {
        readonly kind: "element";
        readonly operand: TypedExpression;
        readonly axis: number;
        readonly start: Dim;
        readonly terms: readonly PlaceTerm[];
        readonly around: Dim | undefined;
      }
    /** What a function comes to that others can say, with its operands; `value` is the same, written out. */
    | {
        readonly kind: "expanded";
        readonly word: "delay" | DrawFunctionName;
        readonly operands: readonly TypedExpression[];
        readonly value: TypedExpression;
      }
    /** An index as a real number; of rounds, where its type says so, as an integer. */
    | { readonly kind: "position"; readonly index: string }
    /** What rounds come to, for one of their names. */
    | { readonly kind: "rounds"; readonly rounds: TypedRounds; readonly position: number }
    /** In rounds, one of their names: its value of the round before, or of this one. */
    | { readonly kind: "round-value"; readonly name: string; readonly next: boolean }
    | ({ readonly kind: "call" } & TypedCall)
    /** One of several results of a call. */
    | { readonly kind: "result"; readonly call: TypedCall; readonly position: number }
    /** The derivative of a number by one of the values that count as independent. */
    | { readonly kind: "gradient"; readonly of: TypedGradient; readonly position: number }
    /** The call of a function that the function around it was given. */
    | { readonly kind: "call-given"; readonly name: string; readonly arguments: readonly TypedExpression[] }
    | { readonly kind: "error" }
  );

/** `u, g = (x, h) then (…, …) for k < L until c implicit`. */
export interface TypedRounds {
  readonly names: readonly string[];
  /** Of the names, in every round. */
  readonly types: readonly SemanticType[];
  readonly first: readonly TypedExpression[];
  /** They have these types, or repeat to them. */
  readonly next: readonly TypedExpression[];
  readonly index: string | undefined;
  /** Where the index begins. */
  readonly from: number;
  readonly count: Dim;
  readonly until: TypedExpression | undefined;
  readonly implicit: boolean;
  readonly span: Span;
}

/** The call of a function: those who read its results share it. */
export interface TypedCall {
  readonly fn: TypedFunction;
  readonly arguments: readonly TypedExpression[];
  /** The function's own dimensions in terms of the caller's. */
  readonly dimensions: ReadonlyMap<string, Dim>;
  /** What it is given for its arguments that are functions. */
  readonly functions: ReadonlyMap<string, FunctionArgument>;
}

/** `gradient(e, by = (A, B))`: the derivatives of a number, which are found together. */
export interface TypedGradient {
  readonly value: TypedExpression;
  readonly by: readonly TypedExpression[];
}

/** A function, with its dimensions in terms of the caller's; or one that the function around was given itself. */
export type FunctionArgument =
  | { readonly fn: TypedFunction; readonly dimensions: ReadonlyMap<string, Dim> }
  | { readonly fn: undefined; readonly name: string };

/** What a function states as its derivative: linear in the tangents. */
export interface TypedDerivative {
  readonly span: Span;
  /** Each with the position of its argument. */
  readonly tangents: readonly { readonly name: string; readonly parameter: number }[];
  /** Those of the function that depend on tangents. */
  readonly equations: readonly TypedNode[];
  /** One for each result. */
  readonly values: readonly TypedExpression[];
}

export interface TypedResult {
  /** Missing where it is the only one. */
  readonly name: string | undefined;
  readonly type: SemanticType;
  readonly value: TypedExpression;
}

export interface TypedFunction extends SizeDemands {
  readonly name: string;
  readonly span: Span;
  readonly parameters: readonly { readonly name: string; readonly type: SemanticType }[];
  /** Arguments that are functions, and how often each is called. */
  readonly functions: readonly (GivenFunctionType & { readonly name: string; readonly calls: number })[];
  /** Dimensions that calls bind, with the order in which that is possible. */
  readonly dimensions: readonly string[];
  /** Those of them that are arguments themselves. */
  readonly given: readonly string[];
  /** Those that depend on no tangent. */
  readonly equations: readonly TypedNode[];
  readonly results: readonly TypedResult[];
  readonly derivative: TypedDerivative | undefined;
  /** Values of the cell around it that it reads, or that a function reads which it calls. */
  readonly captured: ReadonlySet<string>;
  /** Names of the cell around it that it uses. */
  readonly outerNames: ReadonlySet<string>;
  readonly extent: WrittenExtent;
}

/** `random`: drawn by the seed of the call. `setting`: a number of the call. */
type TensorRole = "input" | "context" | "state" | "param" | "fixed" | "setting" | "random";

/** Is it of the module, and the same for all examples and steps? */
export const isStored = ({ role }: Pick<TypedTensor, "role">): boolean => role === "param" || role === "fixed";

export interface TypedTensor {
  readonly role: TensorRole;
  readonly name: string;
  readonly span: Span;
  readonly documentation: string;
  readonly type: SemanticType;
  /** Of a state: the key of the node with its initial value. */
  readonly initial?: string;
  readonly initializer?: TypedInitializer;
  /** Of the imaginary part, where it has one. */
  readonly imaginary?: TypedInitializer;
  /** Of a param or a fixed value whose initial value is a node of its own, and of a state with an initial value for each value of indices. */
  readonly start?: TypedStart;
  readonly draw?: DrawnAs;
  /** Of a setting: a constant. */
  readonly otherwise?: TypedExpression;
}

export interface TypedInitializer {
  readonly name: string;
  readonly span: Span;
  readonly arguments: readonly TypedExpression[];
}

export interface TypedInstance {
  readonly name: string;
  readonly span: Span;
  /** How many, where it is an array. */
  readonly count: Dim | undefined;
  /** Of which array it is a section, and where it begins. */
  readonly section?: { readonly array: string; readonly first: number };
  readonly cell: TypedCell;
  /** Dimension parameters of the used cell in terms of this one's. */
  readonly dimensions: ReadonlyMap<string, Dim>;
  readonly reals: ReadonlyMap<string, TypedExpression>;
  /** Params that are values of this cell, and none of the used one. */
  readonly given: ReadonlySet<string>;
  /** The used cell that has its params. */
  readonly sharedWith: string | undefined;
  /** How params begin here, by their paths in the used cell: `b_f`, `inner.W`. Each is called by its path in this cell. */
  readonly starts: ReadonlyMap<string, TypedTensor>;
  /** Of one that was given for a parameter: what its user calls otherwise than it does itself. */
  readonly called: ReadonlyMap<string, string>;
}

/** The arguments of a call of a used cell. */
export interface TypedInstanceCall {
  readonly inputs: readonly TypedExpression[];
  readonly contexts: readonly TypedExpression[];
  /** States that this step starts from, in the place of those that the last one left. */
  readonly states: ReadonlyMap<string, TypedExpression>;
  /** Settings of a network that this call says, in the place of those of the module. */
  readonly settings?: ReadonlyMap<string, TypedExpression>;
  /** Run-time dimensions of the used cell in terms of this one's. */
  readonly runtimeDimensions: ReadonlyMap<string, Dim>;
}

/** A call in a network: of a network, or of a cell for each place along `over`, one after the other where it has a state. */
export interface TypedRun {
  readonly span: Span;
  readonly instance: string;
  /** Which of an array. */
  readonly place: TypedPlace | undefined;
  readonly call: TypedInstanceCall;
  /** Which of the inputs run; the others are the same at every place. */
  readonly runs: readonly boolean[];
  /** Leading axes, outermost first. */
  readonly over: readonly Dim[];
  /** Under which its states are states of the module: undefined where it has no name. */
  readonly name: string | undefined;
  /** By which it draws: of a call without a name the equation, and what is called. */
  readonly path: string;
  /** States, by path, of which all values are read. Filled while expressions are checked. */
  readonly traced: Set<string>;
}

/** A value with a name of its own: an equation, an output, the next value of a state (`h'`), an initial value. */
export interface TypedNode {
  readonly key: string;
  readonly name: string;
  readonly span: Span;
  readonly value: TypedExpression;
}

export type TypedItem =
  | { readonly kind: "tensor"; readonly tensor: TypedTensor }
  | { readonly kind: "instance"; readonly instance: TypedInstance };

export interface TypedCell extends SizeDemands, NetworkParts {
  readonly name: string;
  /** Equations of one step, or of whole sequences. */
  readonly form: "cell" | "network";
  readonly span: Span;
  readonly documentation: string;
  readonly dimensions: readonly CellParameter<Dim>[];
  readonly reals: readonly CellParameter<TypedExpression>[];
  readonly runtimeDimensions: readonly string[];
  /** The smallest sizes of those. */
  readonly least: ReadonlyMap<string, number>;
  /** Tensors and used cells in the order of their declarations. */
  readonly items: readonly TypedItem[];
  readonly outputs: readonly TypedOutput[];
  /** By {@link TypedNode.key}: see `node-keys.ts`. */
  readonly nodes: ReadonlyMap<string, TypedNode>;
  /** Of used cells that are called once in a step. */
  readonly calls: ReadonlyMap<string, TypedInstanceCall>;
  /** Params given to used cells, by the name of the used cell, then of the param. */
  readonly givenParams: ReadonlyMap<string, ReadonlyMap<string, TypedExpression>>;
  /** Keys of nodes that a step needs, in an order independent of the order of the equations. */
  readonly stepOrder: readonly string[];
  /** Keys of nodes that depend on no input of the step: who uses the cell may read them before it gives the inputs. */
  readonly early: ReadonlySet<string>;
  /** Keys of nodes that the initial values need. */
  readonly initialOrder: readonly string[];
  /** Keys of nodes that the initial values of params need. */
  readonly startOrder: readonly string[];
  readonly extent: WrittenExtent;
  /** It stands for a cell, or takes one, that is not known here: it cannot be lowered. */
  readonly open: boolean;
  /** False where something in it was reported; such a cell is not lowered. */
  readonly sound: boolean;
}

export interface TypedProgram {
  /** Name of the file. */
  readonly file: string;
  /** Cells of the file itself, by name, in the order of the text. */
  readonly cells: ReadonlyMap<string, TypedCell>;
  /** Names of those that take cells, which cannot be compiled by themselves. */
  readonly open: ReadonlySet<string>;
  /** Numbers of this file that those of a module cannot hold, which were reported where they stand. */
  readonly lostNumbers: ReadonlySet<number>;
}
