/** What kernels are scheduled by: descriptions of machines, not code. */

/** The register tile of products with a number of strips (gates that end in one place). */
export interface Tile {
  /** Vectors of each strip in a panel of packed weights, and in a tile of several rows. */
  readonly block: number;
  /** Rows of a tile of several rows. */
  readonly rows: number;
  /** Panels that a single row goes through side by side, so that enough sums run at once. */
  readonly panels: number;
  /** Tiles whose tails are computed side by side, so that their chains of operations overlap. */
  readonly lots: number;
  /**
   * How deep the innermost loop is in loops of its function, at least: of every tile, and of tiles of several rows. The
   * compilers of V8 put up to 50 · depth / (size of the body) terms into a round. The best numbers were found by trying: four
   * for two rows, two for a single row of an LSTM.
   */
  readonly nest: { readonly all: number; readonly rows: number };
}

/**
 * How many numbers a loop may keep in registers from one round to the next. With more the code grows, and engines put them into memory
 * again.
 */
interface KeptNumbers {
  readonly kept: number;
}

export interface VectorTarget extends KeptNumbers {
  /** Numbers in a vector. */
  readonly lanes: Readonly<Record<"f32" | "f64", number>>;
  /** Tiles by number of strips; a product with more strips than listed keeps its sums in memory. */
  readonly tiles: readonly Tile[];
  /**
   * Leaves the innermost loop of a single row through an exit that is never taken: the compilers of V8 12.4 and older then
   * keep the order of loads, which they would otherwise gather in front of the arithmetic and spill. Of a row with more than
   * `loads` vectors of weights in a round it stands between two halves: so many that are gathered have registers.
   */
  readonly sideExits: { readonly loads: number } | undefined;
  /** Rows of a product whose part of the result is completed before the next: a page each, at worst, for which there are entries. */
  readonly rowBlock: number;
  /**
   * Terms of an input projection, and bytes of weights, that a step may take upon itself: of as many the loop over time makes
   * no more of its own than storing and reading their sums costs, also where a single example has no second row to share
   * weights with.
   */
  readonly joinedInputs: { readonly terms: number; readonly bytes: number };
  /**
   * All projections of a window have at most these bytes: with weights and states they stay in a cache of 512 KB. With fewer
   * rows the weights would be read too often; more save nothing.
   */
  readonly windows: { readonly bytes: number; readonly fewestRows: number; readonly mostRows: number };
  /**
   * Loops that one loop may become where choices in it change sides: more are more code than what they save, lanes in each
   * part and no choice for each element.
   */
  readonly sidesOfLoop: number;
  /** Pieces of memory that are digested side by side, as each waits for its multiplications. It changes the digests. */
  readonly digestStreams: number;
  /** Bytes of a line of the cache, a power of two and no less than a vector: buffers begin at one, so that no two share it. */
  readonly cacheLine: number;
}

/** A machine that computes one number at a time. */
export interface ScalarTarget extends KeptNumbers {
  /** Rows of a tile, largest first, with 1 at the end; each with the columns of its tiles, likewise. */
  readonly tiles: readonly { readonly rows: number; readonly columns: readonly number[] }[];
}

/** Plain JavaScript on 16 scalar registers. */
export const scalar16: ScalarTarget = {
  kept: 16,
  tiles: [
    { rows: 4, columns: [4, 1] },
    { rows: 1, columns: [8, 4, 1] },
  ],
};

/**
 * 128-bit vectors and 15 usable registers: eight or nine sums at once, as additions take three to four cycles and two start
 * in each.
 */
export const simd128: VectorTarget = {
  kept: 16,
  lanes: { f32: 4, f64: 2 },
  tiles: [
    { block: 4, rows: 2, panels: 2, lots: 1, nest: { all: 5, rows: 0 } },
    { block: 1, rows: 4, panels: 4, lots: 1, nest: { all: 0, rows: 0 } },
    { block: 1, rows: 2, panels: 2, lots: 2, nest: { all: 0, rows: 0 } },
    { block: 1, rows: 2, panels: 2, lots: 1, nest: { all: 0, rows: 5 } },
    { block: 1, rows: 2, panels: 2, lots: 1, nest: { all: 0, rows: 0 } },
    { block: 1, rows: 1, panels: 1, lots: 1, nest: { all: 0, rows: 0 } },
    { block: 1, rows: 1, panels: 1, lots: 1, nest: { all: 0, rows: 0 } },
    { block: 1, rows: 1, panels: 1, lots: 1, nest: { all: 0, rows: 0 } },
  ],
  sideExits: { loads: 4 },
  rowBlock: 64,
  joinedInputs: { terms: 16, bytes: 16 * 1024 },
  windows: { bytes: 128 * 1024, fewestRows: 64, mostRows: 1024 },
  sidesOfLoop: 8,
  digestStreams: 6,
  cacheLine: 64,
};

export function tileOf(target: VectorTarget, strips: number): Tile | undefined {
  return target.tiles[strips - 1];
}
