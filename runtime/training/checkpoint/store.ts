/** Where checkpoints are kept. */
import { refuse } from "../../base/arguments.js";
import { checkCount, checkOptionNames, isCount, isRecord } from "../../base/options.js";

/** Files by name. `checkpointFolder` of recell/node is one; another may be a database of a browser. */
export interface CheckpointStore {
  /** Names of all files, in any order; none where there is nothing yet. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  /** When the promise is fulfilled the file is there, whole, whatever happens then; before that it is not there, or whole. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface CheckpointOptions {
  /** Updates from one checkpoint to the next; there is one at the end, too. */
  readonly every: number;
  /** How many of the last are kept; 2 by default, as the newest may be what a bad disk gives back otherwise. */
  readonly keep?: number;
}

/** A store, and when it is written to. */
export interface Checkpoints extends Required<CheckpointOptions> {
  readonly store: CheckpointStore;
}

/**
 * Checkpoints in a store, for `train`.
 *
 * @throws TypeError or RangeError for wrong arguments.
 * @example
 *     train({ …, checkpoints: checkpoints(checkpointFolder("run"), { every: 200 }), resume: true });
 */
export function checkpoints(store: CheckpointStore, options: CheckpointOptions): Checkpoints {
  if (!isStore(store)) refuse("checkpoints", "the first argument", "a store (from checkpointFolder)", store);
  checkOptionNames("checkpoints", options, ["every", "keep"]);
  const { every, keep = 2 } = options;
  for (const [name, value] of Object.entries({ every, keep })) checkCount(`checkpoints: ${name}`, value);
  return { store, every, keep };
}

/** Whether it is what `checkpoints` gives. */
export const isCheckpoints = (value: unknown): value is Checkpoints =>
  isRecord(value) && isStore(value["store"]) && isCount(value["every"]) && isCount(value["keep"]);

const isStore = (value: unknown): boolean =>
  isRecord(value) && ["list", "read", "write", "remove"].every((name) => typeof value[name] === "function");

const pattern = /^step-(\d{10})\.safetensors$/u;

/** The name of the checkpoint after so many updates. */
export const nameOfStep = (update: number): string => `step-${String(update).padStart(10, "0")}.safetensors`;

/** Checkpoints among names, the newest first. */
export const stepsAmong = (names: readonly string[]): string[] =>
  names
    .filter((name) => pattern.test(name))
    .sort()
    .reverse();

/** Writes a checkpoint; when it is there, those are removed that need not be kept. */
export async function writeCheckpoint({ store, keep }: Checkpoints, name: string, bytes: Uint8Array): Promise<void> {
  await store.write(name, bytes);
  const older = stepsAmong(await store.list()).filter((other) => other < name);
  for (const other of older.slice(keep - 1)) await store.remove(other);
}
