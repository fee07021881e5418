/** What training tells on its way. */
import type { UpdateResult } from "./learner.js";
import type { ToldLosses } from "./totals.js";

export type TrainEvent =
  UpdateEvent | SkippedEvent | ValidationEvent | CheckpointEvent | ResumedEvent | WorkerLostEvent | EndEvent;

export interface UpdateEvent extends UpdateResult {
  readonly kind: "update";
  /** Updates with this one. */
  readonly update: number;
  /** From 0. */
  readonly epoch: number;
  /** How many there were in the batch: of sequences in chunks, one of each. */
  readonly examples: number;
  /** How long it took, with reading its examples. No line of the history has it: the same run gives the same lines. */
  readonly milliseconds: number;
}

/** An update whose loss or gradient was not finite, and which moved nothing. It counts as one. */
export interface SkippedEvent {
  readonly kind: "skipped";
  readonly update: number;
  readonly epoch: number;
  /** The example, and what of it is not finite first. */
  readonly cause: string;
}

export interface ValidationEvent extends ToldLosses {
  readonly kind: "validation";
  readonly update: number;
  /** Whether no loss before was lower. */
  readonly best: boolean;
}

export interface CheckpointEvent {
  readonly kind: "checkpoint";
  readonly update: number;
  readonly name: string;
  /** Why it could not be written. Training goes on; where the next one fails, too, its error is thrown. */
  readonly failed?: string;
}

export interface ResumedEvent {
  readonly kind: "resumed";
  /** Updates that were done. */
  readonly update: number;
  readonly name: string;
  /** What is wrong with newer checkpoints. */
  readonly skipped: readonly string[];
}

/** A thread ended or told nothing any more. Its shards were done again, with the same bits. */
export interface WorkerLostEvent {
  readonly kind: "worker-lost";
  readonly update: number;
  readonly cause: string;
  /** Numbers of the shards of the batch that it had. */
  readonly shards: readonly number[];
}

export interface EndEvent {
  readonly kind: "end";
  readonly reason: "updates" | "epochs" | "patience";
  readonly update: number;
}

export interface TrainSummary {
  readonly reason: EndEvent["reason"];
  readonly updates: number;
  /** Of the last update. */
  readonly loss: number;
  /** Updates that were left out since what they gave was not finite. */
  readonly skipped: number;
  /** Of the best validation. */
  readonly best?: { readonly update: number; readonly loss: number };
}
