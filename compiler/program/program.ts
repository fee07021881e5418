/**
 * What the compiler's back end starts from: tensors with the axes that they have in a call, and equations over whole
 * sequences. A cell makes the smallest one (`cell-program.ts`); nothing after it knows of cells.
 */
import type { LengthFinder } from "./sequences/found-lengths.js";
import type { SizeCondition } from "./base/size-condition.js";
import type { GraphFunction, ValueId } from "../ir/graph/graph-function.js";
import { type ShapeContext, shapeContext } from "../ir/graph/shape-rules.js";
import { type Bounds, plainBounds } from "../base/types/bounds.js";
import type { CallAxis } from "../base/types/call-axes.js";
import type { Dim } from "../base/types/dim.js";
import type { Shape } from "../base/types/shape.js";
import type { Initializer } from "../../runtime/module/manifest.js";
import type {
  DeclaredDerivative,
  LoweredDraw,
  LoweredRandom,
  LoweredSetting,
  LoweredStarts,
} from "./base/lowered-cell.js";
import { nameOfRole, type Role, type TensorKind } from "./base/roles.js";

export interface ProgramTensor {
  /** As declared; of used cells by path, `lower.h`. */
  readonly name: string;
  readonly documentation: string;
  /** Symbols of the sequences that it runs over, outermost first. */
  readonly over: readonly string[];
  /** One element of those, of one example. */
  readonly shape: Shape;
  /** One for all examples of a call. */
  readonly shared: boolean;
}

export interface ProgramInput extends ProgramTensor {
  readonly dtype: "real" | "index";
  /** Of an index: values are integers in `[0, bound)`. */
  readonly bound?: Dim;
  /** Only losses are made of it. */
  readonly forLosses?: boolean;
}

/** The same at every step. */
export type ProgramContext = ProgramTensor & Partial<Pick<ProgramInput, "dtype" | "bound">>;

interface ProgramState extends ProgramTensor, Partial<Pick<ProgramInput, "dtype" | "bound" | "forLosses">> {
  readonly initial: "zeros" | "computed";
}

export interface ProgramParam extends ProgramTensor {
  readonly initializer: Initializer;
}

/** Drawn for each call by its seed: in equations, or in initial values. */
export type ProgramRandom = ProgramTensor & LoweredRandom;

/** One number for all examples of a call: nothing is derived by it. */
export type ProgramSetting = ProgramTensor & LoweredSetting;

interface ProgramStarts extends Pick<LoweredStarts, "fn" | "rounds"> {
  readonly draws: readonly (ProgramParam & LoweredDraw)[];
}

/** A function with a declared derivative, for the dimensions that some call gives it. */
export interface ProgramDerivative extends Omit<DeclaredDerivative, "calls"> {
  readonly calls: readonly ProgramCall[];
}

/** Where such a function is called, but for calls within derivatives. */
export interface ProgramCall {
  readonly of: "forward" | "initial";
  /** The loops around it, outermost first, each by its first result. */
  readonly scans: readonly ValueId[];
  /** The values of its arguments in the innermost of these, one for each input of the function. */
  readonly arguments: readonly ValueId[];
}

/** What `entry` of the source names: called by itself, with entries of its own. */
export interface NetworkPart {
  readonly name: string;
  /** Names of inputs and contexts that are equations of the whole. */
  readonly given: readonly string[];
  readonly program: Program;
}

export interface Program {
  readonly name: string;
  readonly documentation: string;
  /** Sizes that were given at compilation. */
  readonly dimensions: ReadonlyMap<string, number>;
  /** Those whose sizes each call gives. */
  readonly axes: readonly CallAxis[];
  /** Checked for each example of a call. */
  readonly requires?: readonly SizeCondition[];
  /** The sequence along which it can be computed element by element; undefined where it looks ahead. */
  readonly stream: string | undefined;
  readonly inputs: readonly ProgramInput[];
  readonly settings?: readonly ProgramSetting[];
  readonly contexts: readonly ProgramContext[];
  readonly states: readonly ProgramState[];
  readonly params: readonly ProgramParam[];
  /** Set by the caller, and never trained: they have neither gradients nor tangents. */
  readonly fixed: readonly ProgramParam[];
  /** What a call draws by its seed: nothing is derived by it. */
  readonly randoms: readonly ProgramRandom[];
  readonly outputs: readonly ProgramTensor[];
  /** Names of outputs that are losses: sums over the batch, and what these are divided by. */
  readonly losses?: readonly string[];
  /** Which of the axes values tell, and what finds them. */
  readonly found?: LengthFinder;
  /**
   * Inputs: the roles `initial`, `input`, `setting`, `random`, `context`, `param` and `fixed`. Outputs: the roles `output` and `final`. Named as
   * `nameOfRole` says.
   */
  readonly forward: GraphFunction;
  /** The initial values of states that are computed, from what is drawn for them, contexts, params and fixed values. Undefined where every state starts at zero. */
  readonly initial: GraphFunction | undefined;
  /** Initial values of params and fixed values that are expressions: of the roles `param`, `fixed`, `draw` to the role `start`. */
  readonly starts: ProgramStarts | undefined;
  /** Of a part: symbols of those of `axes` that it has anything to do with. */
  readonly ownAxes?: readonly string[];
  /** Parts that are called by themselves: of the same params, fixed values and axes. */
  readonly parts?: readonly NetworkPart[];
  /** Functions that declare their derivative. */
  readonly declaredDerivatives: readonly string[];
  /** The same with their graphs and calls, as far as they are known: for checks that measure how far they are from the true ones. */
  readonly declared?: readonly ProgramDerivative[];
  /** Tensors whose gradient is what such a function, or a `stop_gradient`, says. */
  readonly gradientAsDeclared: readonly string[];
}

