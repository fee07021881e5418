/**
 * The state of checking one cell or function: where reports go, what names mean, what was learned on the way. The rules
 * themselves stand in `infer/`, a file for each kind of expression.
 */
import type { DiagnosticCode } from "../../base/diagnostics/codes.js";
import { DiagnosticCollector, type ReportOptions } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { CallNode, Expression, RoundsNode } from "../syntax/ast.js";
import { isWithinLimits } from "../../base/types/bounded-dim.js";
import { type Bounds, plainBounds, provenAtLeast } from "../../base/types/bounds.js";
import { type Dim, printDim, subtractDims, symbolsOf } from "../../base/types/dim.js";
import type { BoundCell, CellDeclaration, ConstantDeclaration, FunctionDeclaration } from "./declared.js";
import type { Delays } from "./delays.js";
import type { DrawsOfCell } from "./draws.js";
import type { RunCalls } from "./run-calls.js";
import type { Scope } from "./scope.js";
import { axesOf, errorType, mostPlaces, type SemanticType } from "./semantic-type.js";
import { suggestion } from "./suggestion.js";
import { withoutWholes } from "./typed-parts.js";
import type {
  TypedCell,
  TypedExpression,
  TypedFunction,
  TypedInstance,
  TypedRounds,
  TypedRun,
  TypedTensor,
} from "./typed-program.js";
import type { LoopTypes } from "./typed-networks.js";
import type { TypedDraw } from "./typed-starts.js";
import type { WrittenExtent, Obligation, SizeComparison, TypedPlace } from "./typed-sizes.js";

/** What was checked before; undefined where that failed. */
export interface Known {
  readonly cellOf: (
    declaration: CellDeclaration,
    argument: Span,
    collector: DiagnosticCollector,
  ) => TypedCell | undefined;
  /** What was given for a parameter, where it fits; reported at its place otherwise, once. */
  readonly givenCell: (
    bound: BoundCell,
    owner: TypedCell["form"],
    collector: DiagnosticCollector,
  ) => Pick<TypedInstance, "cell" | "called"> | undefined;
  /** A cell adds those of its functions that read values of it. */
  readonly functions: Map<FunctionDeclaration, TypedFunction | undefined>;
  /** Values at the top of files, as functions of nothing. */
  readonly constants: Map<ConstantDeclaration, TypedFunction | undefined>;
}

/** Operations after everything is written out, and levels of nesting: far above any cell, far below any trouble. */
export const operationLimit = 20_000;
export const depthLimit = 1000;
export const axisLimit = 8;
/** Reports of one compilation that come with a search for similar names. */
const suggestionLimit = 200;

/** Used cells and what is known about their calls; functions have none. */
export interface Instances {
  readonly instances: ReadonlyMap<string, TypedInstance>;
  /** The one call of each that is called once. */
  readonly calls: ReadonlyMap<string, CallNode>;
  /** Those without state that are called where each call is written out. */
  readonly inPlace: ReadonlySet<string>;
  /** Run-time dimensions of a used cell, once its contexts are known. */
  readonly runtimeDimensions: ReadonlyMap<string, ReadonlyMap<string, Dim>>;
  /** Functions, and what is known before a cell runs, have none. */
  readonly delays?: Delays;
  readonly draws?: DrawsOfCell;
  /** Of a network, in which calls run over whole sequences. */
  readonly runs?: RunCalls;
}

export const noInstances: Instances = {
  instances: new Map(),
  calls: new Map(),
  inPlace: new Set(),
  runtimeDimensions: new Map(),
};

/** The type of an expression, by the rule for its kind. */
export type Infer = (checker: Checker, expression: Expression) => TypedExpression;

/** An index: its range is known from where it stands alone in brackets, or was written. */
export interface BoundIndex {
  readonly name: string;
  readonly span: Span;
  /** Whether its range stands in the text. */
  readonly written: boolean;
  size: Dim | undefined;
  /** It counts rounds: what it is, is known when they are written out. */
  readonly ofRounds?: boolean;
  /** Where it begins, if that is not at 0: `size` is how many values it has. */
  first?: Dim;
}

/** The call of one of an array of used cells. */
export interface ArrayCall {
  readonly instance: string;
  readonly place: TypedPlace;
  readonly isInRounds: boolean;
}

/** What a name is inside its rounds: its value of the round before, with a prime that of this one. */
export interface RoundValue {
  readonly type: SemanticType;
  readonly hasNext: boolean;
  /** Read by what it is itself made of, which is no use of it. */
  readonly isOwn: boolean;
}

/** The tensor whose initial value is being checked, and what it draws. */
export interface StartContext {
  readonly tensor: TypedTensor;
  /** The indices of its first axes, under the names that expressions read them by. */
  readonly indices: readonly string[];
  readonly draws: TypedDraw[];
}

