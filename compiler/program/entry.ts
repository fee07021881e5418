/**
 * The entries of a module: what lowering to kernels starts from, and what the module's shell calls.
 *
 * Every entry is a graph function of one example whose inputs and outputs are named by the buffer they live in; `roles`
 * says what each is (`roles.ts` makes the names):
 *
 *   input.x  context.m  initial.h  param.W          what the caller gives (initial.h: given or computed)
 *   output.y  final.h                               results of forward
 *   residual.N                                      what forward keeps for backward
 *   grad.output.y  grad.final.h                     cotangents the caller gives
 *   grad.input.x grad.context.m grad.initial.h grad.param.W   results of backward
 *   tangent.<any of the above>                      directional derivatives: given for inputs, results for outputs
 *   found.L                                         lengths that values tell, before the sizes of a call are known
 *   draw.W 0  start.W                               what initial values of params draw, and are
 *   step.input.x step.context.m step.state.h step.output.y    streaming; step.state.h is read and replaced
 *   next$input.x  next$step.state.h                 the same of a part of a network that is called by itself, `entry next = …`
 *   step.residual.context.N                         what a stream computes of its contexts, for all of its steps
 *
 * A buffer holds a shared value as `[…over, …shape]`, a value of each example as `[B, …over, …shape]`, row-major, with the
 * sizes of the call at hand.
 */
import { invariant } from "../base/diagnostics/invariant.js";
import type { CallAxis } from "../base/types/call-axes.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import type { ComputedSizes } from "./computed-sizes.js";
import type { Shape } from "../base/types/shape.js";
import { nameInPart, type Role } from "./base/roles.js";

/** The values themselves, or their derivatives. */
export type EntryMode = "value" | "gradient" | "jvp" | "hvp";

/** What entries are derived from, and what the shell of a module calls those that there are of it: by mode, and of a stream. */
const names = {
  forward: { value: "forward", gradient: "backward", jvp: "jvp", hvp: "hvp", streamed: "step" },
  initial: {
    value: "initial",
    gradient: "initialBackward",
    jvp: "initialJvp",
    hvp: "initialHvp",
    streamed: "stepInitial",
  },
  // What a stream computes of its contexts.
  contexts: { streamed: "stepContexts" },
  // Initial values of params.
  start: { value: "start" },
  // What losses are divided by.
  weights: { value: "weights" },
  // Lengths that values tell.
  lengths: { value: "lengths" },
} as const satisfies Readonly<Record<string, { readonly [how in EntryMode | "streamed"]?: string }>>;

type Names = typeof names;

/** What an entry is derived from. */
export type EntrySource = keyof Names;

/** What is no graph: kernels that bring the states of a stream into the order in which steps keep them, and back (`to-kernels/rings.ts`). */
export const ringEntries = { take: "takeRings", give: "giveRings" } as const;

export type EntryName =
  | { [source in EntrySource]: Names[source][keyof Names[source]] }[EntrySource]
  | (typeof ringEntries)[keyof typeof ringEntries];

export interface EntryDerivation {
  readonly of: EntrySource;
  readonly by: EntryMode;
  /** One element of the sequence that the program streams along, on the `step.*` buffers. */
  readonly streamed: boolean;
}

export interface ProgramEntry extends EntryDerivation {
  readonly name: string;
  /** The sequence that it has one element of, where it is streamed. */
  readonly oneOf?: string;
  /** Of a part that is called by itself: what the source calls that. */
  readonly part?: string;
  /** Its results are added to what the buffers hold. */
  readonly adds: boolean;
  /** The symbol of the sequence over which its sums go on where a call before has ended. */
  readonly keptAlong?: string;
  readonly fn: GraphFunction;
}

/** As the shell calls it. */
export function nameOfEntry({ of, by, streamed }: EntryDerivation): EntryName {
  const own: { readonly [how in EntryMode | "streamed"]?: EntryName } = names[of];
  const name = own[streamed ? "streamed" : by];
  invariant(name !== undefined, `no entry of ${of} has ${streamed ? "one step" : by}`);
  return name;
}

/** What a stage has made of an entry. */
export interface EntryVersion {
  readonly entry: string;
  /** Of a part that is called by itself: what the source calls that. */
  readonly part?: string;
  readonly stage: string;
  readonly fn: GraphFunction;
  /** What it was made from, of this entry or of the one that it is derived from; undefined where the program begins. */
  readonly from: EntryVersion | undefined;
}

/** Called with each version, after what it was made from. */
export type EntryObserver = (version: EntryVersion) => void;

/** All that it was made from, and it itself, in order. */
export function historyOf(version: EntryVersion): EntryVersion[] {
  const history: EntryVersion[] = [];
  for (let at: EntryVersion | undefined = version; at !== undefined; at = at.from) history.push(at);
  return history.reverse();
}

/** Which run of its stage gave it, from 1, those on what it was made from counted. */
export const runOf = (version: EntryVersion): number =>
  historyOf(version).filter(({ stage }) => stage === version.stage).length;

/** The entry that is derived so; what gradients of initial values give adds to the gradients of the steps. */
export function entryOf(kind: EntryDerivation, fn: GraphFunction): ProgramEntry {
  const { of, by } = kind;
  const name = nameOfEntry(kind);
  return { ...kind, name, adds: of === "initial" && (by === "gradient" || by === "hvp"), fn: { ...fn, name } };
}

/** What the entry of this name is derived from, and by which mode; undefined where no program has one. */
export const derivationOf = (name: string): EntryDerivation | undefined => derivations.get(name);

/** What a name stands for: the function that is called so, and all of a part of that name. */
export const functionsCalled = (name: string): ReadonlySet<string> =>
  new Set([name, ...[...derivations.keys(), ...Object.values(ringEntries)].map((own) => nameInPart(name, own))]);

const derivations: ReadonlyMap<string, EntryDerivation> = new Map(
  Object.entries(names).flatMap(([of, own]) =>
    Object.entries(own).map(([how, name]): [string, EntryDerivation] => {
      const streamed = how === "streamed";
      return [name, { of: of as EntrySource, by: streamed ? "value" : (how as EntryMode), streamed }];
    }),
  ),
);

/** The sequence along which gradients can be computed in segments. */
export interface SegmentsAlong {
  readonly symbol: string;
  /** Parts of losses, by output, that are sums over the sequence; the others are the same in every segment. */
  readonly totals: readonly string[];
}

export interface EntryProgram {
  /** Those whose sizes each call gives. */
  readonly axes: readonly CallAxis[];
  /** Sizes that follow from those of the axes; none where left out. */
  readonly sizes?: ComputedSizes;
  /** Of parts that are called by themselves, by name: those of these sizes that they have. */
  readonly sizesOfParts?: ReadonlyMap<string, ComputedSizes>;
  /** By name, in the order in which they are computed and laid out. */
  readonly entries: ReadonlyMap<string, ProgramEntry>;
  /** What every input and output of the entries is, by its name. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Where gradients go on from segment to segment; left out where they are of the whole. */
  readonly segments?: SegmentsAlong;
}

/**
 * Gradients that are made by rows, by their buffer, with the shape of the places of an example. They are zero when their entry begins; what it
 * leaves beyond zero are rows at places that it lists, and who calls it clears these before the next call.
 */
export const rowsOf = ({ entries }: Pick<EntryProgram, "entries">): ReadonlyMap<string, Shape> =>
  new Map([...entries.values()].flatMap(({ fn }) => [...(fn.rows ?? [])]));
