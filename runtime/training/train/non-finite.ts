/** Where a loss or a gradient that is not finite came from: the example, and what of it is not finite first. */
import { TrainingError } from "../../base/errors.js";
import type { FloatArray, ModuleInstance } from "../../module/compiled-module.js";
import type { Manifest } from "../../module/manifest.js";
import type { SizedExample } from "./example-values.js";
import type { Batch } from "./feed.js";
import { encodeReplay } from "./replay.js";
import type { MakeCall } from "./shards.js";

/** Some examples that were run, and how each can be run again. */
interface Suspects {
  readonly instance: ModuleInstance;
  readonly manifest: Manifest;
  readonly batch: Pick<Batch, "indices" | "examples">;
  readonly update: number;
  readonly call: MakeCall;
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
}

interface NonFinite extends Suspects {
  readonly batch: Batch;
  /** Params that are trained. */
  readonly names: readonly string[];
  readonly norm: number;
}

/** Params are still those from before the update, so every example can be run again for itself, with the same bits. */
export function locateNonFinite(found: NonFinite): TrainingError {
  const { batch, update, loss, norm, names } = found;
  const what = wrongLoss(found) ?? `the gradient's norm is ${norm}`;
  const { place, replay } = locate(found, names);
  const message = `update ${update} (epoch ${batch.epoch}): ${what}; ${place}. Params are as they were before the update`;
  return new TrainingError("non-finite", message, { update, loss, norm, replay });
}

/** Of a validation, which has no gradient. */
export function validationFault(found: Suspects): TrainingError {
  const { update, loss } = found;
  const { place, replay } = locate(found);
  const message = `validation after update ${update}: ${wrongLoss(found)}; ${place}. Params are those of that update`;
  return new TrainingError("non-finite", message, { update, loss, norm: NaN, replay });
}

function wrongLoss({ losses }: Suspects): string | undefined {
  const wrong = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  return wrong && `${wrong[0]} is ${wrong[1]}`;
}

interface FoundExample {
  /** In words. */
  readonly place: string;
  /** The call of that example alone. */
  readonly replay: Uint8Array | undefined;
}

/** @param names Params by which there are gradients. */
function locate(suspects: Suspects, names?: readonly string[]): FoundExample {
  const { instance, manifest, update, call } = suspects;
  const { examples, indices } = suspects.batch;
  for (const [place, example] of examples.entries()) {
    const fault = faultOf(suspects, example, place, names);
    if (fault === undefined) continue;
    const where = names === undefined ? "the validation's data" : `the data, place ${place} of the batch`;
    const number = indices[place]!;
    const replay = encodeReplay(instance, manifest, { update, example: number, sizes: example.sizes }, call([place]));
    return { place: `example ${number} of ${where}: ${fault}`, replay };
  }
  return { place: "no example has it alone: it comes from their sum", replay: undefined };
}

/** What of an example is not finite, results before gradients. */
function faultOf(
  { instance, manifest, call }: Suspects,
  example: SizedExample,
  place: number,
  names?: readonly string[],
): string | undefined {
  const values = call([place]);
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
  if (names === undefined) return undefined;
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