export class Checker {
  collector: DiagnosticCollector;
  readonly scope: Scope;
  readonly known: Known;
  readonly instances: Instances;
  private readonly inferByKind: Infer;
  readonly obligations: Obligation[] = [];
  readonly divisors = new Set<string>();
  /** Dimensions that were taken to have at least one element, as dimensions of cells have: whoever gives less is told. */
  readonly filled = new Set<string>();
  /** Values of the cell around a function that it reads, or that a function reads which it calls. */
  readonly captured = new Set<string>();
  /** How often each function is called that the one at hand is given. */
  readonly givenCalls = new Map<string, number>();
  /** Indices that are bound around the expression at hand. */
  readonly indices = new Map<string, BoundIndex>();
  /** Names of the rounds around the expression at hand. */
  readonly roundValues = new Map<string, RoundValue>();
  /** Rounds that are known: the names of a group share theirs. Undefined where something was reported. */
  readonly rounds = new Map<RoundsNode, TypedRounds | undefined>();
  /** Calls of arrays of used cells. */
  readonly arrayCalls: ArrayCall[] = [];
  /** Of calls that several names read, or a member. Undefined where something was reported. */
  readonly results = new Map<CallNode, readonly TypedExpression[] | undefined>();
  /** Calls of a network that are known; undefined where something was reported. */
  readonly runs = new Map<CallNode, TypedRun | undefined>();
  /** False once anything here, or anything this needs, was reported. */
  sound = true;
  /** The param whose initial value is being checked: initialisers are values there. */
  start: StartContext | undefined;
  /** Whether types of what depends on its own past are looked for: what does not fit a number is passed over. */
  isGuessing = false;
  /** The loop of a network in which the expression at hand stands, as far as its types are known. */
  loop: LoopTypes | undefined;
  /** Whether a place is read, in which indices may stand. */
  inPlace = false;
  private operations = 0;
  private depth = 0;
  private deepest = 0;
  private tooLarge = false;

  constructor(collector: DiagnosticCollector, scope: Scope, known: Known, instances: Instances, infer: Infer) {
    this.collector = collector;
    this.scope = scope;
    this.known = known;
    this.instances = instances;
    this.inferByKind = infer;
  }

  get extent(): WrittenExtent {
    return { operations: this.operations, depth: this.deepest };
  }

  report(code: DiagnosticCode, span: Span, message: string, options: ReportOptions = {}): void {
    this.collector.report(code, span, message, options);
  }

  reportTooLarge(span: Span): void {
    this.report("dimension-too-large", span, "this dimension is too large or has too many terms");
  }

  /** Help for a name that is not there; none after many reports, where nobody reads it and the search would take long. */
  suggest(name: string, candidates: () => Iterable<string>): string | undefined {
    return this.collector.diagnostics.length < suggestionLimit ? suggestion(name, candidates()) : undefined;
  }

  /** Checks an expression. Never fails: what was reported has the type "error". */
  infer(expression: Expression): TypedExpression {
    this.depth += 1;
    this.deepest = Math.max(this.deepest, this.depth);
    this.operations += 1;
    const typed = withoutWholes(this.inferByKind(this, expression));
    this.depth -= 1;
    return this.checkAxes(typed);
  }

  error(span: Span): TypedExpression {
    this.sound = false;
    return { kind: "error", span, type: errorType };
  }

  /** What comes of checking something, and whether it is right: nothing is reported, and nothing of it noted. */
  silently<T>(read: () => T): { readonly result: T; readonly isFine: boolean } {
    const { collector, sound, operations, deepest, tooLarge } = this;
    const lists = [this.obligations, this.arrayCalls].map((list) => [list, list.length] as const);
    const maps = [this.results, this.runs, this.givenCalls].map((map) => [map, [...map]] as const);
    this.collector = new DiagnosticCollector();
    const result = read();
    const isFine = !this.collector.hasErrors;
    Object.assign(this, { collector, sound, operations, deepest, tooLarge });
    for (const [list, length] of lists) list.length = length;
    for (const [map, entries] of maps) {
      map.clear();
      for (const [key, value] of entries) (map as Map<unknown, unknown>).set(key, value);
    }
    return { result, isFine };
  }

  /** Counts what a call writes out in its place, `levels` deeper than it is itself. */
  addExtent({ operations, depth }: WrittenExtent, span: Span, levels = 0): void {
    this.operations += operations;
    this.deepest = Math.max(this.deepest, this.depth + depth + levels);
    const exceeds = this.operations > operationLimit || this.deepest > depthLimit;
    const isNews = operations <= operationLimit && depth <= depthLimit && !this.tooLarge;
    if (!exceeds || !isNews) return;
    this.tooLarge = true;
    this.report("program-too-large", span, `${this.scope.words} is too large when everything it uses is written out`, {
      help: `it would have more than ${operationLimit} operations or ${depthLimit} levels`,
    });
  }

