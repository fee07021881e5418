import type { CodeEntry } from "./entry.js";

/** What the meaning of a text can be wrong about: names, shapes, cycles. */
export const semanticCodes = {
  "unknown-name": {
    severity: "error",
    summary: "a name that nothing declares",
    explanation: "Every name must be an input, context, state, param, equation, dimension or function in scope.",
    example: `cell A(H) { input x: [H] output y = z }`,
  },
} as const satisfies Record<string, CodeEntry>;
