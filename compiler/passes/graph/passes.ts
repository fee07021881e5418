/** The order of the graph passes, with the reason for each place. */
import { dropDerivatives } from "./drop-derivatives.js";
import { expandStrongProducts } from "./expand-strong-products.js";
import { expandUnwindows } from "./expand-unwindows.js";
import { mergeProjections } from "./merge-projections.js";
import { orderSums } from "./order-sums.js";
import { removeUnusedValues } from "./remove-unused-values.js";
import { separateLoops } from "./separate-loops.js";
import { shareCommonValues } from "./share-common-values.js";
import { simplify } from "./simplify/simplify.js";
import { sinkConcats } from "./sink-concats.js";
import { splitTime } from "./split-time.js";
import { type SizedContext, nameSizes } from "./name-sizes.js";
import { sumDotProducts } from "./sum-dot-products.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { GraphPass, Pass } from "../pass.js";
import { windowDelays } from "./window-delays.js";

/** On the equations as written, before anything is derived from them. */
export const equationPasses: readonly GraphPass[] = [
  // Of derivatives inside of the cell: products are found and moved as any others.
  expandUnwindows,
  // Lowering repeats itself (a slice for every use of a gate): fewer values to look at.
  simplify,
  shareCommonValues,
  removeUnusedValues,
  // Needs dead values gone, which would tie loops together. Before sums are ordered: a layer below is an input then.
  separateLoops,
  // Decides the rounding of sums once for all entries; needs the loop whole to see what depends on the state.
  orderSums,
  // Needs sums in order: `b + W x` leaves the loop as one value.
  splitTime,
  // Lifting leaves repeated and cancelling views.
  simplify,
  shareCommonValues,
  // Needs products in their final place (before, in or after the loop) and shared operands to be one value.
  mergeProjections,
  // The joined weights are the same at every step.
  splitTime,
  // Slices of joined values that are joined again cancel.
  simplify,
  shareCommonValues,
  removeUnusedValues,
];

/** On equations over whole sequences, before anything is derived from them; a stream keeps its delay lines. Sums are in their order, and lines in loops of their own. */
export const sequencePasses: readonly GraphPass[] = [
  // Needs each line in a loop of its own, with nothing else in it: after all that moves values in and out of loops.
  windowDelays,
];

/** After it, where it has found any. */
export const windowPasses: readonly GraphPass[] = [
  // What a loop reads of a line that is none any more does not depend on the state.
  splitTime,
  // Views of windows.
  simplify,
  shareCommonValues,
  removeUnusedValues,
];

/** After differentiation. */
export const derivativePasses: readonly GraphPass[] = [
  // First: what functions state of their derivatives has been used, and would keep the values that it is made of.
  dropDerivatives,
  // Before anything moves products or sums them: a row is one of the product as it was derived.
  expandStrongProducts,
  // Before products are joined or leave loops; what strong products became is none of a convolution any more.
  expandUnwindows,
  // Zero cotangents, slices of concatenations, sums over repeated axes.
  simplify,
  shareCommonValues,
  removeUnusedValues,
  // The order within derived sums is free: products last, so that they accumulate.
  orderSums,
  // Weight gradients feed no cotangent of the state: they leave the loop.
  splitTime,
  // Sums over time of products over time are products over time.
  simplify,
  shareCommonValues,
  // Joined parts of one value are that value by now; those that are left would be copied.
  sinkConcats,
  removeUnusedValues,
];

/** On a forward pass that was given residuals to return: no change of rounding is allowed any more. */
export const residualPasses: readonly GraphPass[] = [
  // First: what it frees feeds no state, and may leave the loop.
  dropDerivatives,
  // Residuals are outputs of their own: what backward reads of a step may be computed for all steps at once.
  splitTime,
  // Lifting leaves repeated and cancelling views.
  simplify,
  shareCommonValues,
  // After these: joined parts of one value are that value. Those that are left would be copied, and what joined them is unused then.
  sinkConcats,
  removeUnusedValues,
];

/** On the initial values of states. */
export const initialPasses: readonly GraphPass[] = [
  // First, as in the equations: what it writes is simplified and shared as any other.
  expandUnwindows,
  // There is no loop and no product to order: what lowering repeats, and what is left over, is all there is.
  simplify,
  shareCommonValues,
  removeUnusedValues,
];

/** On what is a part of another function: some of its outputs, before the inputs that only the others needed are left out. */
export const portPasses: readonly GraphPass[] = [
  // Only this: inputs are known to be unused once nothing dead reads them, and rounding is that of the whole function.
  removeUnusedValues,
];

/** On equations that people read. */
export const tidyPasses: readonly GraphPass[] = [
  // Only these, in the order in which each shows the next one more: equations stay where their text has them.
  simplify,
  shareCommonValues,
  removeUnusedValues,
];

/** On values that nothing is derived from any more, before they become a single step, which has no loop that parts could sink into. */
export const valuePasses: readonly GraphPass[] = [
  // First: a declared derivative reads its parts whole, and would hold a join where it is.
  dropDerivatives,
  // While there still is a loop.
  sinkConcats,
];

/** The same for initial values. */
export const initialValuePasses: readonly GraphPass[] = [
  // First: only declared derivatives have read what is unused after it.
  dropDerivatives,
  removeUnusedValues,
];

/** On what several losses are divided by, and lengths that values tell, of which nothing is derived. */
export const plainPasses: readonly GraphPass[] = [
  // First, as of steps of streams: nothing reads a declared derivative.
  ...valuePasses,
  // After it: they are loops over whole sequences, as forward is.
  ...residualPasses,
];

/** On initial values of params and fixed values. */
export const startPasses: readonly GraphPass[] = [
  // As initial values of states, of which something may be derived.
  ...initialPasses,
  // After it: nothing is.
  ...initialValuePasses,
];

/** On all entries, just before they become kernels: nothing derives or prints equations of them any more. */
export const beforeKernels: readonly Pass<GraphFunction, SizedContext>[] = [
  // Kernels sum them as reductions.
  sumDotProducts,
  // Last, as rules of shapes know nothing of the names.
  nameSizes,
];

/** Which of them an entry passes, and when, `driver/entries.ts` says. Lists that are made of others are left out. */
const lists: readonly (readonly GraphPass[])[] = [
  equationPasses,
  sequencePasses,
  windowPasses,
  derivativePasses,
  residualPasses,
  initialPasses,
  portPasses,
  valuePasses,
  initialValuePasses,
];

/** Every pass on the way of entries, as `explain --after` takes it. */
export const graphPasses: readonly GraphPass[] = [...new Set(lists.flat())];

/** Whether entries may pass it several times. */
export const isRepeated = (pass: GraphPass): boolean => lists.flat().filter((other) => other === pass).length > 1;
