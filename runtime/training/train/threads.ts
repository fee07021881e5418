/** The threads of a run, and how many of them pay. */
import { refuse } from "../../base/arguments.js";
import { CallTypeError } from "../../base/errors.js";
import type { CompiledModule, ModuleInstance } from "../../module/compiled-module.js";
import type { ModuleSource } from "../../module/load-js.js";
import { createCrew, type Crew, type LostWorker } from "../../pool/crew.js";
import type { Room } from "../../pool/messages.js";
import { checkThreads, crewOf, type Pool, sourceFor } from "../../pool/pool.js";
import type { Summed } from "../../pool/sum-tree.js";
import { runTask } from "../../pool/task.js";
import { isRecord } from "../../base/options.js";
import type { ShardRunner } from "./shards.js";

/** What is asked: so many, or as many as pay; or those of a pool. */
export interface ThreadsPlan {
  readonly threads: number;
  /** Whether they have to show that they pay. */
  readonly isMeasured: boolean;
  readonly source: ModuleSource;
  readonly pool: Crew | undefined;
}

/** @throws TypeError or RangeError for wrong options; undefined where there is one thread. */
export function checkThreadsOption(module: CompiledModule, given: unknown): ThreadsPlan | undefined {
  if (given === undefined) return undefined;
  if (isRecord(given)) {
    const found = crewOf(given);
    if (found === undefined) refuse("train", "threads", 'a number, "auto" or a pool (from openPool)', given);
    if (JSON.stringify(found.module.manifest) !== JSON.stringify(module.manifest)) {
      throw new CallTypeError(`train: threads: the pool is of another module, ${found.module.manifest.cell}`);
    }
    return { threads: found.crew.threads, isMeasured: false, source: { text: "" }, pool: found.crew };
  }
  const threads = checkThreads("train: threads", given);
  const source = sourceFor("train", module, undefined, threads);
  return threads === 1 ? undefined : { threads, isMeasured: given === "auto", source, pool: undefined };
}

interface RunnerSettings {
  readonly module: CompiledModule;
  readonly plan: ThreadsPlan | undefined;
  /** That of the learner now, and its room. */
  readonly held: () => { readonly instance: ModuleInstance; readonly room: Room };
  readonly summed: readonly Summed[];
  readonly lost: (worker: LostWorker) => void;
}

/** Computes shards by one thread or by several, which gives the same bits. */
interface ThreadedRunner extends ShardRunner {
  close(): Promise<void>;
}

export function createRunner(settings: RunnerSettings): ThreadedRunner {
  const { module, plan, held, summed, lost } = settings;
  const parts = summed.map(({ name, width }) => ({ name, width }));
  let crew: Crew | undefined = plan?.pool;
  const chooser = createChooser();
  const alone: ShardRunner["run"] = async (tasks, per, each) => {
    for (const [i, task] of tasks.entries()) each(runTask(held().instance, parts, task(), per), i);
  };
  const together: ShardRunner["run"] = async (tasks, per, each) => {
    const { instance, room } = held();
    if (crew === undefined) {
      const { threads, source } = plan!;
      const { variant } = instance;
      crew = await createCrew({ manifest: module.manifest, source, threads, createWorker: undefined, timeout: 10_000, variant }); // prettier-ignore
    }
    await crew.run({ instance, room, parts, per, tasks, each, lost });
  };
  return {
    async run(tasks, per, each) {
      // One shard is nothing to share.
      if (plan === undefined || tasks.length === 1) return alone(tasks, per, each);
      if (!plan.isMeasured) return together(tasks, per, each);
      await chooser.run(alone, together, (own) => own(tasks, per, each));
    },
    close: async () => {
      if (plan?.pool === undefined) await crew?.close();
    },
  };
}

/** Calls before any is measured, while engines still compile; how many of each kind are measured then, and when they are again. */
const [warmUp, measured, period] = [5, 3, 1000];

interface Chooser {
  run<Way>(alone: Way, together: Way, call: (way: Way) => Promise<void>): Promise<void>;
}

/** The faster of two ways, by the least time that each took. Bits are the same, so that it may be chosen at any time. */
function createChooser(): Chooser {
  let count = 0;
  let least = [Infinity, Infinity];
  return {
    async run(alone, together, call) {
      const at = count++ % period;
      if (at === 0) least = [Infinity, Infinity];
      const isMeasured = at >= warmUp && at < warmUp + 2 * measured;
      const way = at < warmUp + 2 * measured ? at % 2 : least[1]! < least[0]! ? 1 : 0;
      const start = Date.now();
      await call(way === 0 ? alone : together);
      if (isMeasured) least[way] = Math.min(least[way]!, Date.now() - start);
    },
  };
}

export type ThreadsOption = number | "auto" | Pool;
