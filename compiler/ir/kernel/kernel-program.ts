/**
 * The kernel IR: how it is computed, for a whole batch. Loops, buffers and scalars, plus one high-level statement, the
 * matrix product, which a target expands into register tiles of its own (`passes/kernel/tile-products.ts` for js).
 *
 * Sizes are dimensions over `%B`, `%T` and run-time dimensions *of the call*; the cell's own dimensions are numbers by
 * now. The size of one example is read with a `size` expression. Variables are names, unique within their region.
 */
import type { ScalarOp } from "../ops/scalar-ops.js";
import type { SizedAxis } from "../../base/types/call-axes.js";
import type { Dim } from "../../base/types/dim.js";

export type ElementType = "real" | "index";

/** `constant + Σ coefficient · variable`, over integer variables. */
export interface Affine {
  readonly constant: Dim;
  /** Sorted by variable, no zero coefficients. */
  readonly terms: readonly { readonly variable: string; readonly coefficient: Dim }[];
}

/** One element of a buffer. */
export interface Access {
  readonly buffer: string;
  readonly offset: Affine;
}

/** The examples a kernel works on: all of the call, or those in the first `count` elements of a list. */
export type Examples =
  { readonly kind: "all" } | { readonly kind: "list"; readonly list: string; readonly count: string };

/** What `dim`, of the call or of one example, has from `from` on, and at most `most`. */
export interface ExtentPart {
  readonly kind: "part";
  readonly dim: Dim;
  readonly example: string | undefined;
  readonly from: Affine;
  readonly most: number;
}

export type LoopExtent =
  /** `0 … value - 1`. */
  | { readonly kind: "affine"; readonly value: Affine }
  /** A dimension of one example, `lengths[b]`. */
  | { readonly kind: "size"; readonly dim: Dim; readonly example: string }
  | ExtentPart
  /** The loop variable takes the number of each example in turn. */
  | { readonly kind: "examples"; readonly examples: Examples };

export interface LoopAxis {
  readonly variable: string;
  readonly extent: LoopExtent;
  /** First value; 0 where absent. With an affine extent only, which is then the end. */
  readonly from?: Affine;
}

/** Integers. */
export type IndexExpression =
  | { readonly kind: "affine"; readonly value: Affine }
  | { readonly kind: "size"; readonly dim: Dim; readonly example: string }
  | ExtentPart
  | { readonly kind: "load"; readonly access: Access }
  /** A whole number that lies in a real buffer; others are cut to the one next to 0, and NaN is 0. */
  | { readonly kind: "whole"; readonly access: Access }
  | {
      readonly kind: "multiply" | "divide" | "remainder";
      readonly left: Affine;
      readonly right: Affine;
    };

export type KernelExpression =
  | { readonly kind: "literal"; readonly value: number; readonly dtype: "real" | "bool" }
  | { readonly kind: "variable"; readonly name: string; readonly dtype: "real" | "bool" }
  /** Truth values lie in real buffers as 0 and 1. */
  | { readonly kind: "load"; readonly access: Access; readonly dtype: "real" | "bool" }
  /** An integer as a real number. */
  | { readonly kind: "integer"; readonly value: Affine }
  | {
      readonly kind: "operation";
      readonly op: ScalarOp;
      readonly operands: readonly KernelExpression[];
      readonly dtype: "real" | "bool";
      /** Of a function that has multiply-adds: each rounds once or twice, as a host has it. Only for a target that has them. */
      readonly fused?: true;
    }
  /** `left < right ? below : otherwise`; only the chosen side is evaluated. */
  | {
      readonly kind: "choice";
      readonly left: Affine;
      readonly right: Affine;
      readonly below: KernelExpression;
      readonly otherwise: KernelExpression;
      readonly dtype: "real" | "bool";
    };

export type OperationExpression = Extract<KernelExpression, { kind: "operation" }>;

/** A real number or truth value that has a name. */
export type ScalarVariable = Extract<KernelExpression, { kind: "variable" }>;

