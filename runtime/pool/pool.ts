/// <reference lib="esnext.disposable" preserve="true" />
/** Several threads with the params of one instance. */
import { isModule, moduleKind, refuse } from "../base/arguments.js";
import type { CallResult, CallValues, CompiledModule, FloatArray, LossOfBatch, ModuleInstance, TensorRecord } from "../module/compiled-module.js"; // prettier-ignore
import { leastSizes } from "../module/axes.js";
import { asModule, type ModuleAddress, type ModuleNamespace, type ModuleSource, sourceOf } from "../module/load-js.js";
import { checkCount, checkOptionNames, checkPositive, describe } from "../base/options.js";
import { createCrew, type Crew, type CrewJob, type LostWorker, type PoolKind } from "./crew.js";
import { hostThreads } from "./host.js";
import type { Room } from "./messages.js";
import { canSplit, joinResults, splitCotangents, splitValues, usualShard } from "./split.js";
import { createSumTree, type SumTree } from "./sum-tree.js";
import type { Divisors, PoolTask, TaskResult } from "./task.js";

export interface PoolOptions {
  /** Threads, the one that calls among them; "auto": as many as the host runs at once. */
  readonly threads: number | "auto";
  /** As `instantiate` has them: the largest calls of `instance`, of `forward` and `gradient`. Training makes room for itself. */
  readonly batch?: number;
  readonly steps?: number;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly maxBytes?: number;
  /** Examples whose gradients are computed in one call, 4 by default: what the bits of a gradient depend on. */
  readonly shard?: number;
  /** Where workers load the module from: its text, or a `URL`. Only for modules that were imported, as others know it. */
  readonly source?: string | ModuleAddress;
  /** Milliseconds without a result after which a worker counts as lost; 10,000 by default. */
  readonly timeout?: number;
  /** Is told of each worker that is lost, and whose work was done again. */
  readonly onLost?: (worker: LostWorker) => void;
  /** For bundlers that do not see `new Worker(new URL("./worker.js", import.meta.url))`: makes a worker of `recell/runtime/worker`. */
  readonly createWorker?: () => object;
}

export interface PoolGradientOptions {
  /** What losses are divided by; what they say themselves, of the whole batch, where left out. */
  readonly per?: Divisors;
  /** Of a module without losses: derivatives by outputs and states in the end, as `backward` takes them. */
  readonly cotangents?: Readonly<Record<string, unknown>>;
}

/** Copies, which the caller may keep. */
export interface PoolGradient {
  readonly params: TensorRecord;
  /** The sum of all losses. */
  readonly loss: number;
  readonly losses: Readonly<Record<string, LossOfBatch>>;
}

export interface Pool extends AsyncDisposable {
  /** Those that are there, which may be fewer than were asked for. */
  readonly threads: number;
  /** Whether threads share memory, tell each other all, or there is one alone. */
  readonly how: PoolKind;
  /** Why it is not more; empty where all is as asked. */
  readonly why: string;
  /** Whose params all threads compute with. Its own calls are those of one thread. */
  readonly instance: ModuleInstance;
  /** The bits of `instance.forward`, each thread with some of the examples; without what all examples share, such as losses. */
  forward(values: CallValues): Promise<CallResult>;
  /** The gradient by params, shards added up in one order: the same bits for any number of threads. */
  gradient(values: CallValues, options?: PoolGradientOptions): Promise<PoolGradient>;
  close(): Promise<void>;
}

const known = [
  ...["threads", "batch", "steps", "sizes", "maxBytes", "shard", "source", "timeout", "onLost", "createWorker"],
];

/**
 * Opens threads that compute with the params of one instance: workers of Node, or of the browser. Where there can be none, the pool
 * is one thread, and says why.
 *
 * @throws TypeError or RangeError for wrong options, and where workers could not find the module.
 * @example
 *     await using pool = await openPool(module, { threads: "auto", batch: 32, steps: 64 });
 *     const { y } = await pool.forward({ x });
 */
export async function openPool(module: CompiledModule | ModuleNamespace, options: PoolOptions): Promise<Pool> {
  if (!isModule(module)) refuse("openPool", "the first argument", moduleKind, module);
  checkOptionNames("openPool", options, known);
  const own = asModule(module);
  const threads = checkThreads("openPool: threads", options.threads);
  const { shard = usualShard, timeout = 10_000, createWorker, onLost = () => undefined } = options;
  checkCount("openPool: shard", shard);
  checkPositive("openPool: timeout", timeout);
  for (const [name, given] of Object.entries({ createWorker, onLost })) {
    if (given !== undefined && typeof given !== "function") refuse("openPool", name, "a function", given);
  }
  const source = sourceFor("openPool", own, options.source, threads);
  const { batch = 1, steps, sizes = {}, maxBytes } = options;
  const room: Room = {
    ...{ batch, ...(steps !== undefined && { steps }) },
    ...{ sizes: { ...leastSizes(own.manifest), ...sizes }, ...(maxBytes !== undefined && { maxBytes }) },
  };
  const instance = own.instantiate(room);
  const { variant } = instance;
  const crew = await createCrew({ manifest: own.manifest, source, threads, createWorker, timeout, variant });
  const pool = createPool(own, instance, crew, { room, shard, lost: onLost });
  crews.set(pool, { crew, module: own });
  return pool;
}

/** What is behind pools, for those who train with one. */
const crews = new WeakMap<object, { readonly crew: Crew; readonly module: CompiledModule }>();
export const crewOf = (pool: object): { readonly crew: Crew; readonly module: CompiledModule } | undefined => crews.get(pool); // prettier-ignore

