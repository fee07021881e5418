/** The rows below the table of workloads. */
import { adbenchRows } from "./adbench.js";
import { compileRows } from "./compile.js";
import { jsRows } from "./js.js";
import type { Row } from "./row.js";
import { startRows } from "./start.js";

type MakeRows = (seconds: number, say: (text: string) => void) => Row[] | Promise<Row[]>;

const makers = { js: jsRows, compile: compileRows, start: startRows, adbench: adbenchRows } satisfies Record<
  string,
  MakeRows
>;

export type RowName = keyof typeof makers;
export const rowNames = Object.keys(makers) as RowName[];

/** @param seconds For one measurement; some take a number of turns instead. */
export async function makeRows(name: RowName, seconds: number, say: (text: string) => void): Promise<Row[]> {
  return makers[name](seconds, say);
}
