/** A row of the table of diagnostics. */
export interface CodeEntry {
  readonly severity: "error" | "warning";
  /** What it is, in half a sentence. */
  readonly summary: string;
  /** Why it is one, and what to do. */
  readonly explanation: string;
  /** A source that gives exactly this code (tested). */
  readonly example: string;
}
