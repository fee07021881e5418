/** `npm start`: from the equations of a cell to forecasts of real weather, in under a minute. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runJob } from "./job.js";

/** The repository: this file runs from its sources and from dist/. */
function findRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder));
}

const source = join(findRoot(dirname(fileURLToPath(import.meta.url))), "examples", "weather");
// Chosen by training on 2012 and 2013 and looking at 2014 only.
const { beatsBoth } = await runJob({
  source,
  out: join(source, "out"),
  hidden: 16,
  batch: 16,
  window: 64,
  steps: 600,
  learningRate: 0.01,
  weightDecay: 3,
  seed: 1,
  terminal: process.stdout,
});
if (!beatsBoth) process.exitCode = 1;
