/** How large the tensors of a call are. */
import { elementCount } from "../../../runtime/module/compiled-module.js";
import { hasSteps, namedAxes } from "../../../runtime/module/axes.js";
import { recordOf } from "./records.js";
import { axisOf, type SizedAxis } from "../../base/types/call-axes.js";
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";

/** The axes of a tensor by name, and the shape of one element. */
export type TensorAxes = Pick<TensorEntry, "axes" | "shape">;

/** The sizes of one example, or those that all examples fit in. */
export interface Extent {
  readonly steps: number;
  /** Run-time dimensions. */
  readonly sizes: Readonly<Record<string, number>>;
  /** By which an example draws; its place in the batch unless told. */
  readonly number?: number;
}

/** The sizes of a call. */
export interface CallSizes extends Extent {
  readonly batch: number;
}

/** And of each example, none above those of the call. */
export interface CallExtents extends CallSizes {
  readonly examples: readonly Extent[];
  /** Names of sizes that follow from others, which no call gives. */
  readonly computed?: readonly string[];
}

/** Has it one value for all examples? */
export const isShared = ({ axes }: Pick<TensorEntry, "axes">): boolean => axes.length === 0;

/** The shape of what one example has of a tensor; of all of it where examples share it. */
export function partShape({ axes, shape }: TensorAxes, { steps, sizes }: Extent): number[] {
  // The first axis is that of the examples; what is not among the sizes then is the axis of the steps.
  return [...axes.slice(1), ...shape].map((size) => (typeof size === "number" ? size : (sizes[size] ?? steps)));
}

/** The shape of a tensor in a call, padding counted. */
export function wholeShape(tensor: TensorAxes, call: CallSizes): number[] {
  return isShared(tensor) ? partShape(tensor, call) : [call.batch, ...partShape(tensor, call)];
}

/** The numbers of a tensor in a call, padding counted. */
export const countNumbers = (tensor: TensorAxes, call: CallSizes): number => elementCount(wholeShape(tensor, call));

/** The numbers of one element of a tensor. */
export const widthOf = ({ shape }: Pick<TensorEntry, "shape">, sizes: Extent["sizes"]): number =>
  elementCount(partShape({ axes: [], shape }, { steps: 1, sizes }));

/** The sizes of an example by the symbols of its axes, as dimensions of graphs have them. */
export const symbolSizes = (axes: readonly SizedAxis[], { steps, sizes }: Extent): ReadonlyMap<string, number> =>
  new Map(axes.map(({ symbol, name, kind }) => [symbol, kind === "steps" ? steps : (sizes[name] ?? 1)]));

/** The axes that a manifest tells, as the program had them: that of the examples is in no dimension. */
export const axesOfManifest = ({ axes }: Pick<Manifest, "axes">): readonly SizedAxis[] =>
  axes.flatMap(({ name, kind, option }): SizedAxis[] => {
    if (option === "batch") return [];
    return [axisOf(option === "steps" ? "steps" : kind === "sequence" ? kind : "dimension", name)];
  });

/** What `instantiate` takes for calls of these sizes. */
export const capacitiesOf = (manifest: Pick<Manifest, "axes">, { batch, steps, sizes }: CallSizes): Capacities => ({
  batch,
  ...(hasSteps(manifest) && { steps: Math.max(1, steps) }),
  sizes: capacitiesByName(manifest, sizes),
});

/** Names may be those of properties of objects. */
const capacitiesByName = (manifest: Pick<Manifest, "axes">, sizes: Extent["sizes"]): Record<string, number> =>
  Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(namedAxes(manifest).map((name) => [name, Math.max(1, sizes[name] ?? 1)]))); // prettier-ignore

type Capacities = Pick<CallSizes, "batch" | "sizes"> & Partial<Pick<CallSizes, "steps">>;

/** The call with all its steps in every example, as streams have them. */
export const withEveryStep = <Call extends CallExtents>({ stream }: Pick<Manifest, "stream">, call: Call): Call => ({
  ...call,
  examples: call.examples.map((own) => {
    const sizes = stream === undefined ? own.sizes : recordOf([...Object.entries(own.sizes), [stream, call.steps]]);
    return { ...own, steps: call.steps, sizes };
  }),
});

/** With the elements that a network streams along as steps. */
export function withStreamSteps<Call extends CallExtents>({ stream }: Pick<Manifest, "stream">, call: Call): Call {
  if (stream === undefined) return call;
  const stepsOf = ({ sizes }: Extent): number => sizes[stream] ?? 1;
  const examples = call.examples.map((own) => ({ ...own, steps: stepsOf(own) }));
  return { ...call, steps: stepsOf(call), examples };
}
