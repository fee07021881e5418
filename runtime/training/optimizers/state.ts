/** The state of an optimiser: params of each group one after the other in one array, and arrays of that length beside it. */
import { checkFloats, checkRecord, refuse } from "../../base/arguments.js";
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import { fromNumbers, toNumbers } from "../../io/tensor-numbers.js";
import { elementCount, type FloatArray, type GradientRows, type SparseRecord, type TensorRecord } from "../../module/compiled-module.js"; // prettier-ignore
import { describe } from "../../base/options.js";
import { createArrays, type Arrays, type Kernel } from "../elementwise/arrays.js";
import type { Schedule } from "./schedule.js";
import { isRows, numbersOf, stretchesOf, widthOfRows } from "./rows.js";
import type { OptimizerState, RuleGroup, TrainedInstance } from "./optimizer-types.js";

/** Where a param lies in the arrays. */
interface Placed {
  readonly name: string;
  readonly from: number;
  readonly length: number;
}

/** With its parts of the arrays that kernels see of params and gradients. */
interface Viewed extends Placed {
  readonly p: FloatArray;
  readonly g: FloatArray;
}

interface StateGroup extends RuleGroup {
  readonly params: readonly Viewed[];
  readonly from: number;
  readonly to: number;
  /** What the schedule remembers. */
  readonly memory: Float64Array;
  readonly scalars: FloatArray;
  readonly run: Kernel;
}

/** @param base The schedule of the optimiser's own options, which tells `rate`. */
export function createState(
  name: string,
  { params, shapes = {} }: TrainedInstance,
  groups: readonly RuleGroup[],
  base: Schedule,
): OptimizerState {
  checkShapes(params, shapes);
  const kind = kindOf(name, params);
  const slots = [...new Set(groups.flatMap(({ rule }) => Object.keys(rule.slots)))];
  const layout = layOut(params, groups);
  const storage = createArrays(kind, 2 + slots.length, layout.at(-1)?.to ?? 0);
  const [p = none, g = none, ...memories] = storage.arrays;
  const bound = layout.map((part) => bindGroup(part, storage, slots));
  const placed = bound.flatMap((group) => group.params);
  const baseMemory = bound.find(({ schedule }) => schedule === base)?.memory ?? memoryOf(base);
  const schedules = [{ schedule: base, memory: baseMemory }, ...bound.filter(({ memory }) => memory !== baseMemory)];
  const stored = { name, dtype: kind === "f32" ? "F32" : "F64", groups: bound, slots, memories, schedules } as const;
  let updates = 0;
  return {
    get updates() {
      return updates;
    },
    get rate() {
      return base.at(updates, baseMemory);
    },
    names: placed.map((param) => param.name),
    byRows: bound.flatMap(({ rule, params: own }) => (rule.isStill === true ? own.map((param) => param.name) : [])),
    step(gradients, { scale = 1 } = {}) {
      checkGradients(params, gradients, placed, shapes);
      for (let i = 0; i < bound.length; i++) stepGroup(bound[i]!, { params, gradients, p, g, updates, scale });
      updates++;
    },
    observe(loss) {
      for (const { schedule, memory } of schedules) schedule.observe?.(loss, memory);
    },
    save: () => saveState(stored, updates),
    load(tensors) {
      updates = loadState(stored, tensors);
    },
  };
}

interface GroupStep {
  readonly params: TensorRecord;
  readonly gradients: SparseRecord;
  /** The arrays that kernels see of both. */
  readonly p: FloatArray;
  readonly g: FloatArray;
  readonly updates: number;
  readonly scale: number;
}

function stepGroup(group: StateGroup, step: GroupStep): void {
  const { schedule, memory, rule, scalars, run, params: placed, to } = group;
  const { params, gradients, p, g, updates, scale } = step;
  const context = { update: updates + 1, rate: schedule.at(updates, memory) };
  for (let k = 0; k < rule.scalars.length; k++) scalars[k] = rule.scalars[k]!(context);
  scalars[rule.scalars.length] = scale;
  /** Where elements begin that no kernel has seen. */
  let begin = group.from;
  for (let i = 0; i < placed.length; i++) {
    const place = placed[i]!;
    const { name, from, length } = place;
    const gradient = gradients[name]!;
    if (rule.isStill === true && isRows(gradient)) {
      if (begin < from) run(begin, from);
      begin = placed[i + 1]?.from ?? to;
      stepRows(place, gradient, params[name]!, { p, g, run });
      continue;
    }
    place.p.set(params[name]!);
    if (isRows(gradient)) {
      place.g.fill(0);
      forEachRow(gradient, widthOfRows(name, gradient, length), (at, values) => place.g.set(values, at));
    } else place.g.set(gradient);
  }
  if (begin < to) run(begin, to);
  for (let i = 0; i < placed.length; i++) {
    const { name, p: changed } = placed[i]!;
    if (rule.isStill !== true || !isRows(gradients[name]!)) params[name]!.set(changed);
  }
}