export type ReductionOp = "sum" | "max" | "min";

/** @typeParam Inner What may stand in it. */
export interface ForStatement<Inner = Statement> extends LoopAxis {
  readonly kind: "for";
  readonly step: number;
  /** From the last value to the first. */
  readonly reverse: boolean;
  /** Rounds are computed side by side, as many as a vector has lanes; only after passes for a target that has them. */
  readonly lanes?: true;
  readonly body: readonly Inner[];
}

/** What the sums of a product take. */
export interface ProductTerms {
  readonly contracted: readonly LoopAxis[];
  readonly a: Access;
  readonly b: Access;
}

export interface ScheduledTerms extends ProductTerms {
  /** A copy of the right operand in the order in which tiles read it, made by a `pack` statement. */
  readonly packed?: PackedPart;
}

/** One of the matrices that lie in a buffer of panels. */
export interface PackedPart {
  readonly buffer: string;
  /** Its number along each of the `parts` of the `pack` statement, and how many of these there are. */
  readonly part: readonly { readonly index: Affine; readonly of: number }[];
}

/**
 * `out[row, column] = initial[row, column] + Σ a[row, …k] · b[column, …k]`, added in increasing order of `contracted`
 * (outermost first) to an accumulator that starts as `initial` (0 where absent).
 */
export interface ProductStatement extends ProductTerms {
  readonly kind: "product";
  readonly rows: LoopAxis | undefined;
  readonly columns: LoopAxis | undefined;
  readonly initial: KernelExpression | undefined;
  /** What is stored of each sum, by the name `sum`; the sum itself where absent. Not with a `tail`. */
  readonly result?: KernelExpression;
  /** Where the sums go; undefined where a `tail` takes them. */
  readonly out: Access | undefined;
  /** Only after passes for a target that has all of it. */
  readonly schedule?: ProductSchedule;
}

/** A product as it is lowered, which every target can compute. */
export type PlainProduct = ProductStatement & { readonly out: Access; readonly schedule?: never };

/** What a target makes of a product for its tiles. */
export interface ProductSchedule {
  /** Terms that each sum takes before the others. */
  readonly earlier?: ScheduledTerms;
  /** A copy of the right operand, as in `ScheduledTerms`. */
  readonly packed?: PackedPart;
  readonly tail?: ProductTail;
  /**
   * Where the rows of the left operand are copied first, one after the other in the order of `rows`: a `tail` overwrites
   * the operand. `contracted` has plain extents then.
   */
  readonly copied?: RowCopy;
  readonly joined?: JoinedAxis;
  /** Each term is multiplied and added in one operation, which rounds once or twice, as a host has it. */
  readonly fused?: true;
}

export interface RowCopy {
  readonly to: string;
  /** Elements along the innermost contracted axis are copied side by side, as many as a vector has lanes. */
  readonly lanes?: true;
}

/**
 * `axis` ends at a size of the example that the loop right around it counts: the rows of a product that is all of a loop over
 * examples, or the steps of the examples of a piece. All that moves with one of the two goes on from the last step of an example to
 * the first of the next one. So where every example has all steps (of a piece: and they are in one block) one loop may go over all
 * of them, in the order that the two have.
 */
export interface JoinedAxis {
  readonly axis: string;
  readonly example: string;
}

/**
 * What becomes of the sums while they are still in registers. The columns are strips of `length`, one after the other (the
 * gates of a cell); for every row and every `unit` of a strip, `body` runs with `sums[g]` naming the sum of column
 * `g · length + unit`.
 */
export interface ProductTail {
  readonly unit: string;
  readonly length: number;
  readonly sums: readonly string[];
  readonly body: readonly Statement[];
}

/**
 * Copies a matrix into panels: the units of a strip by as many vectors as the buffer says, and in a panel, for each contracted
 * index, the first vector of every strip, then the second and so on. Units after the last are zero. With `parts` it copies a matrix
 * for each combination of these, one after the other, the last axis fastest: those of all rounds, of all heads.
 */
