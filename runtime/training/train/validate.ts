/** Losses over data that nothing is learned from. */
import type { CompiledModule, TensorRecord } from "../../module/compiled-module.js";
import { randomStream } from "../../random.js";
import type { DataSource } from "../data/source.js";
import type { BatchPacker } from "./examples.js";
import { readExamples } from "./feed.js";
import { addLosses, createHolder, tellLosses, type UpdateResult } from "./learner.js";

export type ValidationResult = Pick<UpdateResult, "loss" | "losses">;

/** Gives the losses of all examples with some params; what is drawn where nothing is trained is the same every time. */
export type Validate = (params: TensorRecord) => Promise<ValidationResult>;

export interface ValidatorSettings {
  readonly module: CompiledModule;
  readonly packer: BatchPacker;
  readonly data: DataSource;
  readonly shard: number;
  readonly seed: number;
  readonly maxBytes: number | undefined;
}

/** It has an instance and draws of its own, so that it cannot change what is trained. */
export function createValidator(settings: ValidatorSettings): Validate {
  const { module, packer, data, shard, seed } = settings;
  const holder = createHolder(module, shard, settings.maxBytes);
  const { losses: names = [], random } = module.manifest;
  const randomOf = (index: number): ReturnType<typeof randomStream> => randomStream(seed, "validation", index);
  return async (params) => {
    holder.instance.setParams(params);
    const totals = Object.fromEntries(names.map((name) => [name, { sum: 0, weight: 0 }]));
    for (let from = 0; from < data.count; from += shard) {
      const indices = Array.from({ length: Math.min(shard, data.count - from) }, (_, i) => from + i);
      const examples = await readExamples(data, packer, indices, randomOf);
      holder.fit(examples);
      const draws = random === undefined ? {} : { seed, train: false, examples: indices };
      const result = holder.instance.forward({ ...packer.pack(examples), ...draws });
      const part = Object.fromEntries(
        names.map((name) => [name, { sum: result[`${name}.sum`]![0]!, weight: result[`${name}.weight`]![0]! }]),
      );
      addLosses(totals, part);
    }
    return tellLosses(totals);
  };
}