/** Changes the rows of one param, and what else is in their vectors of four stays: it has no gradient. */
function stepRows(
  { name, from, length }: Placed,
  gradient: GradientRows,
  param: FloatArray,
  { p, g, run }: { readonly p: FloatArray; readonly g: FloatArray; readonly run: Kernel },
): void {
  const width = widthOfRows(name, gradient, length);
  const stretches = stretchesOf(gradient.rows, width, from);
  for (const [first, end] of stretches) g.fill(0, first, end);
  forEachRow(gradient, width, (at, values) => {
    p.set(param.subarray(at, at + width), from + at);
    g.set(values, from + at);
  });
  for (const [first, end] of stretches) run(first, end);
  forEachRow(gradient, width, (at) => param.set(p.subarray(from + at, from + at + width), at));
}

function forEachRow(
  { rows, values }: GradientRows,
  width: number,
  visit: (at: number, values: FloatArray) => void,
): void {
  for (let k = 0; k < rows.length; k++) visit(rows[k]! * width, values.subarray(k * width, (k + 1) * width));
}

/** What is saved of a state. */
interface StoredState {
  readonly name: string;
  readonly dtype: "F32" | "F64";
  readonly groups: readonly StateGroup[];
  readonly slots: readonly string[];
  /** An array for each slot. */
  readonly memories: readonly FloatArray[];
  readonly schedules: readonly { readonly memory: Float64Array }[];
}

function saveState(stored: StoredState, updates: number): Map<string, SafeTensor> {
  const tensors = new Map<string, SafeTensor>();
  const scalars = [updates, ...stored.schedules.flatMap(({ memory }) => [...memory])];
  tensors.set(scalarsOf(stored), fromNumbers(Float64Array.from(scalars), [scalars.length]));
  eachStored(stored, (key, memory, { from, length }) => {
    tensors.set(key, fromNumbers(memory.slice(from, from + length), [length]));
  });
  return tensors;
}

/** The name of the optimiser is in that of a tensor: others remember the same of each param, and mean something else. */
const scalarsPrefix = "scalars/";
const scalarsOf = ({ name }: Pick<StoredState, "name">): string => scalarsPrefix + name;

/** Nothing is changed before everything has been checked. @returns The count of updates. */
function loadState(stored: StoredState, tensors: ReadonlyMap<string, SafeTensor>): number {
  const { name, schedules } = stored;
  const found = new Map<string, FloatArray>();
  const take = (key: string, length: number, dtype: string): void => {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new CallTypeError(`load: ${key} is missing in the state of ${name}`);
    if (tensor.dtype === dtype && tensor.shape.length === 1 && tensor.shape[0] === length) {
      found.set(key, toNumbers(tensor) as FloatArray);
      return;
    }
    const came = `${tensor.dtype} [${tensor.shape.join(", ")}]`;
    throw new CallTypeError(`load: ${key} of the state of ${name} must be ${dtype} [${length}], got ${came}`);
  };
  const own = scalarsOf(stored);
  const other = [...tensors.keys()].find((key) => key.startsWith(scalarsPrefix) && key !== own);
  if (other !== undefined)
    throw new CallTypeError(`load: it is the state of ${other.slice(scalarsPrefix.length)}, not of ${name}`);
  take(own, 1 + schedules.reduce((sum, { memory }) => sum + memory.length, 0), "F64");
  eachStored(stored, (key, _memory, { length }) => take(key, length, stored.dtype));
  const extra = [...tensors.keys()].find((key) => !found.has(key));
  if (extra !== undefined) throw new CallTypeError(`load: ${extra} does not belong to the state of ${name}`);
  const [updates = 0, ...rest] = found.get(own)!;
  if (!Number.isSafeInteger(updates) || updates < 0)
    throw new CallTypeError(`load: ${describe(updates)} is no count of updates`);
  for (const { memory } of schedules) memory.set(rest.splice(0, memory.length));
  eachStored(stored, (key, memory, { from }) => memory.set(found.get(key)!, from));
  return updates;
}

