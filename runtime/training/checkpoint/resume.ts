/** Where a run goes on: at the newest checkpoint that is whole. */
import { CheckpointError } from "../../errors.js";
import type { TrainingRun } from "../train/training-run.js";
import { compareIdentity, decodeCheckpoint, encodeCheckpoint } from "./contents.js";
import { contentsOf, identityOf, restoreRun } from "./run-state.js";
import { nameOfStep, stepsAmong, writeCheckpoint, type Checkpoints } from "./store.js";

export interface ResumePoint {
  readonly name: string;
  /** Newer ones that were not whole, with what is wrong with each. */
  readonly skipped: readonly string[];
}

/**
 * @returns Where it goes on; nothing where there is no checkpoint yet.
 * @throws CheckpointError `other-run` where the newest whole one is of a run that differs in more than `allow`; `corrupt` where there are
 * checkpoints and none is whole.
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
      const contents = decodeCheckpoint(name, await store.read(name));
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

/** @returns Its name. */
export async function saveRun(run: TrainingRun, checkpoints: Checkpoints): Promise<string> {
  const name = nameOfStep(run.done);
  await writeCheckpoint(checkpoints, name, encodeCheckpoint(contentsOf(run)));
  return name;
}