/** What is known of the sizes that calls give. */
export const boundsOf = ({ axes, requires = [] }: Pick<Program, "axes" | "requires">): Bounds => ({
  least: (symbol) => axes.find((axis) => axis.symbol === symbol)?.least ?? plainBounds.least(symbol),
  facts: requires.flatMap(({ kind, dim }) => (kind === "least" ? [dim] : [])),
});

/** The sizes that differ from example to example. */
export const programContext = ({ axes }: Pick<Program, "axes">): ShapeContext => shapeContext(axes);

/** What the inputs and outputs of `forward` are. */
export function programRoles(program: Program): Role[] {
  const roles = (kind: TensorKind, tensors: readonly ProgramTensor[]): Role[] =>
    tensors.map(({ name, shared }) => ({ kind, name, ...(shared && { shared }) }));
  return [
    ...roles("initial", program.states),
    ...roles("input", program.inputs),
    ...roles("setting", program.settings ?? []),
    ...roles("random", program.randoms),
    ...roles("context", program.contexts),
    ...roles("param", program.params),
    ...roles("fixed", program.fixed),
    ...roles("output", program.outputs),
    ...roles("final", program.states),
  ];
}

/** What a step of a stream has of `forward`: nothing that only losses are made of, and no losses. */
export function streamedRoles(program: Program): Role[] {
  const { stream, inputs, states, outputs } = program;
  const names = (tensors: readonly ProgramTensor[]): ReadonlySet<string> => new Set(tensors.map(({ name }) => name));
  const losses = names(outputs.filter(({ over }) => stream !== undefined && !over.includes(stream)));
  const ofLosses = names([...inputs, ...states].filter(({ forLosses }) => forLosses === true));
  const given: readonly TensorKind[] = ["input", "initial", "final"];
  return programRoles(program).filter(
    ({ kind, name }) => !(kind === "output" && losses.has(name)) && !(given.includes(kind) && ofLosses.has(name)),
  );
}

/** Does it stream along the steps of a cell? */
export const streamsSteps = ({ axes, stream }: Pick<Program, "axes" | "stream">): boolean =>
  axes.some(({ symbol, kind }) => symbol === stream && kind === "steps");

/** What is the same at every step of a stream, but for what all examples share, and what it computes of that at once. Of a cell steps compute all. */
export function contextRoles(program: Program): Role[] {
  const { stream, contexts, randoms } = program;
  if (stream === undefined || streamsSteps(program)) return [];
  const drawn = randoms.filter(({ over, isInitial }) => !isInitial && over.length === 0);
  return programRoles(program).filter(
    ({ kind, name }) =>
      kind === "setting" ||
      (kind === "context" && contexts.some((own) => own.name === name)) ||
      (kind === "random" && drawn.some((own) => own.name === name)),
  );
}

/** What `forward` and `initial` have beside their types: what nothing is derived by, and what all examples share. */
export function programBoundary(program: Program): {
  readonly sharedOutputs: ReadonlySet<string>;
  readonly fixedInputs: ReadonlySet<string>;
} {
  const roles = programRoles(program);
  const namesOf = (test: (role: Role) => boolean): Set<string> => new Set(roles.filter(test).map(nameOfRole));
  return {
    sharedOutputs: namesOf(({ kind, shared }) => kind === "output" && shared === true),
    fixedInputs: namesOf(({ kind }) => kind === "fixed" || kind === "random" || kind === "setting"),
  };
}

/** What is drawn, and the initial values that are computed of it. */
export function startRoles({ starts, params, fixed }: Program): Role[] {
  if (starts === undefined) return [];
  const computed = [...params, ...fixed].filter(({ initializer }) => initializer.kind === "computed");
  return [
    ...starts.draws.map(({ name }) => ({ kind: "draw", name, shared: true }) as const),
    ...computed.map(({ name }) => ({ kind: "start", name, shared: true }) as const),
  ];
}
