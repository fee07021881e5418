/**
 * dL/dh as it travels back through time, step by step, with what each equation hands on.
 *
 * The gradient is brought to length 1 after every step and the logarithms are added up, so a run of any length neither
 * underflows nor overflows.
 */
import { arrayIn } from "../calls/call.js";
import { at } from "../../base/at.js";
import type { CallGradient } from "../../../runtime/module/compiled-module.js";
import { createRandom, type Random } from "../../../runtime/base/random.js";
import type { GradientFlow, NormCurve, PassedOn } from "./diagnosis.js";
import { norm, randomDirection } from "./linear-algebra.js";
import { type Flows, mainWay } from "./main-way.js";
import { type PreparedRun, valuesAt } from "./prepared-run.js";
import { placeOf, type PlaceLookup } from "./source-place.js";
import { packStates, unpackStates } from "./state-vector.js";

export async function followGradient(
  run: PreparedRun,
  states: readonly Float64Array[],
  seed: number,
  place: PlaceLookup,
): Promise<GradientFlow> {
  const { data, layout } = run;
  const { batch } = data;
  const last = states.length - 2;
  const random = createRandom(seed);
  const backAt = (t: number, cotangents: Readonly<Record<string, unknown>>): CallGradient => {
    const state = unpackStates(layout, at(states, t), batch);
    run.watcher.forward({ ...valuesAt(run, t, batch), ...run.zeros, ...state });
    return run.watcher.backward?.(cotangents) as CallGradient;
  };

  const curves = createCurves(run);
  const edges = createEdges(run);
  const start = startOfGradient(run, backAt, last, random);
  let current = start.gradient;
  const logs = new Float64Array(batch);
  let notFinite: number | undefined;
  for (let k = 0; ; k++) {
    if (!current.every(Number.isFinite)) {
      notFinite = k;
      break;
    }
    curves.add(current, logs, k === 0);
    const lengths = normalize(current, batch, layout.size);
    for (let b = 0; b < batch; b++) logs[b] = (logs[b] as number) + Math.log(lengths[b] as number);
    const t = last - 1 - k;
    if (t < 0) break;
    const gradient = backAt(t, { final: unpackStates(layout, current, batch) });
    current = packStates(layout, gradient.initial, batch);
    edges.add(gradient, current, lengths);
    await run.progress("backward", k + 1, last);
  }
  const way = mainWay(run.probed.graph, edges.flows());
  const arriving = edges.arriving();
  return {
    loss: start.loss,
    ...curves.result(),
    passedOn: edges.result(place),
    mainWay: way.edges,
    mainShare: arriving > 0 ? Math.min(1, way.carried / arriving) : 0,
    notFinite,
  };
}

/** The gradient of a random weighting of the last outputs by the state that the last step reads. */
function startOfGradient(
  { data, layout, plain }: PreparedRun,
  backAt: (t: number, cotangents: Readonly<Record<string, unknown>>) => CallGradient,
  last: number,
  random: Random,
): { readonly loss: GradientFlow["loss"]; readonly gradient: Float64Array } {
  const { batch, sizes } = data;
  const weights = Object.create(null) as Record<string, Float64Array>;
  for (const { name, shape } of plain.manifest.outputs) {
    const width = shape.reduce<number>((n, size) => n * (typeof size === "number" ? size : (sizes[size] as number)), 1);
    weights[name] = Float64Array.from({ length: batch * width }, () => random.normal());
  }
  const gradient = packStates(layout, backAt(last, weights).initial, batch);
  if (gradient.some((entry) => entry !== 0)) return { loss: "outputs", gradient };
  const direction = new Float64Array(batch * layout.size);
  for (let b = 0; b < batch; b++) direction.set(randomDirection(layout.size, random), b * layout.size);
  const final = unpackStates(layout, direction, batch);
  return { loss: "states", gradient: packStates(layout, backAt(last, { final }).initial, batch) };
}

/** Brings each example's part to length 1, where it has one; the lengths. */
function normalize(gradient: Float64Array, batch: number, size: number): Float64Array {
  const lengths = new Float64Array(batch);
  for (let b = 0; b < batch; b++) {
    const own = gradient.subarray(b * size, (b + 1) * size);
    const length = (lengths[b] = norm(own));
    if (length > 0) for (let i = 0; i < size; i++) own[i] = (own[i] as number) / length;
  }
  return lengths;
}

