/**
 * Tables in text: comma or tab separated values (RFC 4180) and JSON lines. The reader is strict and small, which is why it is our own: it
 * needs no library's guesses of types, and says for everything that is wrong in which line.
 */
import { CallTypeError, SourceError } from "../../base/errors.js";
import { checkCount, checkOptionNames, describe, isRecord } from "../../base/options.js";
import { arrays, type DataSource } from "./source.js";
import { type TimeSeries, seriesOf } from "./series.js";

export interface CsvOptions {
  /** What a series has by each name: columns of the table, by their headings. */
  readonly columns: Readonly<Record<string, string | readonly string[]>>;
  /** Columns of moments that come later, `{ tomorrow: ["temp_max", 1] }`; the last moments, which have none, are left out. */
  readonly ahead?: Readonly<Record<string, readonly [column: string, moments: number]>>;
  /** "," by default; "\\t" for tab separated values. */
  readonly separator?: string;
}

/**
 * A table with a line for each moment, the first line being headings.
 *
 * @throws SourceError where a line has another number of fields than the headings, a field is no number, a column is missing, or quotes are
 * not closed; `line` says where. TypeError for wrong options.
 * @example
 *     const days = csv(await readFile("weather.csv", "utf8"), { columns: { weather: ["temp_max", "wind"] } });
 */
export function csv(text: string, options: CsvOptions): TimeSeries {
  if (typeof text !== "string")
    throw new CallTypeError(`csv: the first argument must be a text, got ${describe(text)}`);
  checkOptionNames("csv", options, ["columns", "ahead", "separator"]);
  const { columns, ahead = {}, separator = "," } = options;
  checkColumns(columns, ahead);
  if (typeof separator !== "string" || separator.length !== 1 || separator === '"') {
    throw new CallTypeError(`csv: separator must be one character, got ${describe(separator)}`);
  }
  const [head, ...rows] = parseRows(text, separator);
  if (head === undefined || rows.length === 0)
    throw new SourceError("empty", "there are no lines below the headings", 1, "csv");
  const wrong = rows.find(({ fields }) => fields.length !== head.fields.length);
  if (wrong !== undefined) {
    const problem = `line ${wrong.line} has ${wrong.fields.length} fields, the headings are ${head.fields.length}`;
    throw new SourceError("bad-row", problem, wrong.line, "csv");
  }
  const numbers = (heading: string): number[] => {
    const place = head.fields.indexOf(heading);
    if (place >= 0) return rows.map((row) => numberAt(row, place, heading));
    const known = head.fields.map((field) => JSON.stringify(field)).join(", ");
    throw new SourceError(
      "missing-column",
      `there is no column ${JSON.stringify(heading)}; there are ${known}`,
      1,
      "csv",
    );
  };
  const furthest = Object.values(ahead).reduce((most, [, moments]) => Math.max(most, moments), 0);
  const length = rows.length - furthest;
  if (length < 1)
    throw new SourceError("empty", `${rows.length} lines are too few to look ${furthest} ahead`, 1, "csv");
  const together = (headings: readonly string[]): number[][] => {
    const lists = headings.map(numbers);
    return Array.from({ length }, (_, t) => lists.map((list) => list[t]!));
  };
  return seriesOf({
    ...Object.fromEntries(
      Object.entries(columns).map(([name, own]) => [name, together(typeof own === "string" ? [own] : own)]),
    ),
    ...Object.fromEntries(
      Object.entries(ahead).map(([name, [own, moments]]) => [name, numbers(own).slice(moments, moments + length)]),
    ),
  });
}

/** @throws TypeError or RangeError that names the column. */
function checkColumns(columns: unknown, ahead: unknown): void {
  if (!isRecord(columns)) throw new CallTypeError(`csv: columns must be an object, got ${describe(columns)}`);
  if (!isRecord(ahead)) throw new CallTypeError(`csv: ahead must be an object, got ${describe(ahead)}`);
  for (const [name, own] of Object.entries(columns)) {
    const headings: readonly unknown[] = Array.isArray(own) ? own : [own];
    if (headings.length > 0 && headings.every((heading) => typeof heading === "string")) continue;
    throw new CallTypeError(`csv: columns.${name} must be a heading or several of them, got ${describe(own)}`);
  }
  for (const [name, own] of Object.entries(ahead)) {
    if (!Array.isArray(own) || own.length !== 2 || typeof own[0] !== "string") {
      throw new CallTypeError(`csv: ahead.${name} must be a heading and a number of moments, got ${describe(own)}`);
    }
    checkCount(`csv: ahead.${name}[1]`, own[1]);
  }
}

