/** Training of the forecast: windows of the training years, AdamW, mean squared error. */
import { adamw, cosine, seriesOf, train, type CompiledModule, type Training, windows } from "../../runtime/index.js";
import { rowOf, statisticsOf, type Day } from "./data.js";

export interface TrainingOptions {
  /** Windows per step, and days per window. */
  readonly batch: number;
  readonly window: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Three years are few: without it the network learns them by heart. */
  readonly weightDecay: number;
  readonly seed: number;
}

/** @param days Without a gap, in order. */
export function trainForecast(module: CompiledModule, days: readonly Day[], options: TrainingOptions): Training {
  const { batch, window, steps: updates, learningRate, weightDecay, seed } = options;
  const data = windows(
    seriesOf({ weather: days.slice(0, -1).map(rowOf), next: days.slice(1).map((day) => day.high) }),
    { length: window },
  );
  const optimizer = adamw({ learningRate: cosine(learningRate, { updates }), weightDecay });
  const training = train({ module, data, optimizer, batch, updates, seed, clip: { norm: 10 } });
  training.instance.setParams(statisticsOf(days));
  return training;
}
