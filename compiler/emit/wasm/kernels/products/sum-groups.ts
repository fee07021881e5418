/** The sums of a register tile and where its operands are. */
import type { Local } from "../../assembler/function-code.js";
import type { ComputedIntegers } from "../integers.js";

/** A row of a tile, and what has been computed of addresses in it. */
export interface TileRow {
  readonly member: Local | undefined;
  readonly scope: ComputedIntegers;
}

/** The unit at which some vectors begin, and the bytes of those before it. */
export interface VectorStart {
  readonly unit: Local;
  readonly bytes: Local;
}

/** One vector of sums of every strip: the units from `ahead` after `start` on, in row `row`; `count` lanes in use. */
export interface SumGroup {
  readonly row: TileRow;
  readonly start: VectorStart;
  readonly ahead: number;
  readonly count: number;
  /** By strip. */
  readonly sums: readonly Local[];
}

/** Groups of a tile, row by row: `groups[r * vectors + v]` belongs to `rows[r]` and vector `v`. */
export interface SumTile {
  readonly rows: readonly TileRow[];
  /** The place of the first row among the rows of the product. */
  readonly position: Local | undefined;
  readonly vectors: number;
  readonly groups: readonly SumGroup[];
}

/** Where a row of the left operand is: a pointer, and bytes after it. */
export interface LeftPointer {
  readonly pointer: Local;
  readonly offset: number;
}

/** Where a term's factors are: of each row on the left, and of the first column on the right. */
export interface TermOperands {
  readonly lefts: readonly LeftPointer[];
  readonly right: Local;
}
