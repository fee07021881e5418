/** What names mean while a cell or function is written out. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { SequenceState, ValueId } from "../../ir/graph/graph-function.js";
import { axesOf, type SemanticType } from "../../language/semantics/semantic-type.js";
import type {
  TypedCell,
  TypedExpression,
  TypedFunction,
  TypedGradient,
  TypedInstance,
} from "../../language/semantics/typed-program.js";
import { boundedSubstitute } from "../../base/types/bounded-dim.js";
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import { constantOf, printDim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { LoweredRandom } from "../base/lowered-cell.js";

export interface Frame {
  /** Every symbol that has a meaning here, in terms of open and run-time dimensions. */
  readonly dimensions: ReadonlyMap<string, Dim>;
  readonly reals: ReadonlyMap<string, number>;
  /** Values by key: see `node-keys.ts`. */
  readonly values: Map<string, ValueId>;
  readonly children: ReadonlyMap<string, CellFrame>;
  /** `lower.` for what belongs to the used cell `lower`. */
  readonly path: string;
  /** Functions that the function at hand was given. */
  readonly functions?: ReadonlyMap<string, FunctionInFrame>;
  /** In an expression for each value of an index: values are those of the builder around it. */
  readonly bring?: (value: ValueId) => ValueId;
  /** In an expression for each value of an index: where that expression stands. */
  readonly around?: PlaceAround;
  /** In a round: what its names are, those of this round with a prime. */
  readonly roundValues?: ReadonlyMap<string, ValueId>;
  /** In an expression for each value of an index, inside of rounds that are a loop: values are those of the round. */
  readonly bringOwn?: (value: ValueId) => ValueId;
  /** What the indices of rounds are, in one of them, and arguments that are given such an index. */
  readonly places?: ReadonlyMap<string, number>;
}

interface PlaceAround {
  readonly index: string;
  readonly lowering: Lowering;
  readonly frame: Frame;
  /** A value of the builder there, which is the same for all values of the index. */
  readonly bring: (value: ValueId) => ValueId;
}

/** A function, and the frame in which it was named. */
export interface FunctionInFrame {
  readonly fn: TypedFunction;
  readonly dimensions: ReadonlyMap<string, Dim>;
  readonly frame: Frame;
}

export interface CellFrame extends Frame {
  readonly cell: TypedCell;
  /** Of states that the call gives: what the last step left, which others read by the name of the used cell. */
  readonly left: Map<string, ValueId>;
  /** Of one of several calls: its values have no names that others could read. */
  readonly isInPlace: boolean;
}

/**
 * The derivatives of a number by values of the same builder, each of which counts as independent: of each example, also where the value is
 * the same for all. Made of ordinary instructions, so that they have derivatives themselves. Undefined where the number does not depend on one.
 */
export type DeriveInside = (
  builder: GraphBuilder,
  value: ValueId,
  by: readonly ValueId[],
) => readonly (ValueId | undefined)[];

/** What becomes of the states of runs, each of which has an object of its own. */
export interface RunStates {
  /**
   * Before the first step, where that comes from around the network: from the caller of the module, or from a call of the network that says so;
   * undefined where it does not.
   *
   * @param isComputed whether the equations say where it starts
   */
  readonly before: (state: RunState, isComputed: boolean) => ValueId | undefined;
  /** Called once a run is written: what the state was before the first step and is after the last. */
  readonly note: (state: RunState, first: ValueId, last: ValueId) => void;
  /** Whether those that no equation starts are of the module. */
  readonly ofModule: boolean;
}

export interface RunState {
  /** By path: the name of the run, then that of the state. */
  readonly name: string;
  readonly documentation: string;
  readonly shape: Shape;
  readonly dtype: "real" | "index";
  readonly bound?: Dim;
}

export interface Lowering {
  readonly builder: GraphBuilder;
  /** The rules for expressions, for those who meet expressions on their way: these rules call them. */
  readonly lower: (lowering: Lowering, frame: Frame, node: TypedExpression) => ValueId;
  readonly derive: (...given: [...Parameters<DeriveInside>, node: TypedGradient]) => ReturnType<DeriveInside>;
  /** How many operations rounds may be that are written out: more become a loop. */
  readonly mostWrittenOut: number;
  /** Of a network: by path the equation that is lowered, in functions that it calls, too. What a stream keeps of it is called so. */
  readonly equation?: string | undefined;
  /** In a round that is written out: which one it is in its builder. */
  readonly round?: number | undefined;
  /** Of a network: makes a hidden input of what a call draws. */
  readonly drawn?: (random: LoweredRandom) => ValueId;
  /** Of a network: the states of its runs. Those of runs that happen at each place of an index are of that place alone. */
  readonly states?: RunStates | undefined;
  /** Called at each call of a function with a declared derivative, with the frame that holds its arguments, and the loops of `builder` around it. */
  readonly noteDeclared: (builder: GraphBuilder, fn: TypedFunction, frame: Frame, scans?: readonly ValueId[]) => void;
}

