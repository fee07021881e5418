/** Where else to look for a gradient that was zero, or at a kink, at every point that was drawn. */
import type { DrawOptions } from "./draw-point.js";

/** In this order, until everything has been compared. Away from kinks, but for whole numbers: a cell may count. */
export const furtherDraws: readonly Omit<DrawOptions, "positive">[] = [
  { states: "given" },
  // What only makes an initial state has a gradient where the state is left to the cell.
  { states: "declared" },
  // A softmax over one element has no gradient.
  { states: "given", size: 5, steps: 6, batch: 3 },
  { states: "given", whole: true, size: 4, batch: 3 },
  { states: "declared", whole: true, steps: 6 },
  // A delay that is shorter than a step has one, whatever its length.
  { states: "given", counted: true, steps: 6 },
  { states: "given", counted: true, size: 4, steps: 6, batch: 3 },
  { states: "given", counted: true, size: 4, steps: 6, batch: 3 },
  { states: "given", scale: 8, steps: 6, batch: 3 },
  { states: "declared", scale: 1 / 8, steps: 6 },
];
