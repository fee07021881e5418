/**
 * The table of diagnostics, by phase. `explanation` and `example` make spec/diagnostics.md; `example` is a source that gives
 * exactly this code (tested).
 */
import { semanticCodes } from "./codes/semantics.js";
import { syntaxCodes } from "./codes/syntax.js";

export type { CodeEntry } from "./codes/entry.js";

export const codes = { ...syntaxCodes, ...semanticCodes } as const;

export type DiagnosticCode = keyof typeof codes;
