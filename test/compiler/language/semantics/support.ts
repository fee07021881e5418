/** Cases of the checker as texts in which `‹…›` marks where the report must be. */
import { expect } from "vitest";
import { type Diagnostic, DiagnosticCollector } from "../../../../compiler/base/diagnostics/diagnostic.js";
import { analyze } from "../../../../compiler/language/semantics/analyze.js";
import type { TypedProgram } from "../../../../compiler/language/semantics/typed-program.js";
import { parse } from "../../../../compiler/language/syntax/parse.js";

export interface Checked {
  readonly program: TypedProgram;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks a text; `files` are what it can import. */
export function check(text: string, files: Readonly<Record<string, string>> = {}, name = "main.cell"): Checked {
  const collector = new DiagnosticCollector();
  const known = new Map(Object.entries(files));
  const program = analyze(parse(text, name, collector), (file) => known.get(file), collector);
  return { program, diagnostics: collector.diagnostics };
}

/** The text without its marks, and the span between each pair. */
export function unmark(marked: string): { readonly text: string; readonly spans: { start: number; end: number }[] } {
  const spans: { start: number; end: number }[] = [];
  let text = "";
  for (const character of marked) {
    if (character === "‹") spans.push({ start: text.length, end: -1 });
    else if (character === "›") (spans[spans.length - 1] as { end: number }).end = text.length;
    else text += character;
  }
  return { text, spans };
}

/** The text must give exactly one report, with this code, exactly at the mark. */
export function expectReport(marked: string, code: string, files: Readonly<Record<string, string>> = {}): Diagnostic {
  const { text, spans } = unmark(marked);
  const { diagnostics } = check(text, files);
  const found = diagnostics.map(
    ({ code, span, message }) => `${code} ‹${text.slice(span.start, span.end)}› ${message}`,
  );
  expect(found, marked).toHaveLength(1);
  const [diagnostic] = diagnostics as [Diagnostic];
  expect(found[0]).toContain(`${code} `);
  expect({ start: diagnostic.span.start, end: diagnostic.span.end }, found[0]).toEqual(spans[0]);
  return diagnostic;
}

export function expectFine(text: string, files: Readonly<Record<string, string>> = {}): TypedProgram {
  const { program, diagnostics } = check(text, files);
  expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  for (const cell of program.cells.values()) expect(cell.sound).toBe(true);
  return program;
}

/** A cell around `items`, with dimensions, tensors and an output that uses all of them. */
export function inCell(items: string): string {
  return `cell A(H, I, S, N) {
  input x: [I]  input y: [H]  input s: real  input m: [S, H]
  state h: [H]
  param W: [H, I]  param U: [H, H]
  ${items}
  h' = h + y + W @ x + U @ y + s + sum(m, axis = 0) / (S * N)
  output out = h'
}`;
}