/** Every slot of every param. */
function eachStored(
  { groups, slots, memories }: StoredState,
  visit: (key: string, memory: FloatArray, place: Placed) => void,
): void {
  for (const { rule, params } of groups) {
    for (const slot of Object.keys(rule.slots)) {
      for (const place of params) visit(`${slot}/${place.name}`, memories[slots.indexOf(slot)]!, place);
    }
  }
}

const none = new Float32Array(0);
const memoryOf = (schedule: Schedule): Float64Array => Float64Array.from(schedule.memory ?? []);

function kindOf(name: string, params: TensorRecord): "f32" | "f64" {
  const kinds = new Set(Object.values(params).map((values) => (values.BYTES_PER_ELEMENT === 4 ? "f32" : "f64")));
  if (kinds.size > 1) throw new CallTypeError(`${name}: params must all be Float32Array or all Float64Array`);
  return [...kinds][0] ?? "f32";
}

interface LaidGroup extends RuleGroup {
  readonly params: readonly Placed[];
  readonly from: number;
  readonly to: number;
}

/** Groups and params begin at multiples of four elements, so that kernels may take four at a time, of a table those of some rows. */
function layOut(params: TensorRecord, groups: readonly RuleGroup[]): LaidGroup[] {
  let at = 0;
  return groups.map((group) => {
    const from = at;
    const placed = group.names.map((name) => {
      const { length } = params[name]!;
      const start = at;
      at = Math.ceil((at + length) / 4) * 4;
      return { name, from: start, length };
    });
    return { ...group, params: placed, from, to: at };
  });
}

function bindGroup(part: LaidGroup, storage: Arrays, slots: readonly string[]): StateGroup {
  const { rule, schedule, params } = part;
  const places = Object.keys(rule.slots).map((slot) => 2 + slots.indexOf(slot));
  Object.values(rule.slots).forEach((start, i) => {
    for (const { from, length } of params) storage.arrays[places[i]!]!.fill(start, from, from + length);
  });
  const { scalars, run } = storage.bind(rule.program, [0, 1, ...places]);
  const [p, g] = storage.arrays.map((array) => params.map(({ from, length }) => array.subarray(from, from + length)));
  const viewed = params.map((place, i) => ({ ...place, p: p![i]!, g: g![i]! }));
  return { ...part, params: viewed, memory: memoryOf(schedule), scalars, run };
}

type Shapes = NonNullable<TrainedInstance["shapes"]>;

/** Numbers of a row of a param, where its shape is known. */
const rowOf = (shapes: Shapes, name: string): number | undefined =>
  Object.hasOwn(shapes, name) ? elementCount(shapes[name]!.slice(1)) : undefined;

function checkShapes(params: TensorRecord, shapes: Shapes): void {
  checkRecord("attach", "shapes", "shapes by name", shapes);
  for (const [name, shape] of Object.entries(shapes)) {
    if (!Array.isArray(shape)) refuse("attach", `shapes.${name}`, "a list of sizes", shape);
    const length = Object.hasOwn(params, name) ? params[name]!.length : undefined;
    if (length === elementCount(shape)) continue;
    const came = length === undefined ? "there is no such param" : `the param has length ${length}`;
    throw new CallTypeError(`attach: shapes.${name} is [${shape.join(", ")}], but ${came}`);
  }
}

/** Nothing is changed before everything has been checked. */
function checkGradients(
  params: TensorRecord,
  gradients: SparseRecord,
  placed: readonly Placed[],
  shapes: Shapes,
): void {
  const what = "gradients by name (those of gradient or backward, .params or .sparse)";
  checkRecord("step", "the first argument", what, gradients);
  for (const name in gradients) checkFloats("step", name, numbersOf(gradients[name]));
  for (const { name, length } of placed) {
    const gradient = Object.hasOwn(gradients, name) ? gradients[name] : undefined;
    if (gradient === undefined) throw new CallTypeError(`step: the gradient of ${name} is missing`);
    if (isRows(gradient)) widthOfRows(name, gradient, length, rowOf(shapes, name));
    else if (gradient.length !== length) {
      throw new CallRangeError(`step: the gradient of ${name} must have length ${length}, got ${gradient.length}`);
    }
  }
  for (const name in gradients) {
    if (!Object.hasOwn(params, name))
      throw new CallTypeError(`step: there is a gradient for ${name}, but no such param`);
  }
}
