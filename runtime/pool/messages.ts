/** What a pool and its workers say to each other. */
import type { TensorRecord } from "../module/compiled-module.js";
import type { ModuleSource } from "../module/load-js.js";
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
  readonly tasks: readonly PoolTask[];
  readonly per: Divisors;
  readonly parts: readonly GradientPart[];
  readonly room: Room;
  /** Params and fixed values, where they are others than in the order before. */
  readonly params: TensorRecord | undefined;
  /** The number of the worker, from 1. */
  readonly thread: number;
  /** In memory that all see: the next task, and then whose each task is; whole gradients, task by task. */
  readonly shared: { readonly taken: Int32Array; readonly slots: readonly TensorRecord[] } | undefined;
  /** Where nothing is shared: the tasks of this worker. */
  readonly own: readonly number[];
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
