/** The order of the kernel passes of each target, with the reason for each place. */
import { chooseLanes } from "./choose-lanes.js";
import { computeOnce } from "./compute-once.js";
import { dropSingleRounds } from "./drop-single-rounds.js";
import { examplesFirst } from "./examples-first.js";
import { fuseMultiplyAdds } from "./fuse-multiply-adds.js";
import { fuseTails } from "./fuse-tails.js";
import { hoistAddressesPass } from "./hoist-addresses.js";
import { interleaveSumsPass } from "./interleave-sums.js";
import { joinExamples } from "./join-examples.js";
import { joinInputs } from "./join-inputs.js";
import { keepStates } from "./keep-states.js";
import type { KernelPass, PlannedPass } from "./kernel-pass.js";
import { packOperands } from "./pack-operands.js";
import { projectInWindows } from "./project-in-windows.js";
import { splitChoices } from "./split-choices.js";
import { scalar16, type ScalarTarget, simd128, type VectorTarget } from "./target.js";
import { tileProductsPass } from "./tile-products.js";

/** What a target does with kernels before it prints them. */
export interface TargetPasses<Machine> {
  readonly machine: Machine;
  readonly beforeMemory: readonly KernelPass<Machine>[];
  readonly afterMemory: readonly PlannedPass<Machine>[];
}

export const scalarPasses: TargetPasses<ScalarTarget> = {
  machine: scalar16,
  beforeMemory: [
    // To be read more easily, and so that a cell of one unit is one of scalars.
    dropSingleRounds,
    // After it: steps without loops of their own.
    examplesFirst,
    // After it: rounds that follow each other are steps of one example there.
    keepStates,
    // Last: what is left to compute.
    computeOnce,
  ],
  afterMemory: [
    // What is left of products are loops, like any other.
    tileProductsPass,
    // Needs the innermost loops of sums as they were written.
    interleaveSumsPass,
    // Last: addresses as they are printed.
    hoistAddressesPass,
  ],
};

export const vectorPasses: TargetPasses<VectorTarget> = {
  machine: simd128,
  beforeMemory: [
    // On products and regions as lowered: it decides which strips of columns a product has.
    fuseTails,
    // After it: what a product starts from is seen there.
    joinInputs,
    // After both: what stays a loop of its own.
    splitChoices,
    // After what leaves loops of one round: parts of loops, and cells of one unit.
    dropSingleRounds,
    // After it: steps without loops of their own.
    examplesFirst,
    // After it: rounds that follow each other are steps of one example there.
    keepStates,
    // Needs the strips: they are interleaved in the panels.
    packOperands,
    // Projections that are whole until here.
    projectInWindows,
    // Last: what is left to compute, and to pack.
    computeOnce,
  ],
  afterMemory: [
    // On addresses, tails and panels as they stay, and where buffers are known to be parts of one. What lanes are chosen for it leaves alone.
    joinExamples,
    // Last: rounds as they are printed. Tiles follow from products and the target where they are printed, as registers do.
    chooseLanes,
  ],
};

/** What kernels for hosts with fused multiply-add pass after those of `wasm`, which are the same until here. */
export const fusingPasses: readonly PlannedPass<VectorTarget>[] = [
  // Last: no other pass reads how often terms round, and panels, tails and lanes are those of `wasm`.
  fuseMultiplyAdds,
];

const fusedPasses: TargetPasses<VectorTarget> = {
  ...vectorPasses,
  afterMemory: [...vectorPasses.afterMemory, ...fusingPasses],
};

/** Named as modules name the kernels that they run (`variant`). */
export type KernelTargetName = "wasm" | "js" | "wasm-fma";

/** Whatever the machine that they are for: they describe it themselves. */
export const targetPasses: Readonly<Record<KernelTargetName, TargetPasses<unknown>>> = {
  wasm: vectorPasses as TargetPasses<unknown>,
  js: scalarPasses as TargetPasses<unknown>,
  "wasm-fma": fusedPasses as TargetPasses<unknown>,
};

export const kernelTargets = Object.keys(targetPasses) as KernelTargetName[];
