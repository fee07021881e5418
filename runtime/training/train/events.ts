/** What training tells on its way. */
import type { UpdateResult } from "./learner.js";
import type { ValidationResult } from "./validate.js";

export type TrainEvent = UpdateEvent | ValidationEvent | EndEvent;

export interface UpdateEvent extends UpdateResult {
  readonly kind: "update";
  /** Updates with this one. */
  readonly update: number;
  /** From 0. */
  readonly epoch: number;
}

export interface ValidationEvent extends ValidationResult {
  readonly kind: "validation";
  readonly update: number;
  /** Whether no loss before was lower. */
  readonly best: boolean;
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
  /** Of the best validation. */
  readonly best?: { readonly update: number; readonly loss: number };
}
