/** The gradient of a batch, shard by shard. */
import type { ModuleInstance, SparseRecord } from "../../module/compiled-module.js";
import type { SizedExample } from "./examples.js";
import type { Summed, SumTree } from "./sum-tree.js";
import { addLosses, emptyTotals, type Totals } from "./totals.js";

export interface Shard {
  readonly examples: readonly SizedExample[];
  /** The place of its first example in the batch. */
  readonly from: number;
}

export function shardsOf(examples: readonly SizedExample[], shard: number): readonly Shard[] {
  const count = Math.ceil(examples.length / shard);
  return Array.from({ length: count }, (_, i) => ({
    examples: examples.slice(i * shard, (i + 1) * shard),
    from: i * shard,
  }));
}

/** The values of a call with some examples, the first of which has this place in the batch. */
export type MakeCall = (examples: readonly SizedExample[], from: number) => Record<string, unknown>;

export interface GradientOfBatch {
  /** Of the sum of the losses, but for the scale; until the next batch. */
  readonly gradient: SparseRecord;
  readonly totals: Totals;
  readonly scale: number;
}

export interface ShardsSettings {
  readonly instance: ModuleInstance;
  readonly tree: SumTree;
  /** Of the losses. */
  readonly names: readonly string[];
  readonly summed: readonly Summed[];
  readonly call: MakeCall;
}

/** Shard by shard: the gradient of all losses, and what they add up to. */
export function gradientOf(settings: ShardsSettings, shards: readonly Shard[]): GradientOfBatch {
  const { instance, tree, names, summed, call } = settings;
  // One loss can be divided afterwards; of several, whose gradients come as one sum, each must be divided before.
  const per = names.length === 1 ? 1 : divisors(weightsOf(settings, shards));
  const totals = emptyTotals(names);
  for (const { examples, from } of shards) {
    const { params, sparse, losses } = instance.gradient!(call(examples, from), { per });
    // Whole gradients of tables are not even made where rows do.
    const parts = summed.map(({ name, width }) => [name, (width === undefined ? params : sparse!)[name]!] as const);
    tree.add(Object.fromEntries(parts));
    addLosses(totals, losses);
  }
  const { weight } = totals[names[0]!]!;
  return { gradient: tree.finish(), totals, scale: names.length > 1 || weight === 0 ? 1 : 1 / weight };
}

/** What each loss of the whole batch is divided by. */
function weightsOf({ instance, names, call }: ShardsSettings, shards: readonly Shard[]): Totals {
  const totals = emptyTotals(names);
  for (const { examples, from } of shards) {
    const weights = instance.weights!(call(examples, from));
    for (const name of names) totals[name]!.weight += weights[name]!;
  }
  return totals;
}

/** Where nothing counts the gradient is nothing. */
const divisors = (totals: Totals): Record<string, number> =>
  Object.fromEntries(
    Object.entries(totals).map(([name, { weight }]) => [name, weight === 0 ? Number.MAX_VALUE : weight]),
  );
