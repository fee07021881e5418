/**
 * Spiking neurons learn although a spike has no derivative to learn by: theirs is declared.
 *
 *     node dist/examples/spiking/main.js
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runExperiment } from "./experiment.js";

/** The repository: this file runs from its sources and from dist/. */
function findRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder));
}

const result = await runExperiment({
  root: findRoot(dirname(fileURLToPath(import.meta.url))),
  channels: 20,
  steps: 40,
  classes: 8,
  neurons: 4,
  batch: 128,
  rounds: 150,
  learningRate: 0.01,
  seed: 1,
  say: (line) => console.log(line),
});
if (!(result.declared.after.accuracy > 0.9)) process.exitCode = 1;
