/**
 * The largest Lyapunov exponents: how fast neighbouring runs on the same inputs part or meet. Tangent vectors are carried
 * along by forward mode and made orthonormal after each step; the means of the logarithms of R's diagonal are the exponents.
 *
 * G. Benettin, L. Galgani, A. Giorgilli, J.-M. Strelcyn, "Lyapunov characteristic exponents for smooth dynamical systems",
 * Meccanica 15 (1980). For recurrent networks: R. Engelken, F. Wolf, L. F. Abbott, "Lyapunov spectra of chaotic recurrent
 * neural networks" (2020); R. Vogt et al., "On Lyapunov exponents for RNNs" (2022).
 */
import { at } from "../../base/at.js";
import { createRandom } from "../../../runtime/base/random.js";
import type { CallResult } from "../../../runtime/module/compiled-module.js";
import type { LyapunovSpectrum } from "./diagnosis.js";
import { orthonormalize, randomDirection } from "./linear-algebra.js";
import { plainInstance, type PreparedRun, valuesAt } from "./prepared-run.js";
import { packStates, unpackStates } from "./state-vector.js";

/** Parts of a run whose differences give the standard error. */
const parts = 10;

/** Undefined where a derivative is not finite. */
export async function lyapunovExponents(
  run: PreparedRun,
  states: readonly Float64Array[],
  count: number,
  seed: number,
): Promise<LyapunovSpectrum | undefined> {
  const { data, layout } = run;
  const { batch } = data;
  const { size } = layout;
  const steps = states.length - 1;
  const discarded = Math.min(Math.floor(steps / 4), 100);
  const random = createRandom(seed);
  const rows = batch * count;
  const exampleOf = (row: number): number => Math.floor(row / count);
  const instance = plainInstance(run, rows);
  const tangents = new Float64Array(rows * size);
  const vectors = Array.from({ length: rows }, (_, row) => tangents.subarray(row * size, (row + 1) * size));
  const ofExample = (b: number): Float64Array[] => vectors.slice(b * count, (b + 1) * count);
  for (let b = 0; b < batch; b++) {
    for (const vector of ofExample(b)) vector.set(randomDirection(size, random));
    orthonormalize(ofExample(b), random);
    await run.turn();
  }
  const partCount = Math.max(1, Math.min(parts, steps - discarded));
  const sums = Array.from({ length: batch * partCount }, () => ({ steps: 0, logs: new Float64Array(count) }));
  const repeated = new Float64Array(rows * size);
  for (let t = 0; t < steps; t++) {
    for (let row = 0; row < rows; row++) {
      const from = exampleOf(row) * size;
      repeated.set(at(states, t).subarray(from, from + size), row * size);
    }
    const values = { ...valuesAt(run, t, rows, exampleOf), ...unpackStates(layout, repeated, rows) };
    const result = instance.jvp?.(values, unpackStates(layout, tangents, rows)) as CallResult;
    tangents.set(packStates(layout, result.final, rows));
    if (!tangents.every(Number.isFinite)) return undefined;
    const part = Math.floor(((t - discarded) * partCount) / (steps - discarded));
    for (let b = 0; b < batch; b++) {
      const lengths = orthonormalize(ofExample(b), random);
      const sum = sums[b * partCount + part];
      if (t < discarded || sum === undefined) continue;
      sum.steps += 1;
      for (const [i, length] of lengths.entries()) sum.logs[i] = (sum.logs[i] as number) + Math.log(length);
    }
    await run.progress("Lyapunov exponents", t + 1, steps);
  }
  const means = sums.map(({ steps: n, logs }) => logs.map((total) => total / n));
  return { ...summarize(means, partCount, count), discarded };
}

/** `means`: of each example one after another each of its parts. Exponents of an example in order of size. */
function summarize(
  means: readonly Float64Array[],
  partCount: number,
  count: number,
): Omit<LyapunovSpectrum, "discarded"> {
  const examples = Array.from({ length: means.length / partCount }, (_, b) => {
    const own = means.slice(b * partCount, (b + 1) * partCount);
    return Array.from({ length: count }, (_, i) => own.map((part) => part[i] as number)).sort(
      (a, b) => mean(b) - mean(a),
    );
  });
  const exponents: number[] = [];
  const errors: number[] = [];
  const lost: number[] = [];
  for (let i = 0; i < count; i++) {
    const kept = examples.map((example) => example[i] as number[]).filter((values) => Number.isFinite(mean(values)));
    lost.push(examples.length - kept.length);
    exponents.push(kept.length === 0 ? -Infinity : mean(kept.map(mean)));
    errors.push(standardError(kept.flat()));
  }
  return { exponents, errors, lost };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}
