/** What a cell is run over: tensors by name, from files or from noise, checked against the cell. */
import { checkNumbers, refuse } from "../../../runtime/base/arguments.js";
import { isRecord } from "../../../runtime/base/options.js";
import type { Random } from "../../../runtime/base/random.js";
import { elementCount } from "../../../runtime/module/compiled-module.js";
import type { AxisEntry, Manifest } from "../../../runtime/module/manifest.js";
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { suggest } from "../../base/diagnostics/suggest.js";
import type { Turn } from "../../driver/turns.js";
import { numberDrawer } from "../calls/draw-call.js";
import { type CallExtents, type CallSizes, countNumbers, partShape, type TensorAxes } from "../calls/sizes.js";
import { boundOf, type ByTensor, type CallTensor, mapTensors, ofTensor, tensorsOf } from "../calls/tensors.js";

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

/** One run: everything the module takes besides parameters, of states those that were given. Every example has all steps. */
export interface RunData extends CallExtents, Pick<ByTensor<Float64Array>, "inputs" | "contexts" | "states"> {}

/** Steps of a run where nothing says how many. */
export const usualSteps = 200;

/** Numbers that are handled between two turns: a look at the time after each would cost more than the number. */
const stride = 2 ** 14;

/** Each element by its place, in order. */
async function fill(values: Float64Array, element: (i: number) => number, turn: Turn): Promise<void> {
  for (let from = 0; from < values.length; from += stride) {
    const end = Math.min(from + stride, values.length);
    for (let i = from; i < end; i++) values[i] = element(i);
    await turn();
  }
}

/** A run of the tensors that `isHeld`, filled one after the other. */
async function makeRun(
  manifest: Manifest,
  run: CallExtents,
  isHeld: (tensor: CallTensor) => boolean,
  fillIn: (tensor: CallTensor, values: Float64Array) => Promise<void>,
): Promise<RunData> {
  const made = mapTensors(manifest, (tensor) =>
    isHeld(tensor) ? new Float64Array(countNumbers(tensor, run)) : undefined,
  );
  for (const tensor of tensorsOf(manifest)) {
    const values = ofTensor(made, tensor);
    if (values !== undefined) await fillIn(tensor, values);
  }
  const { inputs, contexts, states } = made;
  return { ...run, inputs, contexts, states };
}

/** No example is smaller than the call. */
const wholeExamples = (call: CallSizes): CallExtents => ({ ...call, examples: [] });

/** Normal noise for inputs and contexts, random indices. */
export function drawNoise(manifest: Manifest, random: Random, call: CallSizes, turn: Turn): Promise<RunData> {
  const run = wholeExamples(call);
  const isDrawn = ({ role }: CallTensor): boolean => role === "input" || role === "context";
  return makeRun(manifest, run, isDrawn, (tensor, values) =>
    fill(values, numberDrawer(tensor, values, run, random, { number: () => random.normal() }), turn),
  );
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
  const tensors = tensorsOf(manifest).filter(mayBeInData);
  refuseUnknown(manifest, tensors, data);
  const run = wholeExamples({ ...cutTo(extents(manifest, tensors, data, sizes), wanted), sizes });
  const missing = tensors.find(({ name, role }) => role !== "state" && !data.has(name));
  if (missing !== undefined) {
    const wants = shapeText(manifest, missing, sizes);
    throw new DataError(
      "missing-tensor",
      `the data has no ${missing.name}, which must have shape ${wants}`,
      missing.name,
    );
  }
  const isGiven = (tensor: CallTensor): boolean => mayBeInData(tensor) && data.has(tensor.name);
  return makeRun(manifest, run, isGiven, async (tensor, values) => {
    await cutTensor(tensor, data.get(tensor.name) as DataTensor, values, run, turn);
    await (tensor.dtype === "index" ? checkIndices(tensor, values, run, turn) : checkReals(tensor, values, turn));
  });
}

const mayBeInData = ({ role }: CallTensor): boolean => role === "input" || role === "context" || role === "state";

function refuseUnknown({ cell }: Manifest, tensors: readonly CallTensor[], data: DataTensors): void {
  const known = tensors.map(({ name }) => name);
  for (const name of data.keys()) {
    if (known.includes(name)) continue;
    const similar = suggest(name, known);
    const hint = similar === undefined ? `it has ${known.join(", ")}` : `did you mean ${similar}?`;
    throw new DataError("unknown-tensor", `${cell} has no input, context or state ${name}; ${hint}`, name);
  }
}

/** Axes whose sizes data tells, by the option of calls that gives them: their elements, and how many there are unless told. */
const toldAxes = {
  batch: { unit: "examples", usual: 1 },
  steps: { unit: "steps", usual: usualSteps },
} as const;

type ToldAxis = keyof typeof toldAxes;

type Wanted = { readonly [What in ToldAxis]?: number | undefined };

/** The axis of tensors that has this name. */
function toldAxis({ axes }: Pick<Manifest, "axes">, name: string): ToldAxis {
  const option: AxisEntry["option"] | undefined = axes.find((axis) => axis.name === name)?.option;
  invariant(option === "batch" || option === "steps", `cells have no tensors along ${name}`);
  return option;
}

