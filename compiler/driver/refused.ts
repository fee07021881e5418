/** Modules that cannot be made of a source without errors, told as errors of it. */
import { type Diagnostic, DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import type { Span } from "../base/source/span.js";
import { MemoryLimitError } from "../emit/memory-limit.js";
import { SegmentsError } from "../program/segments/find-segments.js";

/**
 * What `error` says of the cell at `span`.
 *
 * @throws The error, where it is of another kind.
 */
export function refused(error: unknown, span: Span): readonly Diagnostic[] {
  if (!(error instanceof MemoryLimitError || error instanceof SegmentsError)) throw error;
  const collector = new DiagnosticCollector();
  const code = error instanceof SegmentsError ? "no-segments" : "memory-limit";
  collector.report(code, span, error.message, { help: error.help });
  return collector.diagnostics;
}
