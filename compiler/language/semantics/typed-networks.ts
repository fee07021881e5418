/** What networks have beside what cells have. */
import type { Diagnostic } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import type { SemanticType } from "./semantic-type.js";
import type { TypedOutput } from "./typed-interface.js";

/** An output; a state by its path: before the first step, after the last, or after every one; where a length ends that a network finds. */
export interface TypedRunRead {
  readonly what: "output" | "before" | "after" | "trace" | "end";
  readonly name: string;
}

/** A loss of a network: a number of each example, summed over the batch and divided by the sum of another one. */
export interface TypedLoss {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string;
  /** The key of the node with what it is divided by; 1 for each example where there is none. */
  readonly weight: string | undefined;
}

/** Equations of a network that need each other's elements before, or after, their own. */
export interface TypedLoop {
  /** By which the loop stands in the order of a network. */
  readonly key: string;
  readonly span: Span;
  /** Keys of its equations, each after what it needs of the same element. */
  readonly members: readonly string[];
  /** Those that are read before they are known, with their types. */
  readonly fed: ReadonlyMap<string, SemanticType>;
  /** The size of the sequence. */
  readonly axis: Dim;
  /** From the last element to the first. */
  readonly reverse: boolean;
}

/** What is known of a loop's types: its sequence, and the members that were found. */
export interface LoopTypes {
  readonly fed: ReadonlySet<string>;
  readonly axis: Dim | undefined;
  readonly types: ReadonlyMap<string, SemanticType>;
  /** Whether what begins with a whole number is taken for an index, as long as nothing is known. */
  readonly asIndices: boolean;
  /** Where no sequence fits: what is wrong along the one that comes nearest. */
  readonly error?: Diagnostic;
}

/** By the key of the loop. */
export type LoopGuesses = ReadonlyMap<string, LoopTypes>;

/** A part of a network that is called by itself. */
export interface TypedPart {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string;
  /** Equations that are inputs of it. */
  readonly given: readonly TypedOutput[];
  /** Keys of its nodes are their names. */
  readonly outputs: readonly TypedOutput[];
  /** Keys of nodes and loops that it needs. */
  readonly order: readonly string[];
  /** Lengths that values tell in it. */
  readonly found: readonly TypedFound[];
  /** What is left of loops where their equations are given. */
  readonly loops: readonly TypedLoop[];
}

/** A dimension that values tell: how many places there are up to the first where something holds, and that one; at most so many. */
export interface TypedFound {
  readonly symbol: string;
  readonly most: Dim;
  /** The key of the node that is true where it ends. */
  readonly key: string;
  readonly span: Span;
}

/** What networks have, and cells do not. */
export interface NetworkParts {
  readonly parts: readonly TypedPart[];
  readonly found: readonly TypedFound[];
  readonly losses: readonly TypedLoss[];
  readonly loops: readonly TypedLoop[];
  /** Where it says that it looks at nothing ahead. */
  readonly stream?: Span;
}