/** How much of the data is taken: what is asked for, or all that is there. */
function cutTo(there: Wanted, wanted: Wanted): Record<ToldAxis, number> {
  const take = (axis: ToldAxis): number => {
    const { unit, usual } = toldAxes[axis];
    const found = there[axis];
    const asked = wanted[axis] ?? found ?? usual;
    if (found === undefined || asked <= found) return asked;
    const message = `the data has ${found} ${unit}, fewer than the ${asked} that are asked for`;
    throw new DataError("shape-mismatch", message);
  };
  return { batch: take("batch"), steps: take("steps") };
}

/** Checks all shapes; the sizes of axes that the tensors agree on, nothing of those that none has. */
function extents(
  manifest: Manifest,
  tensors: readonly CallTensor[],
  data: DataTensors,
  sizes: Readonly<Record<string, number>>,
): Wanted {
  const found = new Map<ToldAxis, { readonly size: number; readonly from: string }>();
  const agree = (axis: ToldAxis, size: number, from: string): void => {
    const { unit } = toldAxes[axis];
    const previous = found.get(axis);
    if (size < 1) throw new DataError("shape-mismatch", `${from} has no ${unit}`, from);
    if (previous !== undefined && previous.size !== size) {
      throw new DataError("shape-mismatch", `${from} has ${size} ${unit}, ${previous.from} has ${previous.size}`, from);
    }
    found.set(axis, { size, from });
  };
  for (const tensor of tensors) {
    const { name } = tensor;
    const stored = data.get(name);
    if (stored === undefined) continue;
    const axes = storedAxes(tensor, stored);
    const own = ownShape(tensor, sizes);
    if (axes === undefined || own.some((size, axis) => size !== stored.shape[axes.length + axis])) {
      const message = `${name} must have shape ${shapeText(manifest, tensor, sizes)}, the data has [${stored.shape.join(", ")}]`;
      throw new DataError("shape-mismatch", message, name);
    }
    for (const [i, axis] of axes.entries()) agree(toldAxis(manifest, axis), at(stored.shape, i), name);
  }
  return { batch: found.get("batch")?.size, steps: found.get("steps")?.size };
}

/** The shape of one element. */
const ownShape = ({ shape }: TensorAxes, sizes: Readonly<Record<string, number>>): number[] =>
  partShape({ axes: [], shape }, { steps: 1, sizes });

/** The axes of a tensor that it has in the data, where that of the examples may be missing; undefined where others are. */
function storedAxes({ axes, shape }: TensorAxes, stored: DataTensor): readonly string[] | undefined {
  const missing = axes.length + shape.length - stored.shape.length;
  return missing === 0 || missing === 1 ? axes.slice(missing) : undefined;
}

function shapeText(manifest: Manifest, tensor: TensorAxes, sizes: Readonly<Record<string, number>>): string {
  const axes = tensor.axes.map((axis) => toldAxes[toldAxis(manifest, axis)].unit);
  const own = ownShape(tensor, sizes);
  return `[${[...axes.slice(1), ...own].join(", ")}] or [${[...axes, ...own].join(", ")}]`;
}

/** The first examples and steps; a tensor without the axis of the examples counts for every one. */
function cutTensor(
  tensor: TensorAxes,
  stored: DataTensor,
  into: Float64Array,
  run: CallSizes,
  turn: Turn,
): Promise<void> {
  const isShared = storedAxes(tensor, stored)?.length !== tensor.axes.length;
  const there = stored.values.length / (isShared ? 1 : at(stored.shape, 0));
  const kept = elementCount(partShape(tensor, run));
  const from = (example: number): number => (isShared ? 0 : example * there);
  return fill(into, (i) => at(stored.values, from(Math.floor(i / kept)) + (i % kept)), turn);
}

/** The place of the first number that is wrong, -1 where none is. */
async function firstWrong(values: Float64Array, isRight: (value: number) => boolean, turn: Turn): Promise<number> {
  for (let from = 0; from < values.length; from += stride) {
    const found = values.subarray(from, from + stride).findIndex((value) => !isRight(value));
    if (found >= 0) return from + found;
    await turn();
  }
  return -1;
}

async function checkIndices(tensor: CallTensor, values: Float64Array, run: CallSizes, turn: Turn): Promise<void> {
  const { name } = tensor;
  const bound = boundOf(tensor, run);
  const wrong = await firstWrong(values, (value) => Number.isInteger(value) && value >= 0 && value < bound, turn);
  if (wrong < 0) return;
  const got = String(values[wrong]);
  throw new DataError("invalid-value", `${name} must hold integers from 0 to ${bound - 1}, got ${got}`, name);
}

/** A run that starts from NaN would only say that NaN comes out. */
async function checkReals({ name }: CallTensor, values: Float64Array, turn: Turn): Promise<void> {
  checkFinite(name, values, await firstWrong(values, Number.isFinite, turn));
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