interface Curves {
  /** `logs`: what was divided off each example before. */
  add(gradient: Float64Array, logs: Float64Array, isFirst: boolean): void;
  result(): Pick<GradientFlow, "total" | "states">;
}

function createCurves({ data, layout }: PreparedRun): Curves {
  const { batch } = data;
  const parts = [{ name: "", from: 0, width: layout.size }, ...layout.parts];
  const made = parts.map(({ name }) => ({
    state: name,
    mean: [] as number[],
    least: [] as number[],
    greatest: [] as number[],
    zeros: [] as number[],
  }));
  const origin = new Float64Array(batch);
  return {
    add(gradient, logs, isFirst) {
      if (isFirst) for (let b = 0; b < batch; b++) origin[b] = Math.log(lengthOf(gradient, b, 0, layout.size));
      parts.forEach(({ from, width }, i) => {
        const own = Array.from({ length: batch }, (_, b) => {
          const length = lengthOf(gradient, b, from, width);
          return length === 0 ? -Infinity : Math.log(length) + (logs[b] as number) - (origin[b] as number);
        });
        const curve = made[i] as (typeof made)[number];
        const alive = own.filter((value) => value !== -Infinity);
        const sum = alive.reduce((total, value) => total + value, 0);
        curve.mean.push(alive.length === 0 ? -Infinity : sum / alive.length);
        curve.zeros.push(batch - alive.length);
        curve.least.push(Math.min(...own));
        curve.greatest.push(Math.max(...own));
      });
    },
    result() {
      const [total, ...states] = made;
      return { total: total as NormCurve, states };
    },
  };

  function lengthOf(gradient: Float64Array, b: number, from: number, width: number): number {
    return norm(gradient.subarray(b * layout.size + from, b * layout.size + from + width));
  }
}

interface Edges {
  /**
   * @param arriving The gradient by the state before the step.
   * @param lengths Zero for examples whose gradient has ended.
   */
  add(gradient: CallGradient, arriving: Float64Array, lengths: Float64Array): void;
  flows(): Flows;
  /** Mean norm of the gradient by the state before a step, relative to that after it. */
  arriving(): number;
  result(place: PlaceLookup): PassedOn[];
}

function createEdges({ probed, data, layout }: PreparedRun): Edges {
  const { batch } = data;
  const { nodes, edges } = probed.graph;
  const sums = edges.map(() => ({ log: 0, count: 0, share: 0, left: 0 }));
  const totals = new Float64Array(nodes.length);
  let arrived = 0;
  let steps = 0;
  const mean = (sum: number): number => (steps === 0 ? 0 : sum / steps);
  const factorOf = ({ log, count }: (typeof sums)[number]): number => (count === 0 ? 0 : Math.exp(log / count));
  const lengthIn = (gradient: CallGradient, probe: string, b: number): number => {
    const values = arrayIn(gradient, probe);
    const width = values.length / batch;
    return norm(Float64Array.from(values.subarray(b * width, (b + 1) * width)));
  };
  return {
    add(gradient, arriving, lengths) {
      for (let b = 0; b < batch; b++) {
        if (lengths[b] === 0) continue;
        steps += 1;
        arrived += norm(arriving.subarray(b * layout.size, (b + 1) * layout.size));
        const own = probed.nodeProbes.map((probe) => lengthIn(gradient, probe, b));
        for (const [node, total] of own.entries()) totals[node] = (totals[node] as number) + total;
        edges.forEach(({ reader, read }, i) => {
          const sum = sums[i] as (typeof sums)[number];
          const given = own[reader] as number;
          const arrives = lengthIn(gradient, probed.edgeProbes[i] as string, b);
          sum.share += arrives;
          sum.left += Math.min(arrives, own[read] as number);
          // A state at zero passes nothing on to its factor: such steps would make the mean zero however few they are.
          if (given === 0 || arrives === 0) return;
          sum.log += Math.log(arrives / given);
          sum.count += 1;
        });
      }
    },
    flows: () => ({
      totals: Array.from(totals, mean),
      left: sums.map(({ left }) => mean(left)),
      factors: sums.map(factorOf),
    }),
    arriving: () => mean(arrived),
    result: (place) =>
      edges.map(({ reader, read }, i) => {
        const sum = sums[i] as (typeof sums)[number];
        const equation = nodes[reader]?.equation;
        return {
          equation: equation?.name ?? "",
          reads: nodes[read]?.name ?? "",
          place: placeOf(equation?.span, place, equation?.ownName),
          factor: factorOf(sum),
          share: mean(sum.share),
        };
      }),
  };
}
