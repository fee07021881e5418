import type { Span } from "../source/span.js";
import { codes, type DiagnosticCode } from "./codes.js";

/** A message about the user's text: data, not an exception. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** The narrowest place it is about. */
  readonly span: Span;
  /** Other places that explain it, each with a sentence: "[H] comes from `W`". */
  readonly related: readonly { readonly span: Span; readonly message: string }[];
  /** What to do about it, where that is known. */
  readonly help: string | undefined;
}

export interface ReportOptions {
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
  readonly help?: string | undefined;
}

/** Handed down through the phases of one compilation; each phase reports and goes on. */
export class DiagnosticCollector {
  readonly diagnostics: Diagnostic[] = [];

  /** Severity comes from the table of codes. */
  report(code: DiagnosticCode, span: Span, message: string, options: ReportOptions = {}): void {
    this.diagnostics.push({
      code,
      severity: codes[code].severity,
      message,
      span,
      related: options.related ?? [],
      help: options.help,
    });
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  }
}
