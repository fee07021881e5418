/** What a run of training knows. */
import type { LostWorker } from "../../pool/crew.js";
import type { TensorRecord } from "../../module/compiled-module.js";
import type { TrainEvent, TrainSummary } from "./events.js";
import type { BatchPacker } from "./example-values.js";
import type { Feed } from "./feed.js";
import type { TrackFeed } from "./tracks.js";
import type { Learner } from "./learner.js";
import type { CheckedTraining } from "./options.js";
import type { RunSettings } from "./settings.js";
import type { Validate } from "./validate.js";

export interface TrainingRun {
  readonly options: CheckedTraining;
  readonly packer: BatchPacker;
  readonly learner: Learner;
  readonly settings: RunSettings;
  readonly feed: Feed;
  /** The same, where sequences are trained in chunks. */
  readonly tracks: TrackFeed | undefined;
  readonly validate: Validate | undefined;
  readonly tell: (event: TrainEvent) => void;
  readonly best: BestSoFar;
  /** Workers that were lost, and not told yet. */
  readonly lost: LostWorker[];
  average: TensorRecord | undefined;
  /** Updates. */
  done: number;
  /** Of them, those that were left out since what they gave was not finite. */
  skipped: number;
  /** Of the last update that was not. */
  loss: number;
  summary: TrainSummary | undefined;
  /** Lines of history so far. */
  historyLines: number;
  /** Whether the last checkpoint could not be written. */
  hasFailed: boolean;
  /** The updates after which the last checkpoint was made. */
  kept: number;
}

/** The best validation so far, with its params where they are kept. */
interface BestSoFar {
  loss: number;
  update: number;
  /** Validations since that were not better. */
  waited: number;
  params: TensorRecord | undefined;
}
