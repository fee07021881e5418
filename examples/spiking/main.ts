/**
 * Spiking neurons learn although a spike has no derivative to learn by: theirs is declared.
 *
 *     node dist/examples/spiking/main.js
 */
import { dirname } from "node:path";
import { examples } from "../shared/project.js";
import { runExperiment } from "./experiment.js";

const result = await runExperiment({
  root: dirname(examples),
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
