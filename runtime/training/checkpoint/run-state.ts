/** What a checkpoint holds of a run, and a run that takes it over. */
import { CheckpointError } from "../../base/errors.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import { fromNumbers, toNumbers } from "../../io/tensor-numbers.js";
import { storedTensors } from "../../module/axes.js";
import type { FloatArray, TensorRecord } from "../../module/compiled-module.js";
import { orderVersion } from "../data/order.js";
import type { TrainingRun } from "../train/training-run.js";
import { type CheckpointContents, checkpointCounters as counters } from "./contents.js";
import { loadTracks, saveTracks } from "./track-state.js";

/** All parts of a run by which its bits may differ; what only says when it ends is none of them. */
export function identityOf({ options, learner, settings }: TrainingRun): Record<string, string> {
  const {
    module,
    optimizer,
    batch,
    shard,
    seed,
    cutting = {},
    clip = {},
    average,
    standardize = {},
    validation,
  } = options;
  const { cell, dtype, dimensions, axes, inputs, contexts, states, params, fixed, outputs, losses, random, program } =
    module.manifest;
  const shapes = { axes, inputs, contexts, states, params, fixed, outputs, losses, random };
  const { data: looked, ...looks } = validation ?? {};
  return {
    cell,
    dimensions: JSON.stringify(dimensions),
    tensors: JSON.stringify(shapes, (key, value: unknown) => (key === "documentation" ? undefined : value)),
    dtype,
    program: program ?? "",
    // JavaScript and WebAssembly give the same bits, but for fused multiply-add.
    kernels: learner.instance.variant === "wasm-fma" ? "fused multiply-add" : "plain",
    optimizer: `${optimizer.name} ${optimizer.description}`,
    batch: String(batch),
    shard: String(shard),
    seed: String(seed),
    settings: settings.description,
    truncate: JSON.stringify(cutting),
    clip: JSON.stringify([clip.value, clip.norm]),
    average: String(average?.decay),
    standardize: JSON.stringify(standardize),
    order: String(orderVersion),
    data: options.data.fingerprint,
    validation: JSON.stringify({ ...looks, data: looked?.fingerprint }),
  };
}

export function contentsOf(run: TrainingRun): CheckpointContents {
  const { learner, feed, best, average } = run;
  const { params, fixed = {} } = learner.instance;
  const tensors = new Map<string, SafeTensor>();
  const shapes = new Map(storedTensors(run.options.module.manifest).map(({ name, shape }) => [name, shape]));
  const put = (kind: string, values: TensorRecord): void => {
    for (const name in values)
      tensors.set(`${kind}/${name}`, fromNumbers(values[name]!, shapes.get(name) as readonly number[]));
  };
  put("param", params);
  put("fixed", fixed);
  put("average", average ?? {});
  put("best", best.params ?? {});
  for (const [name, memory] of run.settings.memories) {
    tensors.set(`setting/${name}`, fromNumbers(memory.slice(), [memory.length]));
  }
  for (const [name, tensor] of learner.state.save()) tensors.set(`optimizer/${name}`, tensor);
  const { cutting } = run.options;
  if (cutting !== undefined) saveTracks(tensors, { ...run.options, cutting }, run.tracks!.save());
  const numbers: Record<(typeof counters)[number], number> = {
    done: run.done,
    skipped: run.skipped,
    epoch: feed.epoch,
    taken: feed.taken,
    loss: run.loss,
    bestLoss: best.loss,
    bestUpdate: best.update,
    waited: best.waited,
    historyLines: run.historyLines,
  };
  tensors.set(
    "numbers",
    fromNumbers(
      Float64Array.from(counters, (name) => numbers[name]),
      [counters.length],
    ),
  );
  return { tensors, identity: identityOf(run) };
}

/**
 * @throws CheckpointError `other-run` where a tensor is missing or of another shape, or the state is of another optimiser: the checkpoint
 * is whole, and what differs was allowed. Nothing is changed then.
 */
export function restoreRun(name: string, run: TrainingRun, { tensors }: CheckpointContents): void {
  const { learner, feed, best, options } = run;
  const { manifest } = options.module;
  const has = (kind: string): boolean => [...tensors.keys()].some((key) => key.startsWith(`${kind}/`));
  const take = (key: string, shape: readonly (number | string)[]): FloatArray => {
    const tensor = tensors.get(key);
    if (tensor !== undefined && tensor.shape.join() === shape.join()) return toNumbers(tensor);
    throw new CheckpointError("other-run", `${name} is of another run: ${key} is missing or of another shape`);
  };
  const kindOf = new Map(manifest.params.map((param) => [param.name, "param"]));
  const takeAll = (kind: string, names: typeof manifest.params): Record<string, FloatArray> => {
    const copy = (param: (typeof names)[number]): FloatArray => {
      const values = take(`${kind}/${param.name}`, param.shape);
      return manifest.dtype === "f32" ? Float32Array.from(values) : values;
    };
    return Object.fromEntries(names.map((param) => [param.name, copy(param)]));
  };
  const stored = storedTensors(manifest);
  const params = takeAll("param", stored.filter((param) => kindOf.has(param.name))); // prettier-ignore
  const fixed = takeAll("fixed", stored.filter((param) => !kindOf.has(param.name))); // prettier-ignore
  // What is kept is what is asked for now: of a mean that was not kept, the params are the beginning.
  const average = options.average && takeAll(has("average") ? "average" : "param", manifest.params);
  const keepsBest = options.validation?.keepBest === true;
  const bestParams = keepsBest && has("best") ? takeAll("best", manifest.params) : undefined;
  const numbers = take("numbers", [counters.length]);
  const number = (own: (typeof counters)[number]): number => numbers[counters.indexOf(own)]!;
  const memories = [...run.settings.memories].map(
    ([name, memory]) => [memory, take(`setting/${name}`, [memory.length])] as const,
  );
  const tracks = options.cutting && loadTracks({ ...options, cutting: options.cutting }, take);
  const state = [...tensors].flatMap(([key, tensor]) =>
    key.startsWith("optimizer/") ? [[key.slice("optimizer/".length), tensor] as const] : [],
  );
  try {
    learner.state.load(new Map(state));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new CheckpointError("other-run", `${name} is of another run: ${cause.message}`, { cause });
  }
  learner.instance.setParams({ ...params, ...fixed });
  for (const [memory, values] of memories) memory.set(values);
  feed.seek(number("epoch"), number("taken"));
  if (tracks !== undefined) run.tracks!.restore(tracks);
  // A best loss without the params that are to be kept would keep later ones out.
  if (!keepsBest || bestParams !== undefined || number("bestUpdate") === 0)
    Object.assign(best, { loss: number("bestLoss"), update: number("bestUpdate"), waited: number("waited"), params: bestParams }); // prettier-ignore
  const counts = { done: number("done"), skipped: number("skipped"), loss: number("loss") };
  Object.assign(run, { average, ...counts, historyLines: number("historyLines") });
}
