/**
 * Losses on sequences in a padded batch, each with its gradient. Arrays are row-major `[B, T, …]`; steps from an
 * example's length on count neither in the loss nor in the gradient, whatever stands there.
 */
import type { FloatArray } from "../module/compiled-module.js";
import { checkFloats, checkNumbers } from "../base/arguments.js";
import { checkCount, checkOptionNames, describe } from "../base/options.js";

export interface LossOptions {
  /** Examples, B. */
  readonly batch: number;
  /** Steps, T; 1 for a loss on one value per example. */
  readonly steps: number;
  /** Real steps of each example, `[B]`, from 0 to T; all T where left out. */
  readonly lengths?: ArrayLike<number>;
  /** Where the gradient goes, to spare an allocation; of the same length as the prediction. */
  readonly into?: FloatArray;
}

export interface Loss {
  /** The mean over all entries that count. */
  readonly loss: number;
  /** Its derivative by the prediction, in the shape of the prediction: what `backward` takes. */
  readonly gradient: FloatArray;
}

/**
 * The mean of the squared differences over all N entries of all real steps: `loss = sum((p - t)^2) / count`,
 * `gradient = 2 (p - t) / count`.
 *
 * @param prediction `[B, T, N]`.
 * @param target The same shape.
 * @throws TypeError where an argument is no array, or an option unknown; RangeError where a length does not fit, or no step counts.
 * @example
 *     const { loss, gradient } = meanSquaredError(out.y, target, { batch: 32, steps: 100, lengths });
 *     const grad = instance.backward({ y: gradient });
 */
export function meanSquaredError(prediction: FloatArray, target: ArrayLike<number>, options: LossOptions): Loss {
  checkNumbers("meanSquaredError", "target", target);
  const { rows, gradient, width } = prepare("meanSquaredError", "prediction", prediction, options);
  if (target.length !== prediction.length) {
    throw new RangeError(`target must have length ${prediction.length}, as the prediction, got ${target.length}`);
  }
  const count = countRealSteps(options) * width;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const real = isReal(row, options);
    for (let i = row * width; i < (row + 1) * width; i++) {
      const difference = real ? prediction[i]! - target[i]! : 0;
      sum += difference * difference;
      gradient[i] = (2 * difference) / count;
    }
  }
  return { loss: sum / count, gradient };
}

/**
 * The mean, over all real steps, of `-log(softmax(logits)[class])`, in nats; computed from the largest logit down, so
 * that no size of the logits overflows. The gradient by the logits is `(softmax(logits) - onehot(class)) / count`.
 *
 * @param logits `[B, T, V]`, or `[B, V]` with `steps: 1`.
 * @param classes `[B, T]`: integers in `[0, V)`.
 * @throws TypeError where an argument is no array, or an option unknown; RangeError where a length does not fit, no step counts, or a class of a real step is out of range.
 */
export function crossEntropy(logits: FloatArray, classes: ArrayLike<number>, options: LossOptions): Loss {
  checkNumbers("crossEntropy", "classes", classes);
  const { rows, gradient, width } = prepare("crossEntropy", "logits", logits, options);
  if (classes.length !== rows) throw new RangeError(`classes must have length ${rows}, got ${classes.length}`);
  const count = countRealSteps(options);
  checkClasses(classes, width, options);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    if (!isReal(row, options)) {
      gradient.fill(0, start, start + width);
      continue;
    }
    sum += crossEntropyOfRow(logits, gradient, start, width, start + classes[row]!, count);
  }
  return { loss: sum / count, gradient };
}

/**
 * The loss of one row of logits, whose gradient it writes. Neither a small loss nor the gradient of a likely class is computed as
 * a difference of large numbers or from 1 down.
 */
function crossEntropyOfRow(
  logits: FloatArray,
  gradient: FloatArray,
  start: number,
  width: number,
  wanted: number,
  count: number,
): number {
  const end = start + width;
  let top = start;
  for (let i = start + 1; i < end; i++) if (!(logits[i]! <= logits[top]!)) top = i;
  const largest = logits[top]!;
  let belowTop = 0;
  let unwanted = 0;
  for (let i = start; i < end; i++) {
    const power = Math.exp(logits[i]! - largest);
    if (i !== top) belowTop += power;
    if (i !== wanted) unwanted += power;
  }
  const total = 1 + belowTop;
  for (let i = start; i < end; i++) gradient[i] = Math.exp(logits[i]! - largest) / total / count;
  gradient[wanted] = 0 - unwanted / total / count;
  return Math.log1p(belowTop) + (largest - logits[wanted]!);
}

/** Whether row `b * T + t` is a real step, and not padding. */
function isReal(row: number, { steps, lengths }: LossOptions): boolean {
  return lengths === undefined || row % steps < lengths[Math.floor(row / steps)]!;
}

function countRealSteps({ batch, steps, lengths }: LossOptions): number {
  let count = batch * steps;
  if (lengths !== undefined) {
    if (lengths.length !== batch) throw new RangeError(`lengths must have length ${batch}, got ${lengths.length}`);
    count = 0;
    for (let b = 0; b < batch; b++) {
      const length = lengths[b]!;
      if (!Number.isInteger(length) || length < 0 || length > steps) {
        throw new RangeError(`lengths[${b}] must be an integer from 0 to ${steps}, got ${describe(length)}`);
      }
      count += length;
    }
  }
  if (count === 0) throw new RangeError("no step counts in this loss: every length is 0");
  return count;
}

function checkClasses(classes: ArrayLike<number>, width: number, options: LossOptions): void {
  for (let row = 0; row < classes.length; row++) {
    const wanted = classes[row]!;
    if (isReal(row, options) && !(Number.isInteger(wanted) && wanted >= 0 && wanted < width)) {
      throw new RangeError(`classes[${row}] must be an integer in [0, ${width}), got ${describe(wanted)}`);
    }
  }
}

function prepare(
  where: string,
  name: string,
  prediction: FloatArray,
  options: LossOptions,
): { readonly rows: number; readonly width: number; readonly gradient: FloatArray } {
  checkFloats(where, name, prediction);
  checkOptionNames(where, options, ["batch", "steps", "lengths", "into"]);
  const { batch, steps, into, lengths } = options;
  if (lengths !== undefined) checkNumbers(where, "lengths", lengths);
  if (into !== undefined) checkFloats(where, "into", into);
  for (const [option, size] of Object.entries({ batch, steps })) checkCount(option, size);
  const rows = batch * steps;
  if (prediction.length === 0 || prediction.length % rows !== 0) {
    throw new RangeError(`${name} must have a multiple of batch * steps = ${rows} entries, got ${prediction.length}`);
  }
  if (into !== undefined && into.length !== prediction.length) {
    throw new RangeError(`into must have length ${prediction.length}, got ${into.length}`);
  }
  const make = prediction instanceof Float32Array ? Float32Array : Float64Array;
  return { rows, width: prediction.length / rows, gradient: into ?? new make(prediction.length) };
}
