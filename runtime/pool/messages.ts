/** What a pool and its workers say to each other. */
import type { TensorRecord } from "../module/compiled-module.js";
import type { ModuleSource } from "../module/load-js.js";
import type { PlacedTask, TensorLayout, ToldMemory } from "./shared-memory.js";
import type { Divisors, GradientPart, PoolTask, TaskResult } from "./task.js";

/** The largest calls of an instance. */
export interface Room {
  readonly batch: number;
  readonly steps?: number;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly maxBytes?: number;
}

/** Tasks for all threads. */
export interface RunOrder {
  readonly kind: "run";
  readonly run: number;
  readonly tasks: readonly PoolTask[] | readonly PlacedTask[];
  readonly per: Divisors;
  readonly parts: readonly GradientPart[];
  readonly room: Room;
  /** Params and fixed values, where they are others than in the order before and nothing is shared. */
  readonly params: TensorRecord | undefined;
  /** The number of the worker, from 1. */
  readonly thread: number;
  readonly shared: SharedOrder | undefined;
  /** Where nothing is shared: the tasks of this worker. */
  readonly own: readonly number[];
}

/** What lies in memory that all see. */
export interface SharedOrder {
  /** Memory that the worker has not been told of. */
  readonly told: readonly ToldMemory[];
  /** Params and fixed values, where they are others than in the order before. */
  readonly params: { readonly memory: number; readonly layout: TensorLayout } | undefined;
  /** The next task, and then whose each task is: of this order alone, as a worker may still look for one when the next order is under way. */
  readonly taken: Int32Array;
  /** Whole gradients, a memory for each task. */
  readonly slots: { readonly memories: readonly number[]; readonly layout: TensorLayout };
}

export type PoolOrder = { readonly kind: "open"; readonly source: ModuleSource } | RunOrder;

export type PoolReport =
  | { readonly kind: "ready"; readonly variant: string }
  | { readonly kind: "failed"; readonly problem: string }
  /** Without the gradients that lie in shared memory. */
  | { readonly kind: "done"; readonly run: number; readonly task: number; readonly result: TaskResult }
  /** It threw an error, which whoever does it again will see. */
  | { readonly kind: "refused"; readonly run: number; readonly task: number; readonly problem: string };

/** The next task of a thread, the number of tasks or more where there is none left. */
export function takeTask(taken: Int32Array, thread: number): number {
  const task = Atomics.add(taken, 0, 1);
  if (task + 1 < taken.length) Atomics.store(taken, task + 1, thread);
  return task;
}

/** Copies gradients into the place of their task. @returns Those that have no place there: rows. */
export function keepInSlot(slot: TensorRecord, gradient: TaskResult["gradient"]): TaskResult["gradient"] {
  const rest: Record<string, TaskResult["gradient"][string]> = {};
  for (const name in gradient) {
    const [own, given] = [slot[name], gradient[name]!];
    if (own !== undefined && "length" in given) own.set(given);
    else rest[name] = given;
  }
  return rest;
}
