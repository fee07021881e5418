/** `npm start`: from the equations of a cell to forecasts of real weather, in under a minute. */
import { join } from "node:path";
import { examples } from "../shared/project.js";
import { runJob } from "./job.js";

const source = join(examples, "weather");
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
