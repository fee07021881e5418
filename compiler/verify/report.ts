/** What `verifyModule` says: plain data. */
import type { Manifest } from "../../runtime/module/manifest.js";

export type CheckName =
  | "package"
  | "shapes"
  | "gradient"
  | "jvp"
  | "hvp"
  | "linearity"
  | "stream"
  | "chunks"
  | "batch"
  | "padding"
  | "repeat"
  | "capacity"
  | "NaN"
  | "infinity"
  | "refusals";

export interface CheckReport {
  readonly name: CheckName;
  /** What is checked, in a sentence. */
  readonly meaning: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Comparisons that were made. */
  readonly compared: number;
  /**
   * Of derivatives the largest disagreement, relative to the sum of the absolute terms and beyond what the reference itself may
   * be off; undefined for checks that compare bits.
   */
  readonly worst: number | undefined;
  /** Why it was skipped, or the first thing found wrong. */
  readonly detail: string | undefined;
}

export interface VerifyReport {
  readonly passed: boolean;
  readonly manifest: Manifest;
  readonly seed: number;
  readonly runs: number;
  readonly checks: readonly CheckReport[];
}

/** What a check collects over all runs. */
export class Findings {
  compared = 0;
  worst: number | undefined;
  problem: string | undefined;
  skipped: string | undefined;

  /** Notes a comparison; the first one that fails is told. */
  expect(holds: boolean, problem: () => string): void {
    this.compared += 1;
    if (!holds) this.problem ??= problem();
  }

  /** Notes a disagreement as a part of what would still pass. */
  measure(error: number, limit: number, problem: () => string): void {
    const size = Number.isNaN(error) ? Infinity : error;
    this.worst = Math.max(this.worst ?? 0, size);
    this.expect(size <= limit, problem);
  }

  skip(reason: string): void {
    this.skipped ??= reason;
  }
}
