/** One update: the gradient of a batch, shard by shard, and the step of the optimiser. */
import type { CompiledModule, ModuleInstance, TensorRecord } from "../../module/compiled-module.js";
import { elementCount } from "../../module/compiled-module.js";
import { randomStream } from "../../base/random.js";
import type { LostWorker } from "../../pool/crew.js";
import { createSumTree, type Summed } from "../../pool/sum-tree.js";
import { globalNorm } from "../optimizers/clip-by-global-norm.js";
import { numbersByName } from "../optimizers/rows.js";
import type { Optimizer, OptimizerState } from "../optimizers/optimizer-types.js";
import type { BatchPacker, SizedExample } from "./example-values.js";
import type { Batch } from "./feed.js";
import { type FlowPlan, flowOf, type FlowAlong } from "./flow.js";
import { createHolder } from "./holder.js";
import { locateNonFinite } from "./non-finite.js";
import type { RunSettings } from "./settings.js";
import { joinRows } from "./chunks.js";
import { gradientOf, type MakeCall } from "./shards.js";
import { createRunner, type ThreadsPlan } from "./threads.js";
import { tellLosses, type ToldLosses } from "./totals.js";

interface LearnerSettings {
  readonly module: CompiledModule;
  readonly optimizer: Optimizer;
  readonly packer: BatchPacker;
  readonly settings: RunSettings;
  /** Examples of a call. */
  readonly shard: number;
  /** States that chunks of sequences hand on. */
  readonly states: readonly string[];
  readonly seed: number;
  readonly clip: { readonly norm?: number | undefined; readonly value?: number | undefined };
  readonly maxBytes: number | undefined;
  readonly norms: number | undefined;
  readonly flow: FlowPlan | undefined;
  readonly threads: ThreadsPlan | undefined;
  readonly lost: (worker: LostWorker) => void;
}

/** What an update was, but for where in the data it was. */
export interface UpdateResult extends ToldLosses {
  /** What the first loss is divided by. */
  readonly weight: number;
  /** The length of the gradient before anything of it was clipped. */
  readonly norm: number;
  /** The same of each param, where `norms` asks for them. */
  readonly norms?: Readonly<Record<string, number>>;
  /** How much of the derivative arrives at each place of the first example of the batch, where `flow` asks for it. */
  readonly flow?: FlowAlong;
  readonly rate: number;
}

export interface Learner {
  /** Another one after a batch with larger examples than there were before. */
  readonly instance: ModuleInstance;
  readonly state: OptimizerState;
  /** @throws TrainingError where the loss or the gradient is not finite; params are as they were then. */
  update(batch: Batch, update: number): Promise<UpdateResult>;
  /** Ends threads that are its own. */
  close(): Promise<void>;
}

export function createLearner(options: LearnerSettings): Learner {
  const { module, optimizer, shard, clip, seed } = options;
  const { manifest } = module;
  const names = manifest.losses ?? [];
  const holder = createHolder(module, shard, options.maxBytes);
  holder.instance.init(seed);
  let state = optimizer.attach(holder.instance);
  const summed = summedOf(module, holder.instance.params, state);
  const tree = createSumTree(summed);
  const runner = createRunner({ ...options, plan: options.threads, held: () => holder, summed });
  const prepare = (batch: Batch): void => {
    const before = (batch.tracks ?? []).flatMap(({ chunks }) => chunks.map(({ example }) => example));
    if (!holder.fit([...batch.examples, ...before])) return;
    const saved = state.save();
    state = optimizer.attach(holder.instance);
    state.load(saved);
  };
  return {
    get instance() {
      return holder.instance;
    },
    get state() {
      return state;
    },
    close: () => runner.close(),
    async update(batch, update) {
      prepare(batch);
      const { instance } = holder;
      const { rate } = state;
      const call = callsOf(options, batch, update);
      const flow = tellFlow(options, instance, batch, update);
      const { gradient, totals, scale } = await gradientOf({ ...options, instance, runner, tree, names, call }, batch);
      const told = tellLosses(totals);
      const numbers = numbersByName(gradient);
      // Before numbers are cut, which would make infinite ones look like others.
      const norm = globalNorm(numbers) * scale;
      if (!Number.isFinite(told.loss) || !Number.isFinite(norm)) {
        throw locateNonFinite({ instance, manifest, batch, update, call, names: state.names, ...told, norm });
      }
      const isTold = options.norms !== undefined && update % options.norms === 0;
      const norms = isTold ? normsOf(numbers, scale) : undefined;
      const applied = clip.value === undefined ? scale : clipValues(numbers, scale, clip.value);
      const length = clip.value === undefined ? norm : globalNorm(numbers);
      const factor = clip.norm !== undefined && length > clip.norm ? clip.norm / (length + 1e-6) : 1;
      // Where nothing counts there is nothing to learn, and moments do not move.
      if (Object.values(totals).some(({ weight }) => weight !== 0)) state.step(gradient, { scale: applied * factor });
      return { ...told, weight: totals[names[0]!]!.weight, norm, ...(norms && { norms }), ...(flow && { flow }), rate };
    },
  };
}