/** @throws TypeError or RangeError for what is no number of threads. */
export function checkThreads(place: string, threads: unknown): number {
  if (threads === "auto") return hostThreads();
  if (typeof threads !== "number") throw new TypeError(`${place} must be a number or "auto", got ${describe(threads)}`);
  return checkCount(place, threads);
}

/** @throws TypeError where there would be workers that could not find the module. */
export function sourceFor(
  where: string,
  module: CompiledModule,
  given: string | ModuleAddress | undefined,
  threads: number,
): ModuleSource {
  if (typeof given === "string") return { text: given };
  if (given !== undefined) return { href: given.href };
  const source = sourceOf(module);
  if (source !== undefined || threads === 1) return source ?? { text: "" };
  throw new TypeError(
    `${where}: threads: workers must load ${module.manifest.cell} for themselves, and nothing says from where; open a pool by \`openPool(module, { source: new URL("./module.js", import.meta.url), … })\``,
  );
}

interface PoolSettings extends Pick<CrewJob, "room" | "lost"> {
  readonly shard: number;
}

function createPool(module: CompiledModule, instance: ModuleInstance, crew: Crew, settings: PoolSettings): Pool {
  const { manifest } = module;
  const { room, shard } = settings;
  const batchOf = ({ batch = room.batch }: CallValues): number => checkCount("pool: batch", batch);
  const job = { ...settings, instance };
  const parts = manifest.params.map(({ name }) => ({ name }));
  let tree: SumTree | undefined;
  const close = (): Promise<void> => crew.close();
  return {
    [Symbol.asyncDispose ?? "dispose"]: close,
    close,
    instance,
    get threads() {
      return crew.threads;
    },
    get how() {
      return crew.how;
    },
    get why() {
      return crew.why;
    },
    async forward(values) {
      const batch = batchOf(values);
      const take = splitValues(manifest, values, batch);
      const ranges = canSplit(manifest) ? rangesOf(batch, Math.ceil(batch / crew.threads)) : [[0, batch] as const];
      const found: TaskResult[] = [];
      const tasks = ranges.map(([from, count]) => (): PoolTask => ({ kind: "forward", values: take(from, count) }));
      await crew.run({ ...job, tasks, parts: [], per: 1, each: (result) => found.push(result) });
      return joinResults(manifest, found);
    },
    async gradient(values, options = {}) {
      checkOptionNames("gradient", options, ["per", "cotangents"]);
      const batch = batchOf(values);
      const take = splitValues(manifest, values, batch);
      const cut = options.cotangents && splitCotangents(manifest, options.cotangents, batch);
      const ranges = rangesOf(batch, shard);
      const tasks = ranges.map(([from, count]) => (): PoolTask => ({
        ...{ kind: "gradient", values: take(from, count) },
        ...(cut && { cotangents: cut(from, count) }),
      }));
      // Taken out while it is used: by calls that come meanwhile, and where one ends by an error.
      const own = tree ?? createSumTree(parts.map(({ name }) => ({ name, like: instance.params[name]!.slice() })));
      tree = undefined;
      const found = await gradientBy(module, { ...job, parts, tasks }, crew, own, options, () =>
        weightsOf(instance, values),
      );
      tree = own;
      return found;
    },
  };
}

/** Shard by shard, and then their sum. */
async function gradientBy(
  { manifest }: CompiledModule,
  job: Omit<CrewJob, "per" | "each">,
  crew: Crew,
  tree: SumTree,
  { per, cotangents }: PoolGradientOptions,
  weights: () => Readonly<Record<string, number>>,
): Promise<PoolGradient> {
  const { losses: names = [] } = manifest;
  if (names.length === 0 && cotangents === undefined) {
    throw new TypeError(`gradient: ${manifest.cell} has no losses; give cotangents, as \`backward\` takes them`);
  }
  // One loss can be divided afterwards.
  const isLater = per === undefined && names.length === 1;
  const divisors = cotangents !== undefined || isLater ? 1 : (per ?? weights());
  const totals = new Map(names.map((name) => [name, { sum: 0, weight: 0 }]));
  await crew.run({
    ...{ ...job, per: divisors },
    each({ gradient, losses }) {
      tree.add(gradient);
      for (const [name, total] of totals) {
        total.sum += losses[name]?.sum ?? 0;
        total.weight += losses[name]?.weight ?? 0;
      }
    },
  });
  const divisorOf = (name: string): number =>
    isLater ? totals.get(name)!.weight || Infinity : typeof divisors === "number" ? divisors : (divisors[name] ?? 1);
  const scale = isLater ? 1 / divisorOf(names[0]!) : 1;
  const params = Object.fromEntries(
    Object.entries(tree.finish()).map(([name, own]) => [name, scaled(own as FloatArray, scale)]),
  );
  const told = Object.fromEntries(
    [...totals].map(([name, { sum, weight }]) => [name, { sum, weight, value: sum / divisorOf(name) }]),
  );
  return { params, losses: told, loss: Object.values(told).reduce((sum, { value }) => sum + value, 0) };
}

function scaled(values: FloatArray, scale: number): FloatArray {
  const copy = values.slice();
  if (scale !== 1) for (let i = 0; i < copy.length; i++) copy[i]! *= scale;
  return copy;
}

/** What each loss of the whole is divided by; where that is 0 its gradient is nothing. */
const weightsOf = (instance: ModuleInstance, values: CallValues): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(instance.weights!(values)).map(([name, weight]) => [name, weight === 0 ? Number.MAX_VALUE : weight]),
  );

/** From each so many, the last one what is left. */
const rangesOf = (all: number, size: number): (readonly [from: number, count: number])[] =>
  Array.from({ length: Math.ceil(all / size) }, (_, i) => [i * size, Math.min(size, all - i * size)] as const);
