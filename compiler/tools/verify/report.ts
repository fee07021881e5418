/** What `verifyModule` says: plain data. */
import type { Manifest } from "../../../runtime/module/manifest.js";

export type CheckName =
  | "package"
  | "shapes"
  | "gradient"
  | "jvp"
  | "hvp"
  | "linearity"
  | "stream"
  | "chunks"
  | "select"
  | "batch"
  | "padding"
  | "repeat"
  | "parameters"
  | "capacity"
  | "NaN"
  | "infinity"
  | "refusals";

/** The largest disagreement of derivatives. */
export interface Worst {
  /** As a part of its error bar: up to 1 passes. */
  readonly share: number;
  /** The tensor, and the number where it was looked at by itself: `param W, all numbers`, `input x[0, 3, 1]`. */
  readonly where: string;
}

export interface CheckReport {
  readonly name: CheckName;
  /** What is checked, in a sentence. */
  readonly meaning: string;
  /** `inconclusive`: nothing could be said, as values explode at all points that were drawn. */
  readonly status: "passed" | "failed" | "skipped" | "inconclusive";
  /** Comparisons that were made. */
  readonly compared: number;
  /** Of derivatives; undefined for checks that compare bits, and where nothing was compared. */
  readonly worst: Worst | undefined;
  /** The first thing found wrong, why it was skipped, or what was not compared. */
  readonly detail: string | undefined;
}

export interface VerifyReport {
  /** Has every check passed, or been skipped for a reason that the manifest gives? */
  readonly passed: boolean;
  readonly manifest: Manifest;
  /** The kernels that were run; others that the module has are not checked. */
  readonly variant: "js" | "wasm" | "wasm-fma";
  readonly seed: number;
  readonly runs: number;
  readonly checks: readonly CheckReport[];
  /** Of each entry with a name, which has no gradients of its own; none where the module has no such entries. */
  readonly entries: readonly VerifiedEntry[];
}

interface VerifiedEntry {
  readonly name: string;
  readonly checks: readonly CheckReport[];
}

/** A tensor was compared with differences; they were too coarse; or there were none, as values jump or are not finite. */
const coverages = ["compared", "coarse", "broken"] as const;
type CoverageKind = (typeof coverages)[number];

/** What a check collects over all runs. */
export class CheckFindings {
  compared = 0;
  worst: Worst | undefined;
  problem: string | undefined;
  skipped: string | undefined;
  noted: string | undefined;
  /** Were there points that could not be looked at, as values explode there? */
  explodes = false;
  private readonly coverage = new Map<string, CoverageKind>();

  /** Notes a comparison; the first one that fails is told. */
  expect(holds: boolean, problem: () => string): void {
    this.compared += 1;
    if (!holds) this.problem ??= problem();
  }

  /** Notes a disagreement, which may be as large as its error bar. */
  measure(disagreement: number, bar: number, where: string, problem: () => string): void {
    const share = disagreement <= bar ? disagreement / (bar || 1) : Math.min(disagreement / bar, Number.MAX_VALUE);
    const size = Number.isNaN(share) ? Number.MAX_VALUE : share;
    if (this.worst === undefined || size > this.worst.share) this.worst = { share: size, where };
    this.expect(size <= 1, problem);
  }

  /** Notes whether a tensor could be compared with differences. */
  cover(tensor: string, how: CoverageKind): void {
    const best = [how, this.coverage.get(tensor) ?? how].sort((a, b) => coverages.indexOf(a) - coverages.indexOf(b))[0];
    this.coverage.set(tensor, best as CoverageKind);
  }

  /** Tensors that could not be compared at any call, for this reason. */
  notCompared(reason: CoverageKind): string[] {
    return [...this.coverage].flatMap(([tensor, how]) => (how === reason ? [tensor] : []));
  }

  /** Why there is nothing to compare. */
  skip(reason: string): void {
    this.skipped ??= reason;
  }

  /** What is to be known about comparisons that were made. */
  note(text: string): void {
    this.noted ??= text;
  }
}
