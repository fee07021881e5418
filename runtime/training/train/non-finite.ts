/** Where a loss or a gradient that is not finite came from: the example, and what of it is not finite first. */
import { TrainingError } from "../../errors.js";
import type { FloatArray, ModuleInstance } from "../../module/compiled-module.js";
import type { Manifest } from "../../module/manifest.js";
import type { SizedExample } from "./examples.js";
import type { Batch } from "./feed.js";

export interface NonFinite {
  readonly instance: ModuleInstance;
  readonly manifest: Manifest;
  readonly batch: Batch;
  readonly update: number;
  readonly call: (examples: readonly SizedExample[], from: number) => Record<string, unknown>;
  /** Params that are trained. */
  readonly names: readonly string[];
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly norm: number;
}

/** Params are still those from before the update, so every example can be run again for itself, with the same bits. */
export function locateNonFinite(found: NonFinite): TrainingError {
  const { batch, update, loss, losses, norm } = found;
  const wrong = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  const what = wrong === undefined ? `the gradient's norm is ${norm}` : `${wrong[0]} is ${wrong[1]}`;
  const place = batch.examples.findIndex((example, i) => faultOf(found, example, i) !== undefined);
  const where =
    place < 0
      ? "no example has it alone: it comes from their sum"
      : `example ${batch.indices[place]} of the data, place ${place} of the batch: ${faultOf(found, batch.examples[place]!, place)}`;
  const message = `update ${update} (epoch ${batch.epoch}): ${what}; ${where}. Params are as they were before the update`;
  return new TrainingError("non-finite", message, { update, loss, norm });
}

/** What of an example is not finite, results before gradients. */
function faultOf(
  { instance, manifest, call, names }: NonFinite,
  example: SizedExample,
  place: number,
): string | undefined {
  const values = call([example], place);
  const result = instance.forward(values);
  for (const { name, axes, shape } of manifest.outputs) {
    const at = firstNonFinite(result[name]!);
    if (at < 0) continue;
    const sizes = [...axes.slice(1), ...shape].map((size) =>
      typeof size === "number" ? size : (example.sizes[size] ?? 1),
    );
    return sizes.length === 0
      ? `${name} is ${result[name]![at]}`
      : `${name}[${placeIn(sizes, at)}] is ${result[name]![at]}`;
  }
  const { params } = instance.gradient!(values);
  const name = names.find((own) => firstNonFinite(params[own]!) >= 0);
  return name === undefined ? undefined : `the gradient of ${name} is not finite`;
}

const firstNonFinite = (values: FloatArray): number => values.findIndex((value) => !Number.isFinite(value));

function placeIn(sizes: readonly number[], at: number): string {
  const places: number[] = [];
  let rest = at;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    places.unshift(rest % sizes[axis]!);
    rest = Math.floor(rest / sizes[axis]!);
  }
  return places.join(", ");
}
