/** One update: the gradient of a batch, shard by shard, and the step of the optimiser. */
import type {
  CompiledModule,
  FloatArray,
  LossOfBatch,
  ModuleInstance,
  TensorRecord,
} from "../../module/compiled-module.js";
import { leastOf } from "../../module/axes.js";
import { randomStream } from "../../random.js";
import { globalNorm } from "../clip-by-global-norm.js";
import type { Optimizer, OptimizerState } from "../optimizers/types.js";
import type { BatchPacker, SizedExample } from "./examples.js";
import type { Batch } from "./feed.js";
import { createSumTree, type SumTree } from "./sum-tree.js";
import { locateNonFinite } from "./non-finite.js";

export interface LearnerSettings {
  readonly module: CompiledModule;
  readonly optimizer: Optimizer;
  readonly packer: BatchPacker;
  /** Examples of a call. */
  readonly shard: number;
  readonly seed: number;
  readonly clip: { readonly norm?: number | undefined; readonly value?: number | undefined };
  readonly maxBytes: number | undefined;
}

/** What an update was, but for where in the data it was. */
export interface UpdateResult {
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  /** What the first loss is divided by. */
  readonly weight: number;
  /** The length of the gradient before anything of it was clipped. */
  readonly norm: number;
  readonly rate: number;
}

export interface Learner {
  /** Another one after a batch with larger examples than there were before. */
  readonly instance: ModuleInstance;
  readonly state: OptimizerState;
  /** @throws TrainingError where the loss or the gradient is not finite; params are as they were then. */
  update(batch: Batch, update: number): UpdateResult;
}

export function createLearner(settings: LearnerSettings): Learner {
  const { module, optimizer, packer, shard, clip, seed } = settings;
  const { manifest } = module;
  const names = manifest.losses ?? [];
  const holder = createHolder(module, shard, settings.maxBytes);
  holder.instance.init(seed);
  let state = optimizer.attach(holder.instance);
  const tree = createSumTree(pick(holder.instance.params, state.names));
  const prepare = (examples: readonly SizedExample[]): void => {
    if (!holder.fit(examples)) return;
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
    update(batch, update) {
      prepare(batch.examples);
      const { instance } = holder;
      const { rate } = state;
      const call: MakeCall = (examples, from) => ({
        ...packer.pack(examples),
        ...drawOptions(module, seed, update, from, examples.length),
      });
      const { gradient, totals, scale } = gradientOf(instance, tree, names, shardsOf(batch.examples, shard), call);
      const told = tellLosses(totals);
      // Before numbers are cut, which would make infinite ones look like others.
      const norm = globalNorm(gradient) * scale;
      if (!Number.isFinite(told.loss) || !Number.isFinite(norm)) {
        throw locateNonFinite({ instance, manifest, batch, update, call, names: state.names, ...told, norm });
      }
      const applied = clip.value === undefined ? scale : clipValues(gradient, scale, clip.value);
      const length = clip.value === undefined ? norm : globalNorm(gradient);
      const factor = clip.norm !== undefined && length > clip.norm ? clip.norm / (length + 1e-6) : 1;
      // Where nothing counts there is nothing to learn, and moments do not move.
      if (Object.values(totals).some(({ weight }) => weight !== 0)) state.step(gradient, { scale: applied * factor });
      return { ...told, norm, rate };
    },
  };
}

/** The values of a call with some examples, the first of which has this place in the batch. */
export type MakeCall = (examples: readonly SizedExample[], from: number) => Record<string, unknown>;

interface GradientOfBatch {
  /** Of the sum of the losses, but for the scale; until the next batch. */
  readonly gradient: TensorRecord;
  readonly totals: Totals;
  readonly scale: number;
}

/** Shard by shard: the gradient of all losses, and what they add up to. */
function gradientOf(
  instance: ModuleInstance,
  tree: SumTree,
  names: readonly string[],
  shards: readonly Shard[],
  call: MakeCall,
): GradientOfBatch {
  // One loss can be divided afterwards; of several, whose gradients come as one sum, each must be divided before.
  const per = names.length === 1 ? 1 : divisors(names, weightsOf(instance, names, shards, call));
  const totals: Totals = Object.fromEntries(names.map((name) => [name, { sum: 0, weight: 0 }]));
  for (const { examples, from } of shards) {
    const { params, losses } = instance.gradient!(call(examples, from), { per });
    tree.add(params);
    addLosses(totals, losses);
  }
  const { weight } = totals[names[0]!]!;
  return { gradient: tree.finish(), totals, scale: names.length > 1 || weight === 0 ? 1 : 1 / weight };
}

