/** What typed programs say in dimensions. */
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";

/** An index in a place. */
export interface PlaceTerm {
  readonly index: string;
  /** How far it goes. */
  readonly length: Dim;
  /** Whether it is taken away. */
  readonly reverse: boolean;
  /** Where it begins, if that is not at 0. */
  readonly first?: Dim;
}

/** `L - 1 - k`. */
export interface IndexedPlace {
  readonly start: Dim;
  readonly terms: readonly PlaceTerm[];
  readonly around: Dim | undefined;
  readonly span: Span;
}

/** `l[L - 1 - k]`: which of an array, known where rounds are written out. */
export interface TypedPlace extends IndexedPlace {
  /** Its name. */
  readonly array: string;
}

/** How a convolution goes over an axis: windows of the axis with zeros around it. */
export interface ConvolvedAxis {
  readonly stride: Dim;
  readonly dilation: Dim;
  readonly before: Dim;
  readonly after: Dim;
  /** How many there are. */
  readonly length: Dim;
}

export interface Convolved {
  readonly axes: readonly ConvolvedAxis[];
  readonly groups: Dim;
}

/** How windows lie along an axis. */
export interface WindowAxis {
  readonly stride: Dim;
  readonly dilation: Dim;
  /** Of each of them. */
  readonly size: Dim;
  /** How many there are. */
  readonly length: Dim;
}

/** Something about dimensions that can only be seen when sizes are known. */
export interface Obligation {
  /** `least`: at least 0; `equal`: 0; `exact`: a whole number that the numbers of the module count to. */
  readonly kind: "whole" | "positive" | "least" | "equal" | "exact";
  readonly dim: Dim;
  readonly span: Span;
  /** As the text says it, where it is said. */
  readonly text?: string;
}

/** What a cell or function demands of the sizes of its dimensions. */
export interface SizeDemands {
  readonly obligations: readonly Obligation[];
  /** Symbols that it divides by. */
  readonly divisors: ReadonlySet<string>;
  /** Symbols that must have at least one element. */
  readonly filled: ReadonlySet<string>;
}

/** How much a cell or function becomes when everything it uses is written out. */
export interface WrittenExtent {
  readonly operations: number;
  readonly depth: number;
}
