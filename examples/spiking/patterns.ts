/** Spike patterns to tell apart: in all of them every channel fires equally often, so that only the times differ. */
import { createRandom } from "../../runtime/index.js";

export interface PatternOptions {
  readonly channels: number;
  readonly steps: number;
  readonly classes: number;
  /** How far spikes are from where their class has them, in steps: the deviation of a normal distribution. */
  readonly jitter: number;
  /** The share of spikes that get lost. */
  readonly lost: number;
  readonly seed: number;
}

export interface Patterns {
  /** `[count, steps, channels]`: 1 for a spike, else 0. */
  readonly spikes: Float32Array;
  /** The class of each, `[count]`. */
  readonly classes: Int32Array;
}

/** Draws examples of the same classes at each call. */
export function createPatterns(options: PatternOptions): (count: number) => Patterns {
  const { channels, steps, classes, jitter, lost, seed } = options;
  const random = createRandom(seed);
  // Each class has a spike of every channel, at a time of its own.
  const times = Array.from({ length: classes * channels }, () => random.integer(steps));
  return (count) => {
    const spikes = new Float32Array(count * steps * channels);
    const chosen = Int32Array.from({ length: count }, () => random.integer(classes));
    for (const [b, own] of chosen.entries()) {
      for (let channel = 0; channel < channels; channel++) {
        if (random.uniform(0, 1) < lost) continue;
        const time = Math.round(times[own * channels + channel]! + random.normal(jitter));
        if (time >= 0 && time < steps) spikes[(b * steps + time) * channels + channel] = 1;
      }
    }
    return { spikes, classes: chosen };
  };
}
