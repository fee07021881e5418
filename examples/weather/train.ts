/** Training of the forecast: windows of the training years in random order, AdamW, mean squared error. */
import {
  adamw,
  clipByGlobalNorm,
  cosine,
  createRandom,
  meanSquaredError,
  type ModuleInstance,
} from "../../runtime/index.js";
import { inputsOf, inputWidth, statisticsOf, targetsOf, type Day } from "./data.js";

export interface TrainingOptions {
  /** Windows per step, and days per window. */
  readonly batch: number;
  readonly window: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Three years are few: without it the cell learns them by heart. */
  readonly weightDecay: number;
  readonly seed: number;
  /** Called after every step with the number of steps done and a running mean of the error in °C. */
  readonly onStep?: (step: number, error: number) => void;
}

/** Parameters of the cell that are set from the data and not trained. */
export const statistics: readonly string[] = ["mean", "spread"];

/**
 * Trains the parameters of an instance in place.
 *
 * @param instance Of the Forecast cell, with room for `batch` examples of `window` steps, compiled with its gradient.
 * @param days Without a gap, in order.
 */
export function train(instance: ModuleInstance, days: readonly Day[], options: TrainingOptions): void {
  const { batch, window, steps, learningRate, seed } = options;
  instance.init(seed);
  const { mean, spread } = statisticsOf(days);
  instance.params["mean"]!.set(mean);
  instance.params["spread"]!.set(spread);

  const inputs = inputsOf(days);
  const targets = targetsOf(days);
  const random = createRandom(seed);
  const optimizer = adamw({
    // From the full rate down to nothing along half a cosine.
    learningRate: cosine(learningRate, { updates: steps }),
    weightDecay: options.weightDecay,
    // Weight decay would shrink the statistics.
    groups: [{ match: statistics, frozen: true }],
  }).attach(instance);
  const weather = new Float32Array(batch * window * inputWidth);
  const wanted = new Float32Array(batch * window);
  const slope = new Float32Array(batch * window);
  let running: number | undefined;

  for (let step = 1; step <= steps; step++) {
    for (let b = 0; b < batch; b++) {
      const start = random.integer(targets.length - window + 1);
      weather.set(inputs.subarray(start * inputWidth, (start + window) * inputWidth), b * window * inputWidth);
      wanted.set(targets.subarray(start, start + window), b * window);
    }
    const tomorrow = instance.forward({ weather, batch, steps: window })["tomorrow"]!;
    const { loss } = meanSquaredError(tomorrow, wanted, { batch, steps: window, into: slope });
    const gradients = instance.backward!({ tomorrow: slope }).params;
    clipByGlobalNorm(gradients, 10);
    optimizer.step(gradients);
    running = running === undefined ? loss : 0.95 * running + 0.05 * loss;
    options.onStep?.(step, Math.sqrt(running));
  }
}
