import type { Span } from "./span.js";

/** A place as people count: both from 1, columns in UTF-16 units (as editors and language servers do). */
interface Location {
  readonly line: number;
  readonly column: number;
}

/** A text with its line starts. Lines end at LF, CRLF or a lone CR. */
export class SourceFile {
  readonly name: string;
  readonly text: string;
  /** Offset of the first character of every line; the first is always 0. */
  readonly lineStarts: readonly number[];

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.lineStarts = findLineStarts(text);
  }

  get lineCount(): number {
    return this.lineStarts.length;
  }

  /** Line and column of an offset; offsets outside the text count as its start or its end. O(log lines). */
  locate(offset: number): Location {
    const place = Math.min(Math.max(Number.isFinite(offset) ? Math.trunc(offset) : 0, 0), this.text.length);
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStarts[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: place - this.lineStarts[low]! + 1 };
  }

  /** The text of a line (from 1) without its line break; empty where there is no such line. */
  lineText(line: number): string {
    const start = this.lineStarts[line - 1];
    if (start === undefined) return "";
    let end = this.lineStarts[line] ?? this.text.length;
    if (line < this.lineStarts.length) {
      end -= 1;
      if (this.text[end] === "\n" && end > start && this.text[end - 1] === "\r") end -= 1;
    }
    return this.text.slice(start, end);
  }

  /** The text a span covers. */
  textOf(span: Span): string {
    return this.text.slice(span.start, span.end);
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 10 || (unit === 13 && text.charCodeAt(index + 1) !== 10)) starts.push(index + 1);
  }
  return starts;
}
