/** What kernels for a vector machine are scheduled by: a description, not code. */

/** The register tile of products with a number of runs (gates that end in one place). */
export interface Tile {
  /** Vectors of each run in a panel of packed weights, and in a tile of several rows. */
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

export interface VectorTarget {
  /** Numbers in a vector. */
  readonly lanes: Readonly<Record<"f32" | "f64", number>>;
  /** Tiles by number of runs; a product with more runs than listed keeps its sums in memory. */
  readonly tiles: readonly Tile[];
  /** Contracts `a · b + c` into one operation that rounds once. It changes bits. */
  readonly fma: boolean;
  /**
   * Leaves the innermost loop of a single row through an exit that is never taken: the compilers of V8 12.4 and older then
   * keep the order of loads, which they would otherwise gather in front of the arithmetic and spill.
   */
  readonly sideExits: boolean;
}

/**
 * 128-bit vectors and 15 usable registers: eight or nine sums at once, as additions take three to four cycles and two start
 * in each.
 */
export const simd128: VectorTarget = {
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
  fma: false,
  sideExits: true,
};

export function tileOf(target: VectorTarget, runs: number): Tile | undefined {
  return target.tiles[runs - 1];
}
