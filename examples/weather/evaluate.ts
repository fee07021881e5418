/** How good a forecast is. */
import { type CompiledModule, type ModuleInstance } from "../../runtime/index.js";
import { inputsOf, type Day } from "./data.js";

/** Root of the mean square, and mean size, of the differences; °C. */
export interface Score {
  readonly root: number;
  readonly mean: number;
}

export function score(forecast: ArrayLike<number>, truth: readonly number[]): Score {
  let squares = 0;
  let sizes = 0;
  truth.forEach((value, i) => {
    const miss = forecast[i]! - value;
    squares += miss * miss;
    sizes += Math.abs(miss);
  });
  return { root: Math.sqrt(squares / truth.length), mean: sizes / truth.length };
}

/** The forecast made on each of the days for the day after it, from the weather of those days alone. */
export function forecastAll(module: CompiledModule, learned: ModuleInstance, days: readonly Day[]): number[] {
  const instance = module.instantiate({ sizes: { T: days.length } });
  instance.setParams({ ...learned.params, ...learned.fixed });
  return [...instance.forward({ weather: inputsOf(days) })["tomorrow"]!];
}

/** Rows of texts with the first column flush left and the others flush right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("   "))
    .join("\n");
}
