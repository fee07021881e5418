/** Numbers that belong to moments, one after the other, and the examples that are cut out of them. */
import { checkRecord } from "../../base/arguments.js";
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import { checkCount, checkOptionNames, describe, isList, isRecord } from "../../base/options.js";
import type { NpyArray } from "../../io/arrays/npy.js";
import { type DataSource, hashOf, isFileArray, rowsOf } from "./source.js";

/** Moments in order, and what was measured in each. */
export interface TimeSeries {
  /** How many moments there are. */
  readonly length: number;
  /** For each name as many numbers for every moment. */
  readonly columns: Readonly<Record<string, SeriesColumn>>;
}

export interface SeriesColumn {
  /** `[length, width]`. */
  readonly values: Float64Array;
  readonly width: number;
}

/**
 * A series of what is in memory: for each name a list with a number, or a list of numbers, for every moment, or an array of a file,
 * `[moments, …]`.
 *
 * @throws TypeError or RangeError where lists are no lists, or of different lengths.
 * @example
 *     const series = seriesOf({ weather: [[12.8, 5], [10.6, 2.8]], rain: [0, 10.9] });
 */
export function seriesOf(
  columns: Readonly<Record<string, ArrayLike<ArrayLike<number> | number> | NpyArray>>,
): TimeSeries {
  checkRecord("seriesOf", "the first argument", "lists by name", columns);
  const entries = Object.entries(columns).map(([name, rows]) => [name, columnOf(name, rows)] as const);
  const [first] = entries;
  if (first === undefined) throw new CallTypeError("seriesOf: there must be at least one column");
  const lengthOf = ({ values, width }: SeriesColumn): number => values.length / width;
  const length = lengthOf(first[1]);
  for (const [name, column] of entries) {
    if (lengthOf(column) === length) continue;
    throw new CallRangeError(
      `seriesOf: columns must be of one length: ${first[0]} has ${length}, ${name} ${lengthOf(column)}`,
    );
  }
  return { length, columns: Object.fromEntries(entries) };
}

function columnOf(name: string, given: unknown): SeriesColumn {
  const rows: unknown = isFileArray(given) ? rowsOf(given) : given;
  if (!isList(rows) || rows.length === 0) {
    throw new CallTypeError(`seriesOf: ${name} must be a list with something for each moment, got ${describe(rows)}`);
  }
  const lists = Array.from(rows as ArrayLike<ArrayLike<number> | number>, (row) =>
    typeof row === "number" ? [row] : row,
  );
  const width = isNumbers(lists[0]) ? lists[0]!.length : 1;
  const values = new Float64Array(lists.length * width);
  for (const [t, row] of lists.entries()) {
    const fits = isNumbers(row) && row.length === width;
    if (!fits || width === 0)
      throw new CallTypeError(`seriesOf: ${name}[${t}] must be ${width} numbers, got ${describe(row)}`);
    values.set(row, t * width);
  }
  return { values, width };
}

const isNumbers = (value: unknown): boolean =>
  isList(value) && Array.from(value).every((number) => typeof number === "number");

/** @throws TypeError unless it is a series. */
function checkSeries(where: string, value: unknown): void {
  const isSeries = isRecord(value) && Number.isSafeInteger(value["length"]) && isRecord(value["columns"]);
  if (!isSeries) {
    throw new CallTypeError(
      `${where}: the first argument must be a series (from csv or seriesOf), got ${describe(value)}`,
    );
  }
}

export interface WindowOptions {
  /** Moments of an example. */
  readonly length: number;
  /** Moments from the beginning of one example to that of the next; 1 by default. */
  readonly stride?: number;
}

/**
 * Every stretch of so many moments as an example.
 *
 * @throws RangeError where the series is shorter than one of them.
 * @example
 *     const data = windows(series, { length: 64, stride: 8 });
 */
export function windows(series: TimeSeries, options: WindowOptions): DataSource {
  checkSeries("windows", series);
  checkOptionNames("windows", options, ["length", "stride"]);
  const { length, stride = 1 } = options;
  for (const [name, value] of Object.entries({ length, stride })) checkCount(`windows: ${name}`, value);
  if (series.length < length) {
    throw new CallRangeError(`windows: there are ${series.length} moments, too few for a window of ${length}`);
  }
  const entries = Object.entries(series.columns);
  const lists = Object.fromEntries(entries.map(([name, { values }]) => [name, values]));
  return {
    count: Math.floor((series.length - length) / stride) + 1,
    fingerprint: `windows of ${length} by ${stride} ${hashOf(Object.keys(lists), [lists])}`,
    read: (index) =>
      Object.fromEntries(
        entries.map(([name, { values, width }]) => {
          const from = index * stride * width;
          return [name, values.subarray(from, from + length * width)];
        }),
      ),
  };
}

/**
 * What was before, and the last moments: so that what is learned from and what is tested on share nothing. Split before windows are cut.
 *
 * @param last Moments of the second part.
 * @throws RangeError where one of the parts would be empty.
 */
export function splitByTime(series: TimeSeries, last: number): readonly [before: TimeSeries, last: TimeSeries] {
  checkSeries("splitByTime", series);
  if (!Number.isSafeInteger(last) || last < 1 || last >= series.length) {
    throw new CallRangeError(
      `splitByTime: the last part must have 1 to ${series.length - 1} moments, got ${describe(last)}`,
    );
  }
  return [part(series, 0, series.length - last), part(series, series.length - last, series.length)];
}

function part({ columns }: TimeSeries, from: number, to: number): TimeSeries {
  const cut = Object.entries(columns).map(([name, { values, width }]) => [
    name,
    { values: values.subarray(from * width, to * width), width },
  ]);
  return { length: to - from, columns: Object.fromEntries(cut) as TimeSeries["columns"] };
}
