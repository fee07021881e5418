/** The gradient of a batch, shard by shard. */
import type { ModuleInstance, SparseRecord, TensorRecord } from "../../module/compiled-module.js";
import type { Divisors, PoolTask, TaskResult } from "../../pool/task.js";
import type { Batch } from "./feed.js";
import { joinRows, rowOf } from "./chunks.js";
import type { SumTree } from "../../pool/sum-tree.js";
import { addLosses, emptyTotals, type Totals } from "./totals.js";

/** Places in the batch. */
export type Shard = readonly number[];

/** The values of a call with some examples of a batch; or with what came so many chunks before each of them. */
export type MakeCall = (places: Shard, back?: number) => Record<string, unknown>;

/** Computes shards, by whatever means. */
export interface ShardRunner {
  /** @param each Is given the results in the order of the tasks; they hold until it returns. */
  run(
    tasks: readonly (() => PoolTask)[],
    per: Divisors,
    each: (result: TaskResult, task: number) => void,
  ): Promise<void>;
}

/** So many examples after each other; of tracks the same ones at every update, those that begin apart from those that go on. */
function shardsOf({ examples, tracks }: Batch, shard: number, back = 0): readonly Shard[] {
  const groups = new Map<string, number[]>();
  for (let place = 0; place < examples.length; place++) {
    const track = tracks?.[place];
    const chunk = track?.chunks[back];
    if (track !== undefined && chunk === undefined) continue;
    const key = `${Math.floor((track?.number ?? place) / shard)} ${chunk?.states !== undefined}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  return [...groups.values()];
}

interface GradientOfBatch {
  /** Of the sum of the losses, but for the scale; until the next batch. */
  readonly gradient: SparseRecord;
  readonly totals: Totals;
  readonly scale: number;
}

interface ShardsSettings {
  readonly instance: ModuleInstance;
  readonly runner: ShardRunner;
  readonly tree: SumTree;
  /** Of the losses. */
  readonly names: readonly string[];
  readonly shard: number;
  /** States that chunks hand on. */
  readonly states: readonly string[];
  readonly call: MakeCall;
}

/** Shard by shard: the gradient of all losses, and what they add up to. States of tracks go on. */
export async function gradientOf(settings: ShardsSettings, batch: Batch): Promise<GradientOfBatch> {
  const { runner, tree, names, call, shard, states } = settings;
  const shards = shardsOf(batch, shard);
  // One loss can be divided afterwards; of several, whose gradients come as one sum, each must be divided before.
  const per = names.length === 1 ? 1 : divisors(weightsOf(settings, shards));
  const totals = emptyTotals(names);
  /** By the states before the chunk at hand, of each place. */
  const slopes = new Map<number, TensorRecord>();
  const tasks = shards.map((places) => (): PoolTask => ({ kind: "gradient", values: call(places) }));
  await runner.run(tasks, per, ({ gradient, initial, losses, final }, i) => {
    tree.add(gradient);
    addLosses(totals, losses);
    const places = shards[i]!;
    for (const [row, place] of places.entries()) {
      const track = batch.tracks?.[place];
      if (track === undefined) continue;
      track.states = rowOf(final, states, row, places.length);
      if (track.chunks.length > 1) slopes.set(place, rowOf(initial, states, row, places.length));
    }
  });
  await goBack(settings, batch, slopes);
  const { weight } = totals[names[0]!]!;
  return { gradient: tree.finish(), totals, scale: names.length > 1 || weight === 0 ? 1 : 1 / weight };
}

/** What came before the chunks at hand, one chunk after the other: by the derivatives of the losses by the states that they begin with. */
async function goBack(settings: ShardsSettings, batch: Batch, slopes: Map<number, TensorRecord>): Promise<void> {
  const { runner, tree, call, shard, states } = settings;
  for (let back = 1; slopes.size > 0; back++) {
    const shards = shardsOf(batch, shard, back);
    const tasks = shards.map((places) => (): PoolTask => ({
      ...{ kind: "gradient", values: call(places, back) },
      cotangents: { final: joinRows(places.map((place) => slopes.get(place)!)) },
    }));
    const next = new Map<number, TensorRecord>();
    await runner.run(tasks, 1, ({ gradient, initial }, i) => {
      tree.add(gradient);
      const places = shards[i]!;
      for (const [row, place] of places.entries()) {
        if (batch.tracks![place]!.chunks.length > back + 1) next.set(place, rowOf(initial, states, row, places.length));
      }
    });
    slopes.clear();
    for (const [place, own] of next) slopes.set(place, own);
  }
}

/** What each loss of the whole batch is divided by. */
function weightsOf({ instance, names, call }: ShardsSettings, shards: readonly Shard[]): Totals {
  const totals = emptyTotals(names);
  for (const places of shards) {
    const weights = instance.weights!(call(places));
    for (const name of names) totals[name]!.weight += weights[name]!;
  }
  return totals;
}

/** Where nothing counts the gradient is nothing. */
const divisors = (totals: Totals): Record<string, number> =>
  Object.fromEntries(
    Object.entries(totals).map(([name, { weight }]) => [name, weight === 0 ? Number.MAX_VALUE : weight]),
  );
