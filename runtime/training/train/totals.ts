/** What losses add up to over the shards of a batch, or over all data. */
import type { LossOfBatch, TensorRecord } from "../../module/compiled-module.js";
import { partsOfLoss } from "../../module/loss-parts.js";

export type Totals = Readonly<Record<string, { sum: number; weight: number }>>;

/** Losses of one kind of data. */
export interface ToldLosses {
  /** The sum of all losses. */
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
}

export const emptyTotals = (names: readonly string[]): Totals =>
  Object.fromEntries(names.map((name) => [name, { sum: 0, weight: 0 }]));

/** Sums in float64, in the order of the shards. */
export function addLosses(totals: Totals, losses: Readonly<Record<string, Omit<LossOfBatch, "value">>>): void {
  for (const name in totals) {
    totals[name]!.sum += losses[name]!.sum;
    totals[name]!.weight += losses[name]!.weight;
  }
}

/** Those that `forward` gives as tensors of one number. */
export const lossesIn = (names: readonly string[], result: TensorRecord): Record<string, Omit<LossOfBatch, "value">> =>
  Object.fromEntries(
    names.map((name) => {
      const [, sum, weight] = partsOfLoss(name);
      return [name, { sum: result[sum]![0]!, weight: result[weight]![0]! }];
    }),
  );

export function tellLosses(totals: Totals): ToldLosses {
  const losses = Object.fromEntries(
    Object.entries(totals).map(([name, { sum, weight }]) => [name, weight === 0 ? 0 : sum / weight]),
  );
  return { loss: Object.values(losses).reduce((sum, value) => sum + value, 0), losses };
}
