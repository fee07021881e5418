/** Threads that do tasks together: workers, and whoever calls. Where one is lost, others do what it had. */
import type { FloatArray, ModuleInstance, TensorRecord } from "../module/compiled-module.js";
import type { Manifest } from "../module/manifest.js";
import type { ModuleSource } from "../module/load-js.js";
import { storedTensors } from "../module/axes.js";
import { after, canShare, createHostWorker, type HostWorker, listenTo } from "./host.js";
import { keepInSlot, type PoolOrder, type PoolReport, type Room, type RunOrder, takeTask } from "./messages.js"; // prettier-ignore
import { type Divisors, type GradientPart, type PoolTask, runTask, type TaskResult } from "./task.js";

export interface CrewOptions {
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
  /** Whether it has params of some order. */
  isInformed: boolean;
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
  private slots: TensorRecord[] = [];
  /** Of which params. */
  private slotsOf = "";
  private shared: TensorRecord | undefined;
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
      const member: CrewMember = { worker, thread, isReady: false, isInformed: false };
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
    this.slots = [];
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
    const wave = tasksPerThread * this.options.threads;
    let isNew = true;
    for (let from = 0; from < job.tasks.length; from += wave) {
      const tasks = job.tasks.slice(from, from + wave).map((make) => make());
      await this.runWave(job, tasks, from, isNew);
      isNew = false;
    }
  }

  private async runWave(job: CrewJob, tasks: readonly PoolTask[], from: number, isNew: boolean): Promise<void> {
    const members = this.members.filter(({ isReady }) => isReady);
    const { isShared } = this;
    const own = (thread: number): number[] =>
      [...tasks.keys()].filter((task) => task % (members.length + 1) === thread);
    const taken = isShared ? new Int32Array(new SharedArrayBuffer(4 * (tasks.length + 1))) : undefined;
    const slots = this.slotsFor(job, tasks.length);
    const work = new CrewWork({ job, tasks, from, slots, taken, own });
    this.work = work;
    // Reading params makes every call look for changes in them, so only where somebody needs them.
    const isAlone = members.length === 0;
    const params = isAlone ? undefined : isNew || this.shared === undefined ? this.paramsOf(job.instance) : this.shared;
    const order: Omit<RunOrder, "thread" | "own" | "params"> = {
      ...{ kind: "run", run: ++this.runs, per: job.per, parts: job.parts, room: job.room },
      tasks: isShared && !isAlone ? tasks.map(shareTask) : tasks,
      shared: taken && { taken, slots },
    };
    work.run = this.runs;
    members.forEach((member, i) => {
      const { worker, thread } = member;
      worker.ref?.();
      work.threads.add(thread);
      const told = isNew || !member.isInformed ? params : undefined;
      member.isInformed = true;
      worker.postMessage({ ...order, params: told, thread, own: isShared ? [] : own(i + 1) } satisfies RunOrder);
      if (!isShared) work.owned.set(thread, own(i + 1));
    });
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

  private slotsFor(job: CrewJob, count: number): TensorRecord[] {
    const key = JSON.stringify(job.parts);
    if (key !== this.slotsOf) [this.slots, this.slotsOf] = [[], key];
    while (this.slots.length < count) this.slots.push(this.makeSlot(job));
    return this.slots.slice(0, count);
  }

  /** Whole gradients in one memory; those by rows are told. */
  private makeSlot({ parts, instance }: CrewJob): TensorRecord {
    const whole = parts.filter(({ width }) => width === undefined);
    return Object.fromEntries(whole.map(({ name }) => [name, makeFloats(instance.params[name]!, this.isShared)]));
  }

  private paramsOf(instance: ModuleInstance): TensorRecord {
    const { manifest } = this.options;
    const now: Readonly<Record<string, FloatArray>> = { ...instance.params, ...instance.fixed };
    this.shared ??= Object.fromEntries(storedTensors(manifest).map(({ name }) => [name, makeFloats(now[name]!, this.isShared)])); // prettier-ignore
    for (const name in this.shared) this.shared[name]!.set(now[name]!);
    return this.shared;
  }

  async close(): Promise<void> {
    const all = this.members;
    this.members = [];
    this.replaced = mostReplaced;
    this.work?.abandon();
    await Promise.all(all.map(({ worker }) => worker.terminate()));
  }
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

/** An array of its length and type. */
function makeFloats(like: FloatArray, isShared: boolean): FloatArray {
  const Numbers = like.BYTES_PER_ELEMENT === 4 ? Float32Array : Float64Array;
  return isShared ? new Numbers(new SharedArrayBuffer(like.byteLength) as unknown as ArrayBuffer) : new Numbers(like.length); // prettier-ignore
}

/** Arrays of numbers in memory that all threads see, which no message copies. */
function shareTask(task: PoolTask): PoolTask {
  const share = (value: unknown): unknown => {
    if (!ArrayBuffer.isView(value) || value instanceof DataView) return value;
    const own = value as Float32Array;
    const shared = new (own.constructor as Float32ArrayConstructor)(new SharedArrayBuffer(own.byteLength) as unknown as ArrayBuffer); // prettier-ignore
    shared.set(own);
    return shared;
  };
  const shareAll = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, share(value)]));
  return { ...task, values: shareAll(task.values), ...(task.cotangents && { cotangents: shareAll(task.cotangents) }) };
}

/** What holds when the instance is called again. */
function copyOf(result: TaskResult): TaskResult {
  const copy = <Arrays extends Readonly<Record<string, unknown>>>(arrays: Arrays): Arrays =>
    Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, copyValue(value)])) as Arrays;
  const copyValue = (value: unknown): unknown =>
    ArrayBuffer.isView(value) ? (value as Float32Array).slice() : typeof value === "object" && value !== null ? copy(value as Record<string, unknown>) : value; // prettier-ignore
  return copy(result as unknown as Record<string, unknown>) as unknown as TaskResult;
}