type Totals = Readonly<Record<string, { sum: number; weight: number }>>;

/** Sums in float64, in the order of the shards. */
export function addLosses(totals: Totals, losses: Readonly<Record<string, Omit<LossOfBatch, "value">>>): void {
  for (const name in totals) {
    totals[name]!.sum += losses[name]!.sum;
    totals[name]!.weight += losses[name]!.weight;
  }
}

export function tellLosses(totals: Totals): Pick<UpdateResult, "loss" | "losses" | "weight"> {
  const losses = Object.fromEntries(
    Object.entries(totals).map(([name, { sum, weight }]) => [name, weight === 0 ? 0 : sum / weight]),
  );
  const loss = Object.values(losses).reduce((sum, value) => sum + value, 0);
  return { loss, losses, weight: Object.values(totals)[0]!.weight };
}

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

/** What each loss of the whole batch is divided by. */
function weightsOf(
  instance: ModuleInstance,
  names: readonly string[],
  shards: readonly Shard[],
  call: MakeCall,
): Readonly<Record<string, number>> {
  const totals = Object.fromEntries(names.map((name) => [name, 0]));
  for (const { examples, from } of shards) {
    const result = instance.forward(call(examples, from));
    for (const name of names) totals[name]! += result[`${name}.weight`]![0]!;
  }
  return totals;
}

/** Where nothing counts the gradient is nothing. */
const divisors = (names: readonly string[], weights: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, weights[name] === 0 ? Number.MAX_VALUE : weights[name]!]));

/** Every update draws by a seed of its own, and every example of a batch by its place: so however it is cut, the same is drawn. */
function drawOptions(
  { manifest }: CompiledModule,
  seed: number,
  update: number,
  from: number,
  count: number,
): Readonly<Record<string, unknown>> {
  if (manifest.random === undefined) return {};
  const random = randomStream(seed, "calls", update);
  const own = random.word() + (random.word() & 0x1fffff) * 2 ** 32;
  return { seed: own, train: true, examples: Array.from({ length: count }, (_, i) => from + i) };
}

/** Scales and cuts in place. @returns What is left to scale by. */
function clipValues(gradient: TensorRecord, scale: number, most: number): number {
  for (const name in gradient) {
    const values: FloatArray = gradient[name]!;
    for (let i = 0; i < values.length; i++) values[i] = Math.max(-most, Math.min(most, values[i]! * scale));
  }
  return 1;
}

const pick = (tensors: TensorRecord, names: readonly string[]): TensorRecord =>
  Object.fromEntries(names.map((name) => [name, tensors[name]!]));

/** An instance with room for the largest examples so far. */
export interface Holder {
  readonly instance: ModuleInstance;
  /** Makes room where it is missing, with the same params. @returns Whether the instance is another one now. */
  fit(examples: readonly SizedExample[]): boolean;
}

export function createHolder(module: CompiledModule, batch: number, maxBytes: number | undefined): Holder {
  const axes = module.manifest.axes.filter(({ option }) => option === "sizes");
  const least = Object.fromEntries(axes.map((axis) => [axis.name, Math.max(1, leastOf(axis))]));
  const room = { ...least };
  const make = (): ModuleInstance =>
    module.instantiate({ batch, sizes: { ...room }, ...(maxBytes === undefined ? {} : { maxBytes }) });
  let instance = make();
  return {
    get instance() {
      return instance;
    },
    fit(examples) {
      let isLarger = false;
      for (const { name } of axes) {
        const needed = examples.reduce((most, { sizes }) => Math.max(most, sizes[name]!), 0);
        if (needed <= room[name]!) continue;
        // A little more than needed, so that slowly growing sizes do not ask for a new instance every time.
        room[name] = room[name] === least[name] ? needed : Math.ceil(needed * 1.1);
        isLarger = true;
      }
      if (!isLarger) return false;
      const next = make();
      next.setParams({ ...instance.params, ...instance.fixed });
      instance = next;
      return true;
    },
  };
}
