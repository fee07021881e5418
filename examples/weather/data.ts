/** Four years of Seattle's weather, as the npm package vega-datasets carries them. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Day {
  /** `2012-01-31`. */
  readonly date: string;
  readonly year: number;
  /** 1 to 366. */
  readonly dayOfYear: number;
  /** °C. */
  readonly high: number;
  readonly low: number;
  /** Millimetres. */
  readonly rain: number;
  /** Metres per second. */
  readonly wind: number;
}

const millisecondsPerDay = 86_400_000;

/**
 * All days in order, without a gap.
 *
 * @throws Error where the table is not what this program was written for.
 */
export async function loadWeather(): Promise<readonly Day[]> {
  const entry = createRequire(import.meta.url).resolve("vega-datasets");
  const text = await readFile(join(dirname(entry), "..", "data", "seattle-weather.csv"), "utf8");
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const columns = header.split(",");
  const days = lines.map((line) => {
    const cells = line.split(",");
    return parseDay(Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ""])));
  });
  days.forEach((day, i) => {
    const before = days[i - 1];
    if (before !== undefined && Date.parse(day.date) - Date.parse(before.date) !== millisecondsPerDay) {
      throw new Error(`the weather table jumps from ${before.date} to ${day.date}`);
    }
  });
  return days;
}

function parseDay(row: Readonly<Record<string, string>>): Day {
  const date = (row["date"] ?? "").slice(0, 10);
  const year = Number(date.slice(0, 4));
  const dayOfYear = Math.round((Date.parse(date) - Date.UTC(year, 0, 1)) / millisecondsPerDay) + 1;
  const read = (column: string): number => {
    const value = Number(row[column]);
    if (row[column] === "" || !Number.isFinite(value)) throw new Error(`no number for ${column} on ${date}`);
    return value;
  };
  const day = {
    date,
    year,
    dayOfYear,
    high: read("temp_max"),
    low: read("temp_min"),
    rain: read("precipitation"),
    wind: read("wind"),
  };
  if (!(dayOfYear >= 1 && dayOfYear <= 366)) throw new Error(`${JSON.stringify(row["date"])} is no date`);
  return day;
}

/** A day as the network reads it. */
export const rowOf = ({ high, low, rain, wind, dayOfYear }: Day): number[] => [high, low, rain, wind, dayOfYear];

/** Days as the network reads them, `[T, 5]`. */
export const inputsOf = (days: readonly Day[]): Float32Array => Float32Array.from(days.flatMap(rowOf));

/** Mean and standard deviation of the four measurements as the network scales them: rain as log(1 + rain). */
export function statisticsOf(days: readonly Day[]): { readonly mean: number[]; readonly spread: number[] } {
  const columns = [(d: Day) => d.high, (d: Day) => d.low, (d: Day) => Math.log1p(d.rain), (d: Day) => d.wind];
  const mean = columns.map((column) => average(days.map(column)));
  const spread = columns.map((column, i) => Math.sqrt(average(days.map((day) => (column(day) - mean[i]!) ** 2))));
  return { mean, spread };
}

export const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The forecasts to beat: tomorrow is as today, and tomorrow is as that time of the year usually is. */
export function persistence(days: readonly Day[]): number[] {
  return days.slice(0, -1).map((day) => day.high);
}

/** The mean over the training years of all days at most a week away in the calendar. */
export function seasonalMeans(training: readonly Day[], days: readonly Day[]): number[] {
  return days.map(({ dayOfYear }) => {
    const near = training.filter((day) => {
      const distance = Math.abs(day.dayOfYear - dayOfYear);
      return Math.min(distance, 365 - distance) <= 7;
    });
    return average(near.map((day) => day.high));
  });
}
