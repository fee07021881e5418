/** What typed programs say in dimensions. */
import type { Span } from "../../base/source/span.js";
import { type Dim, printDim } from "../../base/types/dim.js";

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
  /** The comparison that it is, where it is said as one. */
  readonly said?: SizeComparison;
}

/** `2*T <= S + 3`, in the dimensions of where it is demanded. */
export interface SizeComparison {
  readonly left: Dim;
  readonly operator: string;
  readonly right: Dim;
}

export const printComparison = ({ left, operator, right }: SizeComparison): string =>
  `${printDim(left)} ${operator} ${printDim(right)}`;

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
