/** One call of an instance as a part of a larger one: what it is given, and what it gives. */
import type { CallValues, FloatArray, LossOfBatch, ModuleInstance, SparseRecord, TensorRecord } from "../module/compiled-module.js"; // prettier-ignore

/** A param whose gradient is wanted; of a table by rows, where their width is told. */
export interface GradientPart {
  readonly name: string;
  readonly width?: number | undefined;
}

/** What a loss is divided by, in the place of what it says itself. */
export type Divisors = number | Readonly<Record<string, number>>;

/** Outputs; or the gradient of losses; or, where derivatives by outputs and last states are given, what makes these. */
export interface PoolTask {
  readonly kind: "forward" | "gradient";
  readonly values: CallValues;
  readonly cotangents?: Readonly<Record<string, unknown>>;
}

export interface TaskResult {
  /** By params; nothing of `forward`. */
  readonly gradient: SparseRecord;
  /** By the states in the beginning. */
  readonly initial: TensorRecord;
  /** Where derivatives are not given. */
  readonly losses: Readonly<Record<string, LossOfBatch>>;
  /** States in the end. */
  readonly final: TensorRecord;
  /** Of `forward`. */
  readonly outputs: Readonly<Record<string, FloatArray>>;
}

const nothing = Object.freeze({});

/** What holds until the next call of the instance. */
export function runTask(
  instance: ModuleInstance,
  parts: readonly GradientPart[],
  { kind, values, cotangents }: PoolTask,
  per: Divisors,
): TaskResult {
  if (kind === "forward") {
    const { final, ...outputs } = instance.forward(values);
    const told = { final, outputs: outputs as TaskResult["outputs"] };
    return { gradient: nothing, initial: nothing, losses: nothing, ...told };
  }
  if (cotangents !== undefined) {
    instance.forward(values);
    const found = instance.backward!(cotangents);
    const { initial } = found;
    return { gradient: partsOf(found, parts), initial, losses: nothing, final: nothing, outputs: nothing };
  }
  const found = instance.gradient!(values, { per });
  const { initial, losses, final } = found;
  return { gradient: partsOf(found, parts), initial, losses, final, outputs: nothing };
}

/** Whole gradients of tables are not even made where rows do. */
const partsOf = (
  { params, sparse }: { readonly params: TensorRecord; readonly sparse?: SparseRecord },
  parts: readonly GradientPart[],
): SparseRecord =>
  Object.fromEntries(parts.map(({ name, width }) => [name, (width === undefined ? params : sparse!)[name]!]));

/**
 * What holds when the instance is called again, or when arrays that were given change. To send views of an instance's memory would be to send all of
 * that memory.
 *
 * @param made Is told of each array.
 */
export function copyOf<Value>(value: Value, made: (array: FloatArray) => void = () => undefined): Value {
  if (ArrayBuffer.isView(value)) {
    const copy = (value as unknown as Float32Array).slice();
    made(copy);
    return copy as unknown as Value;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, copyOf(own, made)])) as Value;
}