  addGivenCalls(name: string, count: number): void {
    this.givenCalls.set(name, (this.givenCalls.get(name) ?? 0) + count);
  }

  /** In `read` indices may stand where a dimension is meant. */
  withPlaces<T>(read: () => T): T {
    const outside = this.inPlace;
    this.inPlace = true;
    const result = read();
    this.inPlace = outside;
    return result;
  }

  /** Notes what sizes must fulfil; refuses what only run-time sizes could tell. */
  oblige(kind: Obligation["kind"], dim: Dim, span: Span, said?: SizeComparison): void {
    const symbol = this.runtimeSymbol(dim);
    const obligation = { kind, dim, span, ...(said !== undefined && { said }) };
    if (symbol === undefined) {
      this.obligations.push(obligation);
      return;
    }
    // An axis of a run-time size may become empty, but not negative.
    if ((kind === "positive" || kind === "least") && this.provenAtLeast(dim, 0)) return;
    const isFound = symbolsOf(dim).some((name) => this.scope.entries.get(name)?.found !== undefined);
    // Tensors with an axis of so many elements are none that a module has room for, but their products may be as many.
    const isProduct = dim.terms.some(({ powers }) => powers.reduce((sum, [, exponent]) => sum + exponent, 0) > 1);
    if (kind === "exact" && !isProduct) return;
    if (kind !== "positive" && this.isOfCalls(symbol) && !isFound) {
      // Modules check it for each example.
      this.obligations.push(obligation);
      return;
    }
    const what = { whole: "is whole", positive: "is at least 1", least: "is at least 0", equal: "is 0", exact: `is at most ${mostPlaces}` }[kind]; // prettier-ignore
    this.report("run-time-dimension", span, `whether \`${printDim(dim)}\` ${what} is known at run time only`, {
      help: `\`${symbol}\` differs from example to example: make it a parameter of the cell`,
    });
  }

  /** Whether it is proven that one dimension is at most another. */
  isAtMost(dim: Dim, most: Dim): boolean {
    return this.provenAtLeast(subtractDims(most, dim), 0);
  }

  /** What has no meaning for no elements: a place in an axis, a mean. False where there may be none, which is reported. */
  needEntries(dim: Dim, span: Span): boolean {
    const symbols = symbolsOf(dim);
    for (const symbol of symbols) if (!this.isOfCalls(symbol)) this.filled.add(symbol);
    const symbol = symbols.find((name) => this.isOfCalls(name));
    if (symbol === undefined || provenAtLeast(dim, 1, this.bounds)) return true;
    this.report("may-be-empty", span, `nothing says that \`${printDim(dim)}\` is at least 1`, {
      help: `a least size is declared: \`network Name(…; ${symbol} >= 1)\``,
    });
    return false;
  }

  /** Is it a dimension of a network whose size calls give, with the least one that it says? */
  private isOfCalls(symbol: string): boolean {
    return this.scope.entries.get(symbol)?.least !== undefined;
  }

  /** A run-time dimension in `dim`. */
  runtimeSymbol(dim: Dim): string | undefined {
    return symbolsOf(dim).find((symbol) => this.scope.entries.get(symbol)?.runtime === true);
  }

  /** What is known of the symbols of dimensions here. */
  readonly bounds: Bounds & { readonly facts: Dim[] } = {
    least: (symbol) => this.scope.entries.get(symbol)?.least ?? plainBounds.least(symbol),
    facts: [],
  };

  /** Run-time dimensions that are required to be what others are: they stand for these. */
  readonly namedSizes = new Map<string, Dim>();

  /** True where `dim >= bound` holds for all sizes that its symbols can stand for here. */
  provenAtLeast(dim: Dim, bound: number): boolean {
    if (!provenAtLeast(dim, bound, this.bounds)) return false;
    const open = symbolsOf(dim).filter((symbol) => !this.filled.has(symbol) && !this.isOfCalls(symbol));
    const least = (symbol: string): number => (open.includes(symbol) ? 0 : this.bounds.least(symbol));
    if (open.length > 0 && !provenAtLeast(dim, bound, { ...this.bounds, least })) for (const symbol of open) this.filled.add(symbol); // prettier-ignore
    return true;
  }

  /** For `broadcast.ts`. */
  readonly isRuntime = (dim: Dim): boolean => this.runtimeSymbol(dim) !== undefined;

  private checkAxes(typed: TypedExpression): TypedExpression {
    const axes = axesOf(typed.type);
    if (axes.length > axisLimit) {
      this.report("too-many-axes", typed.span, `a value of ${axes.length} axes; there are at most ${axisLimit}`);
      return this.error(typed.span);
    }
    if (!axes.every((axis) => isWithinLimits(axis.dim))) {
      this.reportTooLarge(typed.span);
      return this.error(typed.span);
    }
    return typed;
  }
}
