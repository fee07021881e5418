/** What a cell is run over: tensors by name, from files or from noise, checked against the cell. */
import { checkNumbers, refuse } from "../../runtime/arguments.js";
import { isRecord } from "../../runtime/options.js";
import type { Random } from "../../runtime/random.js";
import type { InputEntry, Manifest, TensorEntry } from "../../runtime/module/manifest.js";
import { suggest } from "../diagnostics/suggest.js";

export interface DataTensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: ArrayLike<number>;
}

/** Inputs `[T, …]` or `[B, T, …]`, contexts and initial states `[…]` or `[B, …]`, by name. */
export type DataTensors = ReadonlyMap<string, DataTensor>;

/** @throws TypeError unless it is a map of tensors by name, each with as many numbers as its shape has. */
export function checkTensors(where: string, data: unknown): void {
  if (!(data instanceof Map)) return refuse(where, "data", "a map of { shape, values } by name", data);
  for (const [name, tensor] of data as Map<string, unknown>) {
    if (!isRecord(tensor)) refuse(where, `data ${name}`, "{ shape, values }", tensor);
    const { shape, values } = tensor as unknown as DataTensor;
    checkNumbers(where, `the shape of data ${name}`, shape);
    checkNumbers(where, `the values of data ${name}`, values);
    const count = shape.reduce((product, size) => product * size, 1);
    if (values.length !== count) {
      throw new RangeError(
        `${where}: data ${name} of shape [${shape.join(", ")}] must have ${count} values, got ${values.length}`,
      );
    }
  }
}

export type DataErrorCode = "invalid-file" | "missing-tensor" | "unknown-tensor" | "shape-mismatch" | "invalid-value";

/** Data or parameters that do not fit the cell. `tensor` names the one at fault where there is one. */
export class DataError extends Error {
  override readonly name = "DataError";
  readonly code: DataErrorCode;
  readonly tensor: string | undefined;

  constructor(code: DataErrorCode, message: string, tensor?: string) {
    super(message);
    this.code = code;
    this.tensor = tensor;
  }
}

export interface RunSizes {
  readonly batch: number;
  readonly steps: number;
  /** Of run-time dimensions. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** One run: everything the module takes besides parameters. */
export interface RunData extends RunSizes {
  /** `[B, T, …]`. */
  readonly inputs: ReadonlyMap<string, Float64Array | Int32Array>;
  /** `[B, …]`. */
  readonly contexts: ReadonlyMap<string, Float64Array>;
  /** Of states that were given, `[B, …]`. */
  readonly states: ReadonlyMap<string, Float64Array>;
}

/** Steps of a run where nothing says how many. */
export const usualSteps = 200;

/** Numbers of one example (and step). */
export function widthOf({ shape }: TensorEntry, sizes: Readonly<Record<string, number>>): number {
  return shape.reduce<number>((width, size) => width * (typeof size === "number" ? size : (sizes[size] as number)), 1);
}

/** Normal noise for inputs and contexts, random indices. */
export function drawNoise(manifest: Manifest, random: Random, run: RunSizes): RunData {
  const { batch, steps, sizes } = run;
  const normal = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.normal());
  const input = (entry: InputEntry): Float64Array | Int32Array => {
    const count = batch * steps * widthOf(entry, sizes);
    if (entry.dtype === "real") return normal(count);
    return Int32Array.from({ length: count }, () => random.integer(entry.bound ?? 1));
  };
  return {
    ...run,
    inputs: new Map(manifest.inputs.map((entry) => [entry.name, input(entry)])),
    contexts: new Map(manifest.contexts.map((entry) => [entry.name, normal(batch * widthOf(entry, sizes))])),
    states: new Map(),
  };
}

/**
 * Data of a file as a run: `steps` and `batch` cut it where they are given.
 *
 * @throws DataError where a tensor is missing, unknown, of another shape, or holds what the cell cannot take.
 */
