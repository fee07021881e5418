/** The spiking example learns by the declared derivative, and not by the true one. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runExperiment } from "../../examples/spiking/experiment.js";
import { createPatterns } from "../../examples/spiking/patterns.js";

it("learns to tell spike patterns apart, by the declared derivative only", async () => {
  const lines: string[] = [];
  const { declared, true: truth } = await runExperiment({
    root: fileURLToPath(new URL("../../", import.meta.url)),
    channels: 20,
    steps: 40,
    classes: 8,
    neurons: 4,
    batch: 128,
    rounds: 60,
    learningRate: 0.01,
    seed: 1,
    say: (line) => lines.push(line),
  });
  expect(declared.before.accuracy).toBeLessThan(0.3);
  expect(declared.after.accuracy).toBeGreaterThan(0.8);
  expect(declared.after.loss).toBeLessThan(0.4 * declared.before.loss);
  expect(truth.largestGradient).toBe(0);
  expect(truth.after).toEqual(truth.before);
  expect(truth.before).toEqual(declared.before);
  expect(lines.join("\n")).toMatch(/chance is 13 %[^]*round {2}60: loss [\d.]+, right \d+ %/u);
});

it("draws patterns of which only the times differ", () => {
  const draw = createPatterns({ channels: 5, steps: 30, classes: 3, jitter: 0, lost: 0, seed: 2 });
  const { spikes, classes } = draw(40);
  expect(new Set(classes)).toEqual(new Set([0, 1, 2]));
  expect(spikes.reduce((sum, spike) => sum + spike)).toBe(40 * 5);
  const rows = [...classes].map((_, b) => spikes.subarray(b * 150, (b + 1) * 150).join(""));
  expect(new Set(rows).size).toBe(3);
});