export interface PackStatement {
  readonly kind: "pack";
  readonly to: string;
  /** The matrix, and the axes that move in it. */
  readonly from: Access;
  readonly columns: LoopAxis;
  readonly contracted: readonly LoopAxis[];
  /** Of plain extent, as the others. */
  readonly parts: readonly LoopAxis[];
  /** How many strips the columns are, each of `length`. */
  readonly strips: number;
  readonly length: number;
  /** Only when `from` differs from what was packed last: it belongs to the caller. Else always. */
  readonly onChange: boolean;
}

/**
 * Runs `body` for the steps of an axis of the call window by window: `first` is the first step of a window and `steps` how many it
 * has, as many as with all examples make `rows` rows or just over, and at least one.
 */
export interface WindowsStatement {
  readonly kind: "windows";
  /** The symbol of the sequence, `%T`. */
  readonly axis: string;
  readonly first: string;
  readonly steps: string;
  readonly rows: number;
  readonly body: readonly Statement[];
}

/**
 * Runs `body` for one piece of long sums after the other. A piece are at most 64 steps, aligned to step 0, of as many
 * examples (from `first` up to before `end`) as have 32 steps there together; pieces without any step are left out, but
 * for one where there are no others. `body` sums a piece from 0 and adds it to totals in memory, or puts it there where
 * `done` is 0: pieces added up. Before the 65th, `carry` moves the totals to sums of totals (to begin with, where
 * `carried` is 0) and `done` is 0 again; `finish` adds these to the totals in the end, where there are any.
 *
 * A sum with `after` goes on where another call has ended: `done` and `carried` begin as these integers are. A piece without any step does not
 * count then, and `finish` runs in any case.
 */
export interface PiecesStatement<Inner = Statement> {
  readonly kind: "pieces";
  /** Absent in sums of one example. */
  readonly examples?: { readonly first: string; readonly end: string };
  /** Absent where every example is one step. `dim` is of `example` where there is one, else of each. */
  readonly steps?: {
    readonly from: string;
    readonly dim: Dim;
    readonly example: string | undefined;
    /** The last 64 steps come first. */
    readonly reverse: boolean;
  };
  readonly after?: { readonly done: string; readonly carried: string };
  readonly done: string;
  readonly carried: string;
  readonly body: readonly Inner[];
  readonly carry: readonly Inner[];
  readonly finish: readonly Inner[];
}

/** Work worth a function of its own. */
export interface RegionStatement<Inner = Statement> {
  readonly kind: "region";
  readonly name: string;
  readonly comment: string;
  /** Only where parameters may have changed since the entry ran last: what it computes of them alone stays where it is. */
  readonly onChange?: boolean;
  readonly body: readonly Inner[];
}

/** Partial sums of every reduction, on every target. */
export const PARTIALS = 4;

/** Steps of a piece, and pieces of a total. */
export const PIECE = 64;
/** Examples are added to a piece until it has so many steps. */
export const FULL_PIECE = PIECE / 2;
/** More than `PIECE` pieces have at least so many steps: of two pieces in a row at least one is full. */
export const FEWEST_CARRIED = (PIECE * FULL_PIECE) / 2;

export type Statement =
  | ForStatement<Statement>
  | PiecesStatement<Statement>
  | RegionStatement<Statement>
  | WindowsStatement
  | ProductStatement
  | PackStatement
  | SimpleStatement;

export type StatementOf<Kind extends Statement["kind"]> = Extract<Statement, { kind: Kind }>;

/** What is left where products are expanded and nothing is scheduled for vectors: all that a scalar target can print. */
export type LoopStatement =
  ForStatement<LoopStatement> | PiecesStatement<LoopStatement> | RegionStatement<LoopStatement> | SimpleStatement;

