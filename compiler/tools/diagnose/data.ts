/** What a cell is run over: tensors by name, from files or from noise, checked against the cell. */
import { checkNumbers, refuse } from "../../../runtime/base/arguments.js";
import { isRecord } from "../../../runtime/base/options.js";
import type { Random } from "../../../runtime/base/random.js";
import type { InputEntry, Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { suggest } from "../../base/diagnostics/suggest.js";
import type { Turn } from "../../driver/turns.js";
import { widthOf } from "../calls/sizes.js";
import { boundOf } from "../calls/tensors.js";

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

interface RunSizes {
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

/** Numbers that are handled between two turns: a look at the time after each would cost more than the number. */
const stride = 2 ** 14;

type DataArray = Float64Array | Int32Array;

/** Each element by its place, in order. */
async function fill<Values extends DataArray>(values: Values, at: (i: number) => number, turn: Turn): Promise<Values> {
  for (let from = 0; from < values.length; from += stride) {
    const end = Math.min(from + stride, values.length);
    for (let i = from; i < end; i++) values[i] = at(i);
    await turn();
  }
  return values;
}

/** Normal noise for inputs and contexts, random indices. */
export async function drawNoise(manifest: Manifest, random: Random, run: RunSizes, turn: Turn): Promise<RunData> {
  const { batch, steps, sizes } = run;
  const normal = (count: number): Promise<Float64Array> => fill(new Float64Array(count), () => random.normal(), turn);
  const inputs = new Map<string, DataArray>();
  for (const entry of manifest.inputs) {
    const count = batch * steps * widthOf(entry, sizes);
    const index = (): number => random.integer(boundOf(entry, { sizes }));
    inputs.set(entry.name, await (entry.dtype === "real" ? normal(count) : fill(new Int32Array(count), index, turn)));
  }
  const contexts = new Map<string, Float64Array>();
  for (const entry of manifest.contexts) contexts.set(entry.name, await normal(batch * widthOf(entry, sizes)));
  return { ...run, inputs, contexts, states: new Map() };
}

/**
 * Data of a file as a run: `steps` and `batch` cut it where they are given.
 *
 * @throws DataError where a tensor is missing, unknown, of another shape, or holds what the cell cannot take.
 */
export async function takeData(
  manifest: Manifest,
  data: DataTensors,
  wanted: Wanted,
  sizes: Readonly<Record<string, number>>,
  turn: Turn,
): Promise<RunData> {
  const { inputs, contexts, states } = manifest;
  refuseUnknown(manifest, data);
  const there = extents(manifest, data, sizes);
  const run = { ...cutTo(there, wanted), sizes };
  const missing = [...inputs, ...contexts].find(({ name }) => !data.has(name));
  if (missing !== undefined) {
    const wants = shapeText(missing, inputs.includes(missing as InputEntry), sizes);
    const message = `the data has no ${missing.name}, which must have shape ${wants}`;
    throw new DataError("missing-tensor", message, missing.name);
  }
  const cutAll = async <Entry extends TensorEntry, Values extends DataArray>(
    entries: readonly Entry[],
    timed: boolean,
    check: (entry: Entry, values: Float64Array) => Promise<Values>,
  ): Promise<Map<string, Values>> => {
    const found = new Map<string, Values>();
    for (const entry of entries) {
      const tensor = data.get(entry.name) as DataTensor;
      const batched = tensor.shape.length > entry.shape.length + (timed ? 1 : 0);
      const values = await cutTensor(tensor, batched, timed, run, widthOf(entry, sizes), turn);
      found.set(entry.name, await check(entry, values));
    }
    return found;
  };
  const real = ({ name }: TensorEntry, values: Float64Array): Promise<Float64Array> => takeReals(name, values, turn);
  const values = (entry: InputEntry, cutOut: Float64Array): Promise<DataArray> =>
    entry.dtype === "real" ? real(entry, cutOut) : takeIndices(entry, boundOf(entry, { sizes }), cutOut, turn);
  const given = states.filter(({ name }) => data.has(name));
  return {
    ...run,
    inputs: await cutAll(inputs, true, values),
    contexts: await cutAll(contexts, false, real),
    states: await cutAll(given, false, real),
  };
}

function refuseUnknown({ cell, inputs, contexts, states }: Manifest, data: DataTensors): void {
  const known = [...inputs, ...contexts, ...states].map(({ name }) => name);
  for (const name of data.keys()) {
    if (known.includes(name)) continue;
    const similar = suggest(name, known);
    const hint = similar === undefined ? `it has ${known.join(", ")}` : `did you mean ${similar}?`;
    throw new DataError("unknown-tensor", `${cell} has no input, context or state ${name}; ${hint}`, name);
  }
}

type Wanted = { readonly [What in "batch" | "steps"]?: number | undefined };

/** How much of the data is taken: what is asked for, or all that is there. */
function cutTo(there: Wanted, wanted: Wanted): { readonly batch: number; readonly steps: number } {
  const take = (what: "batch" | "steps", unit: string): number => {
    const found = there[what];
    const asked = wanted[what] ?? found ?? (what === "batch" ? 1 : usualSteps);
    if (found === undefined || asked <= found) return asked;
    const message = `the data has ${found} ${unit}, fewer than the ${asked} that are asked for`;
    throw new DataError("shape-mismatch", message);
  };
  return { batch: take("batch", "examples"), steps: take("steps", "steps") };
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
  turn: Turn,
): Promise<Float64Array> {
  const stored = timed ? (shape[batched ? 1 : 0] as number) * width : width;
  const kept = timed ? steps * width : width;
  const from = (b: number): number => (batched ? b * stored : 0);
  return fill(new Float64Array(batch * kept), (i) => values[from(Math.floor(i / kept)) + (i % kept)] as number, turn);
}

/** The place of the first number that is wrong, -1 where none is. */
async function firstWrong(values: Float64Array, isRight: (value: number) => boolean, turn: Turn): Promise<number> {
  for (let from = 0; from < values.length; from += stride) {
    const at = values.subarray(from, from + stride).findIndex((value) => !isRight(value));
    if (at >= 0) return from + at;
    await turn();
  }
  return -1;
}

async function takeIndices({ name }: InputEntry, bound: number, values: Float64Array, turn: Turn): Promise<Int32Array> {
  const wrong = await firstWrong(values, (value) => Number.isInteger(value) && value >= 0 && value < bound, turn);
  if (wrong >= 0) {
    const got = String(values[wrong]);
    throw new DataError("invalid-value", `${name} must hold integers from 0 to ${bound - 1}, got ${got}`, name);
  }
  return fill(new Int32Array(values.length), (i) => values[i] as number, turn);
}

/** A run that starts from NaN would only say that NaN comes out. */
async function takeReals(name: string, values: Float64Array, turn: Turn): Promise<Float64Array> {
  return checkFinite(name, values, await firstWrong(values, Number.isFinite, turn));
}

/** @param wrong The place of the first number that is not finite, -1 where all are. */
export function checkFinite<Values extends Float64Array | Float32Array>(
  name: string,
  values: Values,
  wrong = values.findIndex((value) => !Number.isFinite(value)),
): Values {
  if (wrong < 0) return values;
  throw new DataError("invalid-value", `${name} holds ${String(values[wrong])} at place ${wrong}`, name);
}
