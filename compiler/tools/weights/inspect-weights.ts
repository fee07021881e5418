/** What a file of weights holds: each tensor with figures of its numbers, and what else stands in it. */
import type { SafeTensor } from "../../../runtime/io/safe-tensor.js";
import type { SafetensorsDtype } from "../../../runtime/io/element-types.js";
import { fileFormats } from "../../../runtime/io/file-formats.js";
import { toNumbers } from "../../../runtime/io/tensor-numbers.js";
import { checkpointCounters, checkpointIn } from "../../../runtime/training/checkpoint/contents.js";
import type { WeightsFile } from "./read-weights.js";

export interface TensorFigures {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: SafetensorsDtype;
  /** Of the finite numbers; left out where there are none, or where the type is none of plain numbers. */
  readonly figures?: NumberFigures;
  readonly nan: number;
  readonly infinite: number;
}

interface NumberFigures {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The square root of the mean squared difference from the mean. */
  readonly deviation: number;
}

export interface WeightsSummary {
  readonly kind: "safetensors" | "npz" | "parameters" | "checkpoint";
  /** How many numbers there are. */
  readonly count: number;
  readonly bytes: number;
  readonly tensors: readonly TensorFigures[];
  /** Texts of the file; of a checkpoint what its run is of. */
  readonly texts: Readonly<Record<string, string>>;
  /** Of a checkpoint: how far its run was. */
  readonly progress?: Readonly<Record<string, number>>;
}

/** @throws CheckpointError where a checkpoint is damaged. */
export function inspectWeights(file: WeightsFile): WeightsSummary {
  const { tensors, metadata } = file;
  const figures = [...tensors].map(([name, tensor]) => figuresOf(name, tensor));
  const isCheckpoint = metadata.get("format") === fileFormats.checkpoint;
  const isOwn = metadata.get("format") === fileFormats.params;
  const common = {
    count: figures.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    bytes: [...tensors.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
    tensors: figures,
  };
  if (!isCheckpoint) {
    return { kind: isOwn ? "parameters" : file.kind, ...common, texts: Object.fromEntries(metadata) };
  }
  const { identity } = checkpointIn("the checkpoint", { tensors, metadata });
  const numbers = tensors.get("numbers");
  const values = numbers === undefined ? [] : [...toNumbers(numbers)];
  const progress = Object.fromEntries(checkpointCounters.flatMap((name, i) => (i < values.length ? [[name, values[i]!]] : []))); // prettier-ignore
  return { kind: "checkpoint", ...common, texts: identity, progress };
}

function figuresOf(name: string, tensor: SafeTensor): TensorFigures {
  const { shape, dtype } = tensor;
  const values = numbersIn(tensor);
  if (values === undefined) return { name, shape, dtype, nan: 0, infinite: 0 };
  let [count, nan, infinite, min, max, mean, squares] = [0, 0, 0, Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      count++;
      min = Math.min(min, value);
      max = Math.max(max, value);
      // The running mean and sum of squares keep their digits where the mean is large (Welford 1962).
      const difference = value - mean;
      mean += difference / count;
      squares += difference * (value - mean);
    }
  }
  const figures = { min, max, mean, deviation: Math.sqrt(squares / count) };
  return { name, shape, dtype, nan, infinite, ...(count === 0 ? {} : { figures }) };
}

/** Undefined where the elements are no plain numbers: integers of 64 bits, complex ones, floats of 8 bits. */
export function numbersIn(tensor: SafeTensor): Float64Array | undefined {
  try {
    return toNumbers(tensor);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
