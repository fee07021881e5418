/** Where a run goes on: at the newest checkpoint that is whole. */
import { CheckpointError } from "../../base/errors.js";
import type { TrainingRun } from "../train/training-run.js";
import { compareIdentity, decodeCheckpoint, encodeCheckpoint } from "./contents.js";
import { contentsOf, identityOf, restoreRun } from "./run-state.js";
import { nameOfStep, stepsAmong, writeCheckpoint, type Checkpoints, type CheckpointStore } from "./store.js";

export interface ResumePoint {
  readonly name: string;
  /** Newer ones that could not be read or were not whole, with what is wrong with each. */
  readonly skipped: readonly string[];
}

/**
 * @returns Where it goes on; nothing where there is no checkpoint yet.
 * @throws CheckpointError `other-run` where the newest whole one is of a run that differs in more than `allow`, or whose state does not fit
 * all the same; `corrupt` where there are checkpoints and none is whole.
 */
export async function resumeRun(
  run: TrainingRun,
  { store }: Checkpoints,
  allow: readonly string[],
): Promise<ResumePoint | undefined> {
  const names = stepsAmong(await store.list());
  const skipped: string[] = [];
  for (const name of names) {
    try {
      const contents = decodeCheckpoint(name, await readFrom(store, name));
      compareIdentity(name, contents.identity, identityOf(run), allow);
      restoreRun(name, run, contents);
      return { name, skipped };
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code !== "corrupt") throw error;
      skipped.push(error.message);
    }
  }
  if (names.length === 0) return undefined;
  throw new CheckpointError(
    "corrupt",
    `there are ${names.length} checkpoints and none is whole: ${skipped.join("; ")}`,
  );
}

/** What cannot be read is lost as what is damaged, so the one before counts. */
async function readFrom(store: CheckpointStore, name: string): Promise<Uint8Array> {
  try {
    return await store.read(name);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CheckpointError("corrupt", `${name}: it cannot be read: ${reason}`, { cause });
  }
}

/**
 * Its own first checkpoints would be older than those that are there already, which are of another run.
 *
 * @throws CheckpointError `not-empty` where a run that begins anew finds checkpoints.
 */
export async function checkIsEmpty({ store }: Checkpoints): Promise<void> {
  const [newest] = stepsAmong(await store.list());
  if (newest === undefined) return;
  throw new CheckpointError(
    "not-empty",
    `train: the store of checkpoints has those of a run already, up to ${newest}; \`resume: true\` goes on with it, and a new run needs an empty store`,
  );
}

/** @returns Its name. */
export async function saveRun(run: TrainingRun, checkpoints: Checkpoints): Promise<string> {
  const name = nameOfStep(run.done);
  await writeCheckpoint(checkpoints, name, encodeCheckpoint(contentsOf(run)));
  return name;
}
