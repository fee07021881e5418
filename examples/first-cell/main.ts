/**
 * The smallest complete example: one equation, compiled, run, streamed and trained.
 *
 *     node dist/examples/first-cell/main.js
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, createRandom } from "../../runtime/index.js";

/** The repository: this file runs from its sources and from dist/. */
function findRoot(folder: string): string {
  return existsSync(join(folder, "tsconfig.json")) ? folder : findRoot(dirname(folder));
}
const root = findRoot(dirname(fileURLToPath(import.meta.url)));
const source = readFileSync(join(root, "examples", "first-cell", "smoother.cell"), "utf8");

// 1. Compile. The cell is written for one example and one step; batch and time come with the call.
const smoother = await cell(source, { cell: "Smoother", dimensions: { N: 1 }, dtype: "f64" });
const steps = 50;
const instance = smoother.instantiate({ batch: 1, steps });
instance.init(1);

// 2. Run a whole sequence: x is [batch, steps, N], and so is y.
const random = createRandom(1);
const x = Float64Array.from({ length: steps }, (_, t) => Math.sin(t / 6) + random.normal(0.2));
const y = instance.forward({ x })["y"]!.slice();
console.log("first values, smoothed at once:    ", [...y.subarray(0, 4)].map((v) => v.toFixed(4)).join("  "));

// 3. Or feed it step by step, as a stream: the same numbers, to the last bit.
const streamed = [...x.subarray(0, 4)].map((value) => instance.step({ x: [value] })["y"]![0]!);
console.log("and as they come in, one by one:   ", streamed.map((v) => v.toFixed(4)).join("  "));

// 4. Learn. Somebody smoothed x at the rate 0.35; the gradient of the loss, through all the steps, finds that out.
const secret = 0.35;
let level = 0;
const wanted = x.map((value) => (level += secret * (value - level)));
const smoothing = await cell(source, { cell: "Smoothing", dimensions: { N: 1 }, dtype: "f64", gradient: true });
const learner = smoothing.instantiate({ batch: 1, sizes: { T: steps } });
learner.init(1);
const optimizer = adam({ learningRate: 0.02 }).attach(learner);
for (let round = 0; round <= 200; round++) {
  const { loss, params } = learner.gradient!({ x, wanted });
  if (round % 50 === 0) {
    const rate = learner.params["smoother.rate"]![0]!;
    console.log(`round ${round}: rate ${rate.toFixed(4)}, mean squared error ${loss.toExponential(1)}`);
  }
  optimizer.step(params);
}
