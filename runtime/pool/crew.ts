/** Threads that do tasks together: workers, and whoever calls. Where one is lost, others do what it had. */
import type { ModuleInstance, TensorRecord } from "../module/compiled-module.js";
import type { Manifest } from "../module/manifest.js";
import type { ModuleSource } from "../module/load-js.js";
import { storedTensors } from "../module/axes.js";
import { after, canShare, createHostWorker, type HostWorker, listenTo } from "./host.js";
import { keepInSlot, type PoolOrder, type PoolReport, type Room, type RunOrder, type SharedOrder, takeTask } from "./messages.js"; // prettier-ignore
import { bytesOf, layoutOf, type PlacedTask, SharedMemories, tensorsIn } from "./shared-memory.js";
import { copyOf, type Divisors, type GradientPart, type PoolTask, runTask, type TaskResult } from "./task.js";

interface CrewOptions {
  readonly manifest: Manifest;
  readonly source: ModuleSource;
  /** Those who call are one of them. */
  readonly threads: number;
  readonly createWorker: (() => object) | undefined;
  /** The kernels that all must run. */
  readonly variant: string;
  /** Milliseconds without a result after which a worker counts as lost. */
  readonly timeout: number;
}

/** How threads see params and gradients: as copies in memory that they share, by messages, or not, as there is one alone. */
export type PoolKind = "copies" | "messages" | "single";

export interface LostWorker {
  readonly cause: string;
  /** The tasks that it had, which were done again. */
  readonly tasks: readonly number[];
}

export interface CrewJob {
  /** That of the thread that calls, whose params count. */
  readonly instance: ModuleInstance;
  readonly room: Room;
  readonly parts: readonly GradientPart[];
  readonly per: Divisors;
  readonly tasks: readonly (() => PoolTask)[];
  /** Is given the results in the order of the tasks. Gradients hold until it returns; the rest is its to keep. */
  readonly each: (result: TaskResult, task: number) => void;
  readonly lost: (worker: LostWorker) => void;
}

export interface Crew {
  readonly threads: number;
  readonly how: PoolKind;
  readonly why: string;
  run(job: CrewJob): Promise<void>;
  close(): Promise<void>;
}

interface CrewMember {
  readonly worker: HostWorker;
  readonly thread: number;
  isReady: boolean;
  /** The version of the params that it has been told, and the last memory. */
  version: number;
  memory: number;
}

/** Tasks of one order at most, for each thread: so gradients that wait for their turn take no more memory than these. */
const tasksPerThread = 4;
/** New workers in the place of lost ones. */
const mostReplaced = 3;

/** @returns When all workers are ready, or cannot be. */
export async function createCrew(options: CrewOptions): Promise<Crew> {
  const crew = new WorkerCrew(options);
  await crew.open();
  return crew;
}

