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
