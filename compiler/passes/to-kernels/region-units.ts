/** What the regions of a block are made of, before they are loops: one for each level and space. */
import type { Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { BlockedAxis } from "./block-sums.js";
import type { BufferLocation } from "./location.js";
import type { SumCut } from "./pieces.js";
import type { Work } from "./works.js";

/** Stores a value, element by element, in the region of its level and loops. */
export interface StoreItem {
  readonly value: ValueId;
  readonly location: BufferLocation;
  /** Added to the indices, by axis: sizes of the example at hand. */
  readonly shifts?: readonly Dim[];
  readonly mode: "set" | "add";
}

/** Adds a value into a result that has fewer axes. */
export interface SumItem {
  readonly work: Extract<Work, { kind: "reduction" }>;
  /** In the blocks of its unit. */
  readonly inBlocks: boolean;
}

export interface RegionUnit {
  readonly level: number;
  readonly shape: Shape;
  readonly perExample: boolean;
  readonly stores: StoreItem[];
  readonly sums: SumItem[];
  /** Where its sums are long: the axis of `shape` whose steps are counted. */
  cut: SumCut | undefined;
  /** How those of its sums are cut whose pieces are long, too. */
  blocks: BlockedAxis | undefined;
}