class WorkerCrew implements Crew {
  why = "";
  private readonly options: CrewOptions;
  private readonly isShared = canShare();
  private members: CrewMember[] = [];
  private replaced = 0;
  private runs = 0;
  private readonly memories = new SharedMemories();
  /** Of the params: each job has some of its own. */
  private version = 0;
  /** Which memory holds the params of which version. */
  private written = "";
  private work: CrewWork | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: CrewOptions) {
    this.options = options;
  }

  get threads(): number {
    return 1 + this.members.filter(({ isReady }) => isReady).length;
  }

  get how(): PoolKind {
    return this.threads === 1 ? "single" : this.isShared ? "copies" : "messages";
  }

  async open(): Promise<void> {
    const { threads } = this.options;
    if (threads === 1) this.why = "one thread was asked for";
    await Promise.all(Array.from({ length: threads - 1 }, (_, i) => this.start(i + 1)));
    if (threads > 1 && !this.isShared) this.why = "the host lets no threads share memory";
  }

  /** Until the worker is ready, or lost. */
  private start(thread: number): Promise<void> {
    const { createWorker = createHostWorker, source } = this.options;
    return new Promise((resolve) => {
      let worker: HostWorker;
      try {
        worker = createWorker() as HostWorker;
      } catch (error) {
        this.why = error instanceof Error ? error.message : String(error);
        resolve();
        return;
      }
      const member: CrewMember = { worker, thread, isReady: false, version: 0, memory: 0 };
      this.members.push(member);
      listenTo(worker, {
        message: (told) => {
          const report = told as PoolReport;
          if (report.kind === "ready") this.welcome(member, report.variant);
          else if (report.kind === "failed") this.lose(member, report.problem);
          else this.work?.hear(report);
          resolve();
        },
        lost: (cause) => {
          this.lose(member, cause);
          resolve();
        },
      });
      worker.postMessage({ kind: "open", source } satisfies PoolOrder);
    });
  }

  private welcome(member: CrewMember, variant: string): void {
    // Others round otherwise.
    if (variant !== this.options.variant) this.lose(member, `it runs ${variant} kernels, not ${this.options.variant}`);
    else member.isReady = true;
    // Only while there is work is there something to wait for.
    member.worker.unref?.();
  }

  private lose(member: CrewMember, cause: string): void {
    if (!this.members.includes(member)) return;
    this.members = this.members.filter((other) => other !== member);
    this.why = `a worker was lost: ${cause}`;
    void member.worker.terminate();
    if (!member.isReady) return;
    // Until it has ended it may still write, what is right for the tasks at hand and wrong for later ones.
    this.memories.leave();
    this.work?.lose(member.thread, cause);
    if (this.replaced++ < mostReplaced) void this.start(member.thread);
  }

  /** One after the other: calls that come while there is work wait. */
  run(job: CrewJob): Promise<void> {
    const done = this.last.then(() => this.runNow(job));
    this.last = done.catch(() => undefined);
    return done;
  }

  private async runNow(job: CrewJob): Promise<void> {
    if (this.threads === 1) return runAlone(job);
    const wave = tasksPerThread * this.options.threads;
    this.version++;
    for (let from = 0; from < job.tasks.length; from += wave) {
      const tasks = job.tasks.slice(from, from + wave).map((make) => make());
      await this.runWave(job, tasks, from);
    }
  }

  private async runWave(job: CrewJob, tasks: readonly PoolTask[], from: number): Promise<void> {
    const members = this.members.filter(({ isReady }) => isReady);
    const isShared = this.isShared && members.length > 0;
    const own = (thread: number): number[] =>
      [...tasks.keys()].filter((task) => task % (members.length + 1) === thread);
    const shared = isShared ? this.share(job, tasks) : undefined;
    const slots = shared?.slots ?? tasks.map(() => ({}));
    const work = new CrewWork({ job, tasks, from, slots, taken: shared?.taken, own });
    this.work = work;
    const run = ++this.runs;
    work.run = run;
    const plain = shared === undefined ? tasks.map((task) => copyOf(task)) : [];
    const order = { kind: "run", run, per: job.per, parts: job.parts, room: job.room } as const;
    for (const [i, member] of members.entries()) {
      const { worker, thread } = member;
      worker.ref?.();
      work.threads.add(thread);
      const isNew = member.version !== this.version;
      member.version = this.version;
      if (shared === undefined) {
        const params = isNew ? copyOf({ ...job.instance.params, ...job.instance.fixed }) : undefined;
        worker.postMessage({ ...order, tasks: plain, params, thread, own: own(i + 1), shared } satisfies RunOrder);
        work.owned.set(thread, own(i + 1));
        continue;
      }
      const { told, last } = this.memories.since(member.memory);
      member.memory = last;
      const news = { ...shared.order, told, params: isNew ? shared.params : undefined };
      const given: RunOrder = { ...order, tasks: shared.tasks, params: undefined, thread, own: [], shared: news };
      worker.postMessage(given);
    }
    try {
      await work.finish(this.options.timeout, () => this.loseSilent(work));
    } finally {
      this.work = undefined;
      for (const { worker } of members) worker.unref?.();
    }
  }

  /** Those that have tasks and told nothing for too long. */
  private loseSilent(work: CrewWork): void {
    const silent = this.members.filter(({ thread }) => work.tasksOf(thread).length > 0);
    for (const member of silent) this.lose(member, `it told nothing for ${this.options.timeout} ms`);
  }

  /** Puts all that others need into memory that they see. */
  private share({ instance, parts }: CrewJob, tasks: readonly PoolTask[]): SharedWork {
    const placed = tasks.map((task, i) => this.memories.placeTask(`task ${i}`, task));
    const whole = parts.filter(({ width }) => width === undefined);
    const slot = layoutOf(whole.map(({ name }) => [name, instance.params[name]!]));
    const memories = tasks.map((_, i) => this.memories.place(`slot ${i}`, bytesOf(slot)));
    const taken = new Int32Array(new SharedArrayBuffer(4 * (tasks.length + 1)));
    return {
      tasks: placed,
      taken,
      slots: memories.map(({ buffer }) => tensorsIn(buffer, slot)),
      params: this.shareParams(instance),
      order: { taken, slots: { layout: slot, memories: memories.map(({ number }) => number) } },
    };
  }

  private shareParams(instance: ModuleInstance): NonNullable<SharedOrder["params"]> {
    // Reading params makes every call look for changes in them, so only where somebody needs them.
    const now: TensorRecord = { ...instance.params, ...instance.fixed };
    const layout = layoutOf(storedTensors(this.options.manifest).map(({ name }) => [name, now[name]!]));
    const { number, buffer } = this.memories.place("params", bytesOf(layout));
    const isWritten = this.written === `${number} ${this.version}`;
    if (!isWritten) for (const [name, values] of Object.entries(tensorsIn(buffer, layout))) values.set(now[name]!);
    this.written = `${number} ${this.version}`;
    return { memory: number, layout };
  }

  async close(): Promise<void> {
    const all = this.members;
    this.members = [];
    this.replaced = mostReplaced;
    this.work?.abandon();
    await Promise.all(all.map(({ worker }) => worker.terminate()));
  }
}

