/**
 * Diagnostics for people and for programs.
 *
 *     error[shape-mismatch]: operands of `+` have shapes [H] and [X]
 *       gru.cell:7:17
 *       7 |   n = tanh(Wn @ x + x)
 *         |                   ^
 *       [H] comes from `Wn`
 *       gru.cell:3:9
 *       ...
 *       help: project `x` first
 *
 * A terminal is shown nothing but what belongs there: control characters become visible signs, tabs become spaces, long
 * lines are cut around the place, and the underline counts columns of the screen, not characters.
 */
import { refuse } from "../../../runtime/base/arguments.js";
import { isRecord } from "../../../runtime/base/options.js";
import type { SourceFile } from "../source/source-file.js";
import type { Span } from "../source/span.js";
import type { Diagnostic } from "./diagnostic.js";
import { screenWidth, visible } from "./screen-text.js";

export interface RenderOptions {
  /** ANSI colours; off unless asked for. */
  readonly color?: boolean;
  /** Columns a source line may take before it is cut; 120 unless told. */
  readonly width?: number;
}

/** Looks a source up by the name that spans carry. */
export type SourceLookup = (file: string) => SourceFile | undefined;

type Paint = (style: keyof typeof styles, text: string) => string;

const styles = { error: "31;1", warning: "33;1", strong: "1", dim: "2", help: "36" } as const;

/** One diagnostic as a frame for the terminal, without a line break at its end. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: SourceLookup, options: RenderOptions = {}): string {
  checkArguments("renderDiagnostic", diagnostic, sources);
  const { severity, code, message, span, related, help } = diagnostic;
  const width = Math.max(options.width ?? 120, 20);
  const paint: Paint =
    options.color === true ? (style, text) => `\u001b[${styles[style]}m${text}\u001b[0m` : (_, text) => text;
  const lines = [`${paint(severity, `${severity}[${code}]`)}: ${paint("strong", visible(message))}`];
  lines.push(...frame(span, sources, width, severity, paint));
  for (const place of related) {
    lines.push(`  ${visible(place.message)}`, ...frame(place.span, sources, width, "help", paint));
  }
  if (help !== undefined) lines.push(`  ${paint("help", "help")}: ${visible(help)}`);
  return lines.join("\n");
}

/** All diagnostics, a blank line between them, ending with a line break where there is any. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: SourceLookup,
  options: RenderOptions = {},
): string {
  if (!Array.isArray(diagnostics))
    refuse("renderDiagnostics", "the first argument", "a list of diagnostics", diagnostics);
  if (diagnostics.length === 0) return "";
  return `${diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, sources, options)).join("\n\n")}\n`;
}

function checkArguments(where: string, diagnostic: unknown, sources: unknown): void {
  if (!isRecord(diagnostic) || !isRecord(diagnostic["span"]))
    refuse(where, "the first argument", "a diagnostic", diagnostic);
  const expected = "a function from file names to sources, such as (file) => result.sources.get(file)";
  if (typeof sources !== "function") refuse(where, "the second argument", expected, sources);
}

function frame(
  span: Span,
  sources: SourceLookup,
  width: number,
  style: "error" | "warning" | "help",
  paint: Paint,
): string[] {
  const source = sources(span.file);
  if (source === undefined) return [`  ${visible(span.file)}`];
  const { line, column } = source.locate(span.start);
  const end = source.locate(Math.max(span.end, span.start));
  const text = source.lineText(line);
  const from = Math.min(column - 1, text.length);
  const to = end.line === line ? Math.min(end.column - 1, text.length) : text.length;
  const cut = cutAround(text, from, Math.max(to, from), width);
  const number = String(line);
  const gutter = " ".repeat(number.length);
  const underline = "^".repeat(Math.max(1, cut.markWidth));
  return [
    `  ${visible(source.name)}:${line}:${column}`,
    `  ${paint("dim", `${number} |`)} ${cut.text}`.trimEnd(),
    `  ${paint("dim", `${gutter} |`)} ${" ".repeat(cut.markStart)}${paint(style, underline)}`,
  ];
}

interface Cut {
  readonly text: string;
  /** In columns of the screen. */
  readonly markStart: number;
  readonly markWidth: number;
}

/** A window of a line that shows the marked part from its beginning. */
function cutAround(text: string, from: number, to: number, width: number): Cut {
  const before = Math.floor(width / 3);
  const whole = text.length <= width * 2 && screenWidth(visible(text)) <= width;
  let start = whole ? 0 : characterStart(text, Math.max(0, from - before));
  let left = visible(text.slice(start, from));
  while (!whole && screenWidth(left) > before && start < from) {
    start = Math.min(from, start + Math.max(1, Math.ceil((screenWidth(left) - before) / 8)));
    left = visible(text.slice(start, from));
  }
  const prefix = start > 0 ? "…" : "";
  const markStart = screenWidth(prefix + left);
  let shown = prefix + left;
  let used = markStart;
  let markWidth = 0;
  let offset = from;
  for (const character of text.slice(from, from + width * 2)) {
    const sign = visible(character);
    const columns = screenWidth(sign);
    if (!whole && used + columns > width) break;
    shown += sign;
    used += columns;
    if (offset < to) markWidth += columns;
    offset += character.length;
  }
  if (offset < text.length) shown += "…";
  return { text: shown, markStart, markWidth };
}

/** Not in the middle of a surrogate pair. */
function characterStart(text: string, offset: number): number {
  const unit = text.charCodeAt(offset);
  return offset > 0 && unit >= 0xdc00 && unit <= 0xdfff ? offset - 1 : offset;
}

/** A place in the JSON form. Offsets are half-open UTF-16 offsets; lines and columns count from 1. */
interface JsonPlace {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Absent where the source is not at hand. */
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

/** The JSON form of a diagnostic. These fields are stable: tools may rely on them. */
export interface JsonDiagnostic extends JsonPlace {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly related: readonly (JsonPlace & { readonly message: string })[];
  readonly help: string | null;
}

/** A diagnostic as plain data for `JSON.stringify`. */
export function diagnosticToJson(diagnostic: Diagnostic, sources: SourceLookup): JsonDiagnostic {
  checkArguments("diagnosticToJson", diagnostic, sources);
  const { code, severity, message, span, related, help } = diagnostic;
  return {
    code,
    severity,
    message,
    ...jsonPlace(span, sources),
    related: related.map((place) => ({ message: place.message, ...jsonPlace(place.span, sources) })),
    help: help ?? null,
  };
}

function jsonPlace({ file, start, end }: Span, sources: SourceLookup): JsonPlace {
  const source = sources(file);
  if (source === undefined) return { file, start, end };
  const first = source.locate(start);
  const last = source.locate(Math.max(start, end));
  return { file, start, end, line: first.line, column: first.column, endLine: last.line, endColumn: last.column };
}
