/**
 * The table of diagnostics. `explanation` and `example` make spec/diagnostics.md; `example` is a source that gives
 * exactly this code (tested).
 */
export interface CodeEntry {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly explanation: string;
  readonly example: string;
}

export const codes = {
  "unknown-name": {
    severity: "error",
    summary: "a name that nothing declares",
    explanation: "Every name must be an input, context, state, param, equation, dimension or function in scope.",
    example: `cell A(H) { input x: [H] output y = z }`,
  },
} as const satisfies Record<string, CodeEntry>;

export type DiagnosticCode = keyof typeof codes;