const normsOf = (gradient: TensorRecord, scale: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(gradient).map(([name, values]) => [name, globalNorm({ [name]: values }) * scale]));

/** What is trained. Gradients of tables are added up by rows where no others matter to the optimiser. */
function summedOf({ manifest }: CompiledModule, params: TensorRecord, state: OptimizerState): readonly Summed[] {
  return state.names.map((name) => {
    const { rows, shape } = manifest.params.find((param) => param.name === name)!;
    const hasRows = rows !== undefined && state.byRows.includes(name);
    return { name, like: params[name]!, width: hasRows ? elementCount(shape.slice(1)) : undefined };
  });
}

function tellFlow(
  options: LearnerSettings,
  instance: ModuleInstance,
  batch: Batch,
  update: number,
): FlowAlong | undefined {
  // prettier-ignore
  const { module, packer, flow: plan } = options;
  const [[example], [track]] = [batch.examples, batch.tracks ?? []];
  if (plan?.isDue(update) !== true || example === undefined) return undefined;
  const withParts = valuesOf(options, update);
  return flowOf({
    ...{ instance, plan, packer, example, manifest: module.manifest },
    states: track?.chunks.at(0)?.states,
    call: (part, states) => withParts([part], states, [track?.number ?? 0]),
  });
}

/** What calls of an update are given: examples or parts of them, the states that these begin with, and the numbers that they draw by. */
function valuesOf({ module, packer, settings, seed }: LearnerSettings, update: number) {
  const own = settings.at(update - 1);
  const draws = drawOptions(module, seed, update);
  return (examples: readonly SizedExample[], states: TensorRecord, numbers: readonly number[]) => ({
    ...packer.pack(examples),
    ...own,
    ...states,
    ...draws(numbers),
  });
}

/** What an update is called with. */
function callsOf(options: LearnerSettings, batch: Batch, update: number): MakeCall {
  const values = valuesOf(options, update);
  const { tracks } = batch;
  return (places, back = 0) => {
    const chunks = tracks && places.map((place) => tracks[place]!.chunks[back]!);
    const examples = places.map((place, i) => chunks?.[i]?.example ?? batch.examples[place]!);
    // Of one shard all go on, or none.
    const states = chunks?.[0]?.states === undefined ? {} : joinRows(chunks.map((chunk) => chunk.states!));
    return values(examples, states, places.map((place) => tracks?.[place]!.number ?? place)); // prettier-ignore
  };
}

/** Every update draws by a seed of its own, and every example of a batch by its place or track: so however it is cut, the same is drawn. */
function drawOptions(
  { manifest }: CompiledModule,
  seed: number,
  update: number,
): (numbers: readonly number[]) => Readonly<Record<string, unknown>> {
  if (manifest.random === undefined) return () => ({});
  const random = randomStream(seed, "calls", update);
  const own = random.word() + (random.word() & 0x1fffff) * 2 ** 32;
  return (numbers) => ({ seed: own, train: true, examples: numbers });
}

/** Scales and cuts in place. @returns What is left to scale by. */
function clipValues(gradient: TensorRecord, scale: number, most: number): number {
  for (const name in gradient) {
    const values = gradient[name]!;
    for (let i = 0; i < values.length; i++) values[i] = Math.max(-most, Math.min(most, values[i]! * scale));
  }
  return 1;
}
