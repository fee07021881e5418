/** How much of the derivative of the losses arrives at each place of a sequence: what training tells of some updates. */
import { refuse } from "../../base/arguments.js";
import { CallTypeError } from "../../base/errors.js";
import { checkCount } from "../../base/options.js";
import { leastOf } from "../../module/axes.js";
import type { CallResult, CallValues, ModuleInstance, TensorRecord } from "../../module/compiled-module.js";
import type { Manifest } from "../../module/manifest.js";
import { globalNorm } from "../optimizers/clip-by-global-norm.js";
import { chunkAt, rowOf } from "./chunks.js";
import type { BatchPacker, SizedExample } from "./example-values.js";
import { lossesIn } from "./totals.js";

/** Of one example of a batch. */
export interface FlowAlong {
  /** The axis of the sequence. */
  readonly along: string;
  /** Elements before each place, from 0 on. */
  readonly places: readonly number[];
  /** The length of the derivative of the losses by each state of the network, at each place. */
  readonly norms: Readonly<Record<string, readonly number[]>>;
}

/** Which updates tell it, and how sequences are cut for that. */
export interface FlowPlan {
  isDue(update: number): boolean;
  readonly axis: string;
  readonly least: number;
  /** What one place hands on to the next, and what of it has a derivative. */
  readonly states: readonly string[];
  readonly shown: readonly string[];
}

/** About so many places are looked at: each takes a call. */
const mostPlaces = 32;

/** What is in the way of telling it; nothing where there is a plan. */
type Search = { readonly plan: Omit<FlowPlan, "isDue"> } | { readonly obstacle: string };

/** Along which axis it can be told: where the network can be cut and has states of real numbers. @param along The one that is asked for. */
export function findFlow({ cell, cuts = [], stream, states, axes }: Manifest, along: string | undefined): Search {
  const possible = cuts.filter(({ axis, obstacle }) => obstacle === undefined && (along ?? axis) === axis);
  const { axis, states: names = [] } = possible.find((cut) => cut.axis === stream) ?? possible[0] ?? {};
  const own = axes.find(({ name }) => name === axis);
  if (axis === undefined || own === undefined) {
    const why = cuts.map((cut) => `cannot be cut along ${cut.axis}: ${cut.obstacle}`).join("; ");
    return { obstacle: why === "" ? `no input of ${cell} has a sequence in front` : `${cell} ${why}` };
  }
  const handed = states.filter(({ name }) => names.includes(name));
  const shown = handed.flatMap(({ name, dtype }) => (dtype === "index" ? [] : [name]));
  if (shown.length === 0) return { obstacle: `no state of ${cell} goes along ${axis}` };
  if (handed.some(({ shape }) => shape.some((size) => typeof size === "string")))
    return { obstacle: `${cell} has states whose sizes differ from call to call` };
  return { plan: { axis, least: leastOf(own), states: names, shown } };
}

/**
 * @param along The axis of chunks, which are cut along their own.
 * @throws TypeError or RangeError for what is no number of updates, and where nothing flows that could be told.
 */
export function checkFlow(manifest: Manifest, flow: unknown, along: string | undefined): FlowPlan | undefined {
  if (flow === undefined) return undefined;
  const every = typeof flow === "number" ? checkCount("train: flow", flow) : undefined;
  if (every === undefined && !Array.isArray(flow))
    refuse("train", "flow", "every how many updates, or a list of updates", flow);
  const updates = [flow].flat().map((update) => checkCount("train: flow", update));
  const found = findFlow(manifest, along);
  if ("obstacle" in found) throw new CallTypeError(`train: flow: ${found.obstacle}`);
  return { ...found.plan, isDue: (update) => (every === undefined ? updates.includes(update) : update % every === 0) };
}

interface FlowSettings {
  readonly instance: ModuleInstance;
  readonly manifest: Manifest;
  readonly packer: BatchPacker;
  readonly plan: FlowPlan;
  readonly example: SizedExample;
  /** Before its first element; its own where undefined. */
  readonly states: TensorRecord | undefined;
  /** The values of a call with a part of the example. */
  readonly call: (part: SizedExample, states: TensorRecord) => CallValues;
}

/** From the end of the example to its beginning, part by part: each is given what the one after it says of the states between them. */
export function flowOf(settings: FlowSettings): FlowAlong {
  const { instance, manifest, plan, example, call } = settings;
  const { axis, shown, states: names } = plan;
  const weightsOf = (result: CallResult): [string, number][] => Object.entries(lossesIn(manifest.losses ?? [], result)).map(([name, { weight }]) => [name, weight]); // prettier-ignore
  let states = settings.states ?? {};
  const whole = new Map(weightsOf(instance.forward(call(example, states))));
  const parts = cutInParts(settings).map(({ from, part }) => {
    const values = call(part, states);
    states = rowOf(instance.forward(values).final, names, 0, 1);
    return { from, values };
  });
  const norms = new Map<string, number[]>(shown.map((name) => [name, []]));
  let final: TensorRecord = {};
  for (const { values } of [...parts].reverse()) {
    // Each part divides by what it counts itself.
    const losses = weightsOf(instance.forward(values)).map(([name, weight]) => [name, [weight === 0 ? 0 : weight / (whole.get(name) ?? weight)]]); // prettier-ignore
    final = rowOf(instance.backward?.({ ...Object.fromEntries(losses), final }).initial ?? {}, names, 0, 1);
    for (const [name, slope] of Object.entries(final)) norms.get(name)?.unshift(globalNorm({ slope }));
  }
  return { along: axis, places: parts.map(({ from }) => from), norms: Object.fromEntries(norms) };
}

function cutInParts({ packer, plan, example }: FlowSettings): { readonly from: number; readonly part: SizedExample }[] {
  const { axis, least } = plan;
  const size = example.sizes[axis] ?? 0;
  const every = Math.max(1, least, Math.ceil(size / mostPlaces));
  const parts: { from: number; part: SizedExample }[] = [];
  for (let from = 0; from < size;) {
    const entries = chunkAt({ every, least }, from, size);
    parts.push({ from, part: packer.cut(example, axis, from, entries, `train: flow, ${axis} from ${from} on`) });
    from += entries;
  }
  return parts;
}