/** Statements without others in them. */
type SimpleStatement =
  | { readonly kind: "let_index"; readonly name: string; readonly value: IndexExpression }
  | { readonly kind: "let"; readonly name: string; readonly value: KernelExpression }
  /**
   * Declares a variable that `accumulate` changes. With `lanes` it stands for four partial sums that start as `initial`:
   * an element goes to the partial `variable mod 4`, where `variable` counts the innermost loop around the sum, and what is
   * read in the end is `(p0 + p2) + (p1 + p3)`. Vectors can follow this order, one long chain of additions they could not.
   */
  | {
      readonly kind: "accumulator";
      readonly name: string;
      readonly initial: KernelExpression;
      readonly lanes?: { readonly variable: string };
    }
  | { readonly kind: "accumulate"; readonly name: string; readonly op: ReductionOp; readonly value: KernelExpression }
  /** Gives a variable that an `accumulator` without lanes declares another value: what goes from round to round of a loop. */
  | { readonly kind: "assign"; readonly name: string; readonly value: KernelExpression }
  | { readonly kind: "store"; readonly access: Access; readonly value: KernelExpression; readonly mode: "set" | "add" }
  /** Stores an integer into an index buffer. */
  | { readonly kind: "store_index"; readonly access: Access; readonly value: Affine }
  /** Zeros `buffer` where some example is shorter than the call in one of `symbols`. */
  | {
      readonly kind: "zero_padding";
      readonly buffer: string;
      readonly size: Dim;
      readonly symbols: readonly string[];
    }
  /**
   * Lists those of `from` whose `length` is above the variable `step`, and whose number in the buffer `going`, where there is one, is 1 and not 0;
   * `count` is a variable from here on.
   */
  | {
      readonly kind: "select_examples";
      readonly list: string;
      readonly count: string;
      readonly from: Examples;
      readonly step: string;
      readonly length: Dim;
      readonly going?: string;
    };

export interface KernelBuffer {
  readonly name: string;
  /** True where the caller of a module sees it. */
  readonly external: boolean;
  readonly dtype: ElementType;
  /** Elements, over `%B`, `%T` and run-time dimensions: of a call, or of the capacity. */
  readonly size: Dim;
  /** Not more elements than these, however large `size` is. */
  readonly most?: Dim;
  /** The buffer that it is a part of. */
  readonly within?: string;
  /** Keeps its contents between entries and calls though the caller does not see it. */
  readonly persistent?: boolean;
  /** Changes between calls only, and not before each: the caller writes it. */
  readonly heldByCaller?: boolean;
  /** Zero before the first call: kernels put zeros back where they have written. */
  readonly zeros?: boolean;
  /** Of a buffer that holds panels: vectors of each strip in one, as `pack` writes them and products read them. */
  readonly panels?: number;
  /** Where its elements lie: `slot` of the arena of its type, from `offset` on. */
  readonly place: { readonly slot: number; readonly offset: Dim };
}

/** A stretch of an arena, as large as the largest of `sizes`. */
export interface KernelSlot {
  readonly dtype: ElementType;
  readonly sizes: readonly Dim[];
  /** Not more elements than these. */
  readonly most?: Dim;
}

/** @typeParam Inner What kernels are made of. */
export interface KernelFunction<Inner = Statement> {
  readonly name: string;
  /** The symbol of the sequence of which it has one element, whatever the call has; none where left out. */
  readonly oneOf?: string;
  /** Brings the states of a stream into the rings in which steps keep them, or out of these. */
  readonly rings?: RingUse;
  readonly body: readonly Inner[];
}

export type RingUse = "take" | "give";

export interface KernelProgram<Inner = Statement> {
  /** Those whose sizes each call gives, or that follow from these: `%T`, `S`. */
  readonly axes: readonly SizedAxis[];
  /** Sorted by name. */
  readonly buffers: readonly KernelBuffer[];
  readonly slots: readonly KernelSlot[];
  readonly functions: readonly KernelFunction<Inner>[];
}
