/** Losses over data that nothing is learned from. */
import type { CompiledModule, TensorRecord } from "../../module/compiled-module.js";
import { randomStream } from "../../base/random.js";
import type { DataSource } from "../data/source.js";
import type { BatchPacker } from "./example-values.js";
import { readExamples } from "./feed.js";
import { createHolder } from "./holder.js";
import { validationFault } from "./non-finite.js";
import type { MakeCall } from "./shards.js";
import { addLosses, emptyTotals, lossesIn, tellLosses, type ToldLosses } from "./totals.js";

/**
 * Gives the losses of all examples with some params; what is drawn where nothing is trained is the same every time.
 *
 * @param settings Of the network.
 * @param update The last one, for messages.
 * @throws TrainingError where a loss is not finite.
 */
export type Validate = (
  params: TensorRecord,
  settings: Readonly<Record<string, number>>,
  update: number,
) => Promise<ToldLosses>;

interface ValidatorSettings {
  readonly module: CompiledModule;
  readonly packer: BatchPacker;
  readonly data: DataSource;
  readonly shard: number;
  readonly seed: number;
  readonly maxBytes: number | undefined;
}

/** It has an instance and draws of its own, so that it cannot change what is trained. */
export function createValidator(options: ValidatorSettings): Validate {
  const { module, packer, data, shard, seed } = options;
  const { manifest } = module;
  const holder = createHolder(module, shard, options.maxBytes);
  const { losses: names = [], random } = manifest;
  const randomOf = (index: number): ReturnType<typeof randomStream> => randomStream(seed, "validation", index);
  return async (params, settings, update) => {
    holder.instance.setParams(params);
    const totals = emptyTotals(names);
    for (let from = 0; from < data.count; from += shard) {
      const indices = Array.from({ length: Math.min(shard, data.count - from) }, (_, i) => from + i);
      const examples = await readExamples(data, packer, indices, randomOf);
      holder.fit(examples);
      const { instance } = holder;
      const call: MakeCall = (places) => {
        const numbers = places.map((place) => indices[place]!);
        const draws = random === undefined ? {} : { seed, train: false, examples: numbers };
        return { ...packer.pack(places.map((place) => examples[place]!)), ...settings, ...draws };
      };
      const part = emptyTotals(names);
      addLosses(part, lossesIn(names, instance.forward(call([...examples.keys()]))));
      const told = tellLosses(part);
      if (!Number.isFinite(told.loss)) {
        throw validationFault({ instance, manifest, batch: { indices, examples }, update, call, ...told });
      }
      addLosses(totals, part);
    }
    const told = tellLosses(totals);
    if (Number.isFinite(told.loss)) return told;
    const batch = { indices: [], examples: [] };
    throw validationFault({ instance: holder.instance, manifest, batch, update, call: () => ({}), ...told });
  };
}