/** Tasks as others are told of them. */
interface SharedWork {
  readonly tasks: readonly PlacedTask[];
  readonly taken: Int32Array;
  readonly slots: readonly TensorRecord[];
  readonly params: NonNullable<SharedOrder["params"]>;
  readonly order: Omit<SharedOrder, "told" | "params">;
}

interface WorkSettings {
  readonly job: CrewJob;
  readonly tasks: readonly PoolTask[];
  /** The number of the first of them. */
  readonly from: number;
  readonly slots: readonly TensorRecord[];
  readonly taken: Int32Array | undefined;
  readonly own: (thread: number) => readonly number[];
}

/** Tasks that are at work. */
class CrewWork {
  run = 0;
  readonly threads = new Set<number>();
  readonly owned = new Map<number, readonly number[]>();
  private readonly settings: WorkSettings;
  private readonly results: (TaskResult | undefined)[];
  private redo: number[] = [];
  private wake: () => void = () => undefined;

  constructor(settings: WorkSettings) {
    this.settings = settings;
    this.results = settings.tasks.map(() => undefined);
  }

  hear(report: Extract<PoolReport, { run: number }>): void {
    if (report.run !== this.run) return;
    if (report.kind === "refused") this.redo.push(report.task);
    else this.results[report.task] ??= report.result;
    this.wake();
  }

  /** What a thread has begun and not ended. */
  tasksOf(thread: number): number[] {
    const { taken, tasks } = this.settings;
    const isOpen = (task: number): boolean => this.results[task] === undefined && !this.redo.includes(task);
    const own = taken === undefined ? (this.owned.get(thread) ?? []) : [...tasks.keys()].filter((task) => Atomics.load(taken, task + 1) === thread); // prettier-ignore
    return own.filter(isOpen);
  }

  lose(thread: number, cause: string): void {
    const { job, from, taken } = this.settings;
    // One that was taken and not yet written down as somebody's may be of this thread.
    const nobodys = taken === undefined ? [] : [...this.results.keys()].filter((task) => task < Atomics.load(taken, 0) && Atomics.load(taken, task + 1) === 0); // prettier-ignore
    const lost = [...new Set([...this.tasksOf(thread), ...nobodys])].filter((task) => this.results[task] === undefined);
    this.redo.push(...lost);
    this.threads.delete(thread);
    job.lost({ cause, tasks: lost.map((task) => from + task) });
    this.wake();
  }

  /** Nobody else is there any more. */
  abandon(): void {
    this.threads.clear();
    this.wake();
  }

  /** Does what is left for this thread, and waits for the others. */
  async finish(timeout: number, silent: () => void): Promise<void> {
    const { taken, tasks, own } = this.settings;
    const mine = taken === undefined ? [...own(0)] : [];
    const next = (): number => (taken === undefined ? (mine.shift() ?? tasks.length) : takeTask(taken, mainThread));
    for (let task = next(); task < tasks.length; task = next()) this.compute(task);
    while (this.results.includes(undefined)) {
      const again = this.redo.shift();
      if (again !== undefined) {
        if (this.results[again] === undefined) this.compute(again);
        continue;
      }
      if (this.threads.size > 0) await this.wait(timeout, silent);
      else this.redo.push(...[...this.results.keys()].filter((task) => this.results[task] === undefined));
    }
    const { job, from, slots } = this.settings;
    this.results.forEach((result, i) => {
      const { gradient } = result!;
      job.each({ ...result!, gradient: job.parts.length > 0 ? { ...slots[i], ...gradient } : gradient }, from + i);
    });
  }

  private compute(task: number): void {
    const { job, tasks, slots } = this.settings;
    const result = runTask(job.instance, job.parts, tasks[task]!, job.per);
    this.results[task] = copyOf({ ...result, gradient: keepInSlot(slots[task]!, result.gradient) });
  }

  private wait(timeout: number, silent: () => void): Promise<void> {
    return new Promise((resolve) => {
      const stop = after(timeout, () => {
        silent();
        resolve();
      });
      this.wake = () => {
        stop();
        resolve();
      };
    });
  }
}

/** Of those who call. */
const mainThread = -1;

/** Without anybody to tell: gradients need no copies, as they are taken before the next call. */
function runAlone({ instance, parts, tasks, per, each }: CrewJob): void {
  for (const [i, make] of tasks.entries()) {
    const { gradient, ...rest } = runTask(instance, parts, make(), per);
    each({ ...copyOf(rest), gradient }, i);
  }
}