/** Thrown where sizes are such that a cell cannot be written out. */
export class NotLowered extends Error {
  readonly code: "program-too-large" | "bad-dimension-size" | "never-called" | "not-entry-by-entry";
  readonly span: Span;
  readonly help: string;
  /** Dimensions that have no size, and with one of which it might be written out. */
  readonly without: readonly string[];
  constructor(code: NotLowered["code"], span: Span, message: string, help: string, without: readonly string[] = []) {
    super(message);
    this.without = without;
    this.code = code;
    this.span = span;
    this.help = help;
  }
}

/** Thrown where sizes multiply beyond all limits. */
export class DimensionTooLarge extends Error {}

export function dimIn(frame: Frame, dim: Dim): Dim {
  const result = boundedSubstitute(dim, frame.dimensions);
  if (result === undefined)
    throw new DimensionTooLarge(`\`${printDim(dim)}\` is too large in \`${frame.path.slice(0, -1)}\``);
  return result;
}

/** What a stream keeps of what stands in front of a sequence here, where no `before` says more of it. */
export const keptIn = ({ equation: name }: Lowering, bound?: Dim): SequenceState | undefined =>
  name === undefined ? undefined : { name, documentation: "", bound, isBefore: false };

export function shapeIn(frame: Frame, type: SemanticType): Shape {
  return axesOf(type).map((axis) => dimIn(frame, axis.dim));
}

export function valueIn(frame: Frame, key: string): ValueId {
  const value = frame.values.get(key);
  invariant(value !== undefined, `${frame.path}${key} is used before it is computed`);
  return value;
}

/** One of an array, as it is called by path. */
export const elementName = (name: string, place: number): string => `${name}.${place}`;

/** How many an array of used cells has; undefined of one that is none. */
export const instanceCount = (frame: Frame, { count }: Pick<TypedInstance, "count">): number | undefined =>
  count && constantOf(dimIn(frame, count));

type PlacedInstance = Pick<TypedInstance, "name" | "count" | "section">;

/** By what a used cell, or each in an array, is known in the frame. */
export function childNames(frame: Frame, instance: PlacedInstance): readonly string[] {
  const size = instanceCount(frame, instance);
  return size === undefined ? [instance.name] : elementNames(instance, size);
}

/** The frames of a used cell, or of all in an array. */
export const childrenOf = (frame: Frame, instance: PlacedInstance): readonly CellFrame[] =>
  childNames(frame, instance).map((name) => childOf(frame, name));

/** Of an array of so many, or of a section of one. */
export function elementNames({ name, section }: Pick<TypedInstance, "name" | "section">, size: number): string[] {
  const { array, first } = section ?? { array: name, first: 0 };
  return Array.from({ length: size }, (_, place) => elementName(array, first + place));
}

export function childOf(frame: Frame, name: string): CellFrame {
  const child = frame.children.get(name);
  invariant(child !== undefined, `no used cell ${frame.path}${name}`);
  return child;
}

/** The dimensions of a used cell, those that its only call tells among them. */
export function dimensionsOfUsed(frame: CellFrame, { name, dimensions }: TypedInstance): Map<string, Dim> {
  const all = [...dimensions, ...(frame.cell.calls.get(name)?.runtimeDimensions ?? [])];
  return new Map(all.map(([symbol, dim]) => [symbol, dimIn(frame, dim)]));
}

/** The value in the builder at hand. */
export function broughtIn(frame: Frame, value: ValueId): ValueId {
  return frame.bring === undefined ? value : frame.bring(value);
}

/** A value of the round at hand, in the builder at hand. */
export function ownIn(frame: Frame, value: ValueId): ValueId {
  return frame.bringOwn === undefined ? broughtIn(frame, value) : frame.bringOwn(value);
}

/** The frame around an expression that is built for each value of an index, by what brings values there. */
export function aroundPlaces(frame: Frame, bring: (value: ValueId) => ValueId): Frame {
  const { bringOwn } = frame;
  const own = bringOwn && ((value: ValueId): ValueId => bring(bringOwn(value)));
  return { ...frame, bring: (value) => bring(broughtIn(frame, value)), ...(own && { bringOwn: own }) };
}

/** For the instructions that an expression is made of. */
export function builderAt(
  { builder, round }: Pick<Lowering, "builder" | "round">,
  frame: Frame,
  { span }: { readonly span: Span },
): GraphBuilder {
  const note = frame.path === "" ? undefined : `in \`${frame.path.slice(0, -1)}\``;
  return builder.at({ origin: { span, ...(note !== undefined && { note }) }, round });
}
