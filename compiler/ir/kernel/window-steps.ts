/** How many steps the windows of a `windows` statement have, the last one aside. */
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import type { WindowsStatement } from "./kernel-program.js";

export function windowSteps({ rows }: WindowsStatement, sizes: ReadonlyMap<string, number>): number {
  return Math.ceil(rows / Math.max(1, sizes.get(BATCH_SYMBOL) ?? 1));
}