export function takeData(
  manifest: Manifest,
  data: DataTensors,
  wanted: { readonly batch?: number | undefined; readonly steps?: number | undefined },
  sizes: Readonly<Record<string, number>>,
): RunData {
  const { inputs, contexts, states } = manifest;
  const known = [...inputs, ...contexts, ...states].map(({ name }) => name);
  for (const name of data.keys()) {
    if (known.includes(name)) continue;
    const similar = suggest(name, known);
    const hint = similar === undefined ? `it has ${known.join(", ")}` : `did you mean ${similar}?`;
    throw new DataError("unknown-tensor", `${manifest.cell} has no input, context or state ${name}; ${hint}`, name);
  }
  const there = extents(manifest, data, sizes);
  const take = (what: "batch" | "steps", unit: string): number => {
    const found = there[what];
    const asked = wanted[what] ?? found ?? (what === "batch" ? 1 : usualSteps);
    if (found !== undefined && asked > found) {
      throw new DataError(
        "shape-mismatch",
        `the data has ${found} ${unit}, fewer than the ${asked} that are asked for`,
      );
    }
    return asked;
  };
  const run = { batch: take("batch", "examples"), steps: take("steps", "steps"), sizes };
  const cut = (entry: TensorEntry, timed: boolean): Float64Array => {
    const tensor = data.get(entry.name) as DataTensor;
    return cutTensor(
      tensor,
      tensor.shape.length > entry.shape.length + (timed ? 1 : 0),
      timed,
      run,
      widthOf(entry, sizes),
    );
  };
  const missing = [...inputs, ...contexts].find(({ name }) => !data.has(name));
  if (missing !== undefined) {
    const wants = shapeText(missing, inputs.includes(missing as InputEntry), sizes);
    throw new DataError(
      "missing-tensor",
      `the data has no ${missing.name}, which must have shape ${wants}`,
      missing.name,
    );
  }
  return {
    ...run,
    inputs: new Map(inputs.map((entry) => [entry.name, checkValues(entry, cut(entry, true))])),
    contexts: new Map(contexts.map((entry) => [entry.name, checkFinite(entry.name, cut(entry, false))])),
    states: new Map(
      states.flatMap((entry) =>
        data.has(entry.name) ? [[entry.name, checkFinite(entry.name, cut(entry, false))] as const] : [],
      ),
    ),
  };
}

/** Checks all shapes; the batch and steps that the tensors agree on, undefined where none has that axis. */
function extents(
  { inputs, contexts, states }: Manifest,
  data: DataTensors,
  sizes: Readonly<Record<string, number>>,
): { batch: number | undefined; steps: number | undefined } {
  const found: Record<"batch" | "steps", { size: number; from: string } | undefined> = {
    batch: undefined,
    steps: undefined,
  };
  const agree = (what: "batch" | "steps", size: number, from: string): void => {
    const previous = found[what];
    if (size < 1)
      throw new DataError("shape-mismatch", `${from} has no ${what === "batch" ? "examples" : "steps"}`, from);
    if (previous !== undefined && previous.size !== size) {
      const unit = what === "batch" ? "examples" : "steps";
      throw new DataError("shape-mismatch", `${from} has ${size} ${unit}, ${previous.from} has ${previous.size}`, from);
    }
    found[what] = { size, from };
  };
  for (const [entries, timed] of [
    [inputs, true],
    [contexts, false],
    [states, false],
  ] as const) {
    for (const entry of entries) {
      const tensor = data.get(entry.name);
      if (tensor === undefined) continue;
      const own = entry.shape.map((size) => (typeof size === "number" ? size : (sizes[size] as number)));
      const leading = tensor.shape.slice(0, Math.max(0, tensor.shape.length - own.length));
      const tail = tensor.shape.slice(leading.length);
      const least = timed ? 1 : 0;
      if (
        leading.length < least ||
        leading.length > least + 1 ||
        tail.length !== own.length ||
        tail.some((size, axis) => size !== own[axis])
      ) {
        const got = `[${tensor.shape.join(", ")}]`;
        throw new DataError(
          "shape-mismatch",
          `${entry.name} must have shape ${shapeText(entry, timed, sizes)}, the data has ${got}`,
          entry.name,
        );
      }
      if (leading.length === least + 1) agree("batch", leading[0] as number, entry.name);
      if (timed) agree("steps", leading[leading.length - 1] as number, entry.name);
    }
  }
  return { batch: found.batch?.size, steps: found.steps?.size };
}

function shapeText({ shape }: TensorEntry, timed: boolean, sizes: Readonly<Record<string, number>>): string {
  const own = [
    ...(timed ? ["steps"] : []),
    ...shape.map((size) => String(typeof size === "number" ? size : sizes[size])),
  ];
  return `[${own.join(", ")}] or [${["examples", ...own].join(", ")}]`;
}

/** The first examples and steps; a tensor without a batch axis counts for every example. */
function cutTensor(
  { shape, values }: DataTensor,
  batched: boolean,
  timed: boolean,
  { batch, steps }: RunSizes,
  width: number,
): Float64Array {
  const stored = timed ? (shape[batched ? 1 : 0] as number) * width : width;
  const kept = timed ? steps * width : width;
  const result = new Float64Array(batch * kept);
  for (let b = 0; b < batch; b++) {
    const from = batched ? b * stored : 0;
    for (let i = 0; i < kept; i++) result[b * kept + i] = values[from + i] as number;
  }
  return result;
}

function checkValues(entry: InputEntry, values: Float64Array): Float64Array | Int32Array {
  if (entry.dtype === "real") return checkFinite(entry.name, values);
  const { name, bound = 1 } = entry;
  const wrong = values.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value < bound));
  if (wrong >= 0) {
    const got = String(values[wrong]);
    throw new DataError("invalid-value", `${name} must hold integers from 0 to ${bound - 1}, got ${got}`, name);
  }
  return Int32Array.from(values);
}

/** A run that starts from NaN would only say that NaN comes out. */
export function checkFinite<Values extends Float64Array | Float32Array>(name: string, values: Values): Values {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  throw new DataError("invalid-value", `${name} holds ${String(values[wrong])} at place ${wrong}`, name);
}
