/** The rows below the table of workloads. */
import { adbenchRows } from "./adbench.js";
import { compileRows } from "./compile.js";
import { networkWorks } from "../networks.js";
import { functionRows } from "./functions.js";
import { jsRows } from "./js.js";
import { networkRows } from "./networks.js";
import type { Row } from "./row.js";
import { startRows } from "./start.js";
import { streamRows } from "./streams.js";
import { threadRows } from "./threads.js";

type MakeRows = (seconds: number, say: (text: string) => void) => Row[] | Promise<Row[]>;

const makers: ReadonlyMap<string, MakeRows> = new Map<string, MakeRows>([
  ...networkWorks.map((work): [string, MakeRows] => [work.id, (seconds) => networkRows(work, seconds)]),
  ["js", jsRows],
  ["functions", functionRows],
  ["compile", compileRows],
  ["start", startRows],
  ["streams", streamRows],
  ["threads", threadRows],
  ["adbench", adbenchRows],
]);

export const rowNames: readonly string[] = [...makers.keys()];

/** @param seconds For one measurement; some take a number of turns instead. */
export async function makeRows(name: string, seconds: number, say: (text: string) => void): Promise<Row[]> {
  return (await makers.get(name)?.(seconds, say)) ?? [];
}