interface TableRow {
  readonly line: number;
  readonly fields: readonly string[];
}

export function numberAt({ line, fields }: TableRow, place: number, heading: string): number {
  const field = fields[place]!.trim();
  const value = Number(field);
  if (field !== "" && Number.isFinite(value)) return value;
  const got = field === "" ? "nothing" : JSON.stringify(field.slice(0, 40));
  throw new SourceError(
    "bad-number",
    `line ${line}, column ${JSON.stringify(heading)}: expected a number, got ${got}`,
    line,
    "csv",
  );
}

/** Fields may be in quotes, in which lines and separators may stand, and quotes twice. Empty lines are passed over. */
export function parseRows(text: string, separator: string): TableRow[] {
  const rows: TableRow[] = [];
  const lines = text.replace(/^\uFEFF/u, "").split(/\r\n|\n|\r/u);
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    if (lines[at] === "") continue;
    let line = lines[at]!;
    // A quote that is open goes on in the next line.
    while ((line.split('"').length - 1) % 2 === 1) {
      at++;
      if (at >= lines.length)
        throw new SourceError("bad-row", `line ${start + 1}: a quote is not closed`, start + 1, "csv");
      line += `\n${lines[at]}`;
    }
    rows.push({ line: start + 1, fields: fieldsOf(line, separator, start + 1) });
  }
  return rows;
}

/** The fields of one line, in quotes or not. */
export function fieldsOf(line: string, separator: string, number: number): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const end = line.indexOf(separator, at);
      const field = line.slice(at, end < 0 ? line.length : end);
      if (field.includes('"'))
        throw new SourceError("bad-row", `line ${number}: a quote within a field`, number, "csv");
      fields.push(field);
      at += field.length + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (line[end + 1] === '"') end = line.indexOf('"', end + 2);
    if (end + 1 < line.length && line[end + 1] !== separator) {
      throw new SourceError("bad-row", `line ${number}: something after a closing quote`, number, "csv");
    }
    fields.push(line.slice(at + 1, end).replaceAll('""', '"'));
    at = end + 2;
  }
  return fields;
}

/**
 * An example in each line, as a JSON object of lists: `{"words": [3, 1], "gold": [0, 2]}`.
 *
 * @throws SourceError where a line is no such object, or has other names than the first; `line` says where.
 */
export function jsonLines(text: string): DataSource {
  if (typeof text !== "string")
    throw new CallTypeError(`jsonLines: the first argument must be a text, got ${describe(text)}`);
  const examples: Record<string, ArrayLike<number>>[] = [];
  let names: readonly string[] | undefined;
  for (const [i, line] of text.split(/\r\n|\n/u).entries()) {
    if (line.trim() === "") continue;
    const example = parseLine(line, i + 1);
    names ??= Object.keys(example);
    if (Object.keys(example).sort().join() !== [...names].sort().join()) {
      throw new SourceError("bad-row", `line ${i + 1} has ${Object.keys(example).join(", ")}; the first has ${names.join(", ")}`, i + 1, "jsonLines"); // prettier-ignore
    }
    examples.push(example);
  }
  if (names === undefined || names.length === 0) throw new SourceError("empty", "there is no example", 1, "jsonLines");
  return arrays(Object.fromEntries(names.map((name) => [name, examples.map((example) => example[name]!)])));
}

function parseLine(line: string, number: number): Record<string, ArrayLike<number>> {
  const fail = (problem: string): never => {
    throw new SourceError("bad-row", `line ${number}: ${problem}`, number, "jsonLines");
  };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    fail("this is no JSON");
  }
  if (!isRecord(value)) return fail(`expected an object of lists, got ${describe(value)}`);
  const entries = Object.entries(value).map(([name, own]): [string, number[]] => {
    const list: readonly unknown[] = Array.isArray(own) ? own.flat(Infinity) : [own];
    if (list.every((item) => typeof item === "number")) return [name, list as number[]];
    return fail(`${name} must be a list of numbers`);
  });
  return Object.fromEntries(entries);
}
