/** Training as the examples tell it. */
import type { Training } from "../../runtime/index.js";

/** Trains to the end, says the mean loss of every so many updates. */
export async function follow(training: Training, every: number, say: (line: string) => void): Promise<void> {
  let losses: number[] = [];
  for await (const event of training) {
    if (event.kind !== "update") continue;
    losses.push(event.loss);
    if (event.update % every > 0) continue;
    say(`  update ${event.update}: loss ${(losses.reduce((sum, loss) => sum + loss, 0) / every).toFixed(3)}`);
    losses = [];
  }
}

/** Rows of numbers side by side, each filled up with 0 to the length of the longest; `sizes` are their own. */
export function padded(rows: readonly (readonly number[])[]): {
  readonly values: Int32Array;
  readonly sizes: number[];
} {
  const sizes = rows.map((row) => row.length);
  const most = Math.max(...sizes);
  const values = new Int32Array(rows.length * most);
  rows.forEach((row, b) => values.set(row, b * most));
  return { values, sizes };
}
