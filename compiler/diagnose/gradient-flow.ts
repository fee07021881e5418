/**
 * dL/dh as it travels back through time, step by step, with what each equation hands on.
 *
 * The gradient is brought to length 1 after every step and the logarithms are added up, so a run of any length neither
 * underflows nor overflows.
 */
import type { CallGradient, FloatArray } from "../../runtime/module/compiled-module.js";
import { createRandom, type Random } from "../../runtime/random.js";
import type { GradientFlow, NormCurve, PassedOn } from "./diagnosis.js";
import { norm, randomDirection } from "./linear-algebra.js";
import { type PreparedRun, valuesAt } from "./prepared-run.js";
import { placeOf, type PlaceLookup } from "./source-place.js";
import { packStates, unpackStates } from "./state-vector.js";

export function followGradient(
  run: PreparedRun,
  states: readonly Float64Array[],
  seed: number,
  place: PlaceLookup,
): GradientFlow {
  const { data, layout } = run;
  const { batch } = data;
  const last = states.length - 2;
  const random = createRandom(seed);
  const backAt = (t: number, cotangents: Readonly<Record<string, unknown>>): CallGradient => {
    const state = unpackStates(layout, states[t] as Float64Array, batch);
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
    edges.add(gradient, lengths);
    current = packStates(layout, gradient.initial, batch);
    run.progress("backward", k + 1, last);
  }
  const passedOn = edges.result(place);
  return {
    loss: start.loss,
    ...curves.result(),
    passedOn,
    mainWay: mainWay(run, edges.shares(), curves.largestState()),
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
  /** Index of the state with the largest part of the gradient. */
  largestState(): number;
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
  const squares = new Float64Array(parts.length);
  return {
    add(gradient, logs, isFirst) {
      if (isFirst) for (let b = 0; b < batch; b++) origin[b] = Math.log(lengthOf(gradient, b, 0, layout.size));
      parts.forEach(({ from, width }, i) => {
        const own = Array.from({ length: batch }, (_, b) => {
          const length = lengthOf(gradient, b, from, width);
          const whole = lengthOf(gradient, b, 0, layout.size);
          if (whole > 0) squares[i] = (squares[i] as number) + (length / whole) ** 2;
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
    largestState() {
      const own = squares.subarray(1);
      return own.indexOf(Math.max(...own));
    },
  };

  function lengthOf(gradient: Float64Array, b: number, from: number, width: number): number {
    return norm(gradient.subarray(b * layout.size + from, b * layout.size + from + width));
  }
}

interface Edges {
  /** `lengths`: zero for examples whose gradient has ended. */
  add(gradient: CallGradient, lengths: Float64Array): void;
  shares(): readonly number[];
  result(place: PlaceLookup): PassedOn[];
}

function createEdges({ probed, data }: PreparedRun): Edges {
  const { batch } = data;
  const { nodes, edges } = probed.graph;
  const sums = edges.map(() => ({ log: 0, count: 0, share: 0, shares: 0 }));
  const lengthIn = (gradient: CallGradient, probe: string, b: number): number => {
    const values = gradient[probe] as FloatArray;
    const width = values.length / batch;
    return norm(Float64Array.from(values.subarray(b * width, (b + 1) * width)));
  };
  return {
    add(gradient, lengths) {
      for (let b = 0; b < batch; b++) {
        if (lengths[b] === 0) continue;
        edges.forEach(({ reader }, i) => {
          const sum = sums[i] as (typeof sums)[number];
          const given = lengthIn(gradient, probed.nodeProbes[reader] as string, b);
          const arrives = lengthIn(gradient, probed.edgeProbes[i] as string, b);
          sum.share += arrives;
          sum.shares += 1;
          // A state at zero passes nothing on to its factor: such steps would make the mean zero however few they are.
          if (given === 0 || arrives === 0) return;
          sum.log += Math.log(arrives / given);
          sum.count += 1;
        });
      }
    },
    shares: () => sums.map(({ share, shares }) => (shares === 0 ? 0 : share / shares)),
    result: (place) =>
      edges.map(({ reader, read }, i) => {
        const { log, count, share, shares } = sums[i] as (typeof sums)[number];
        const equation = nodes[reader]?.equation;
        return {
          equation: equation?.name ?? "",
          reads: nodes[read]?.name ?? "",
          place: placeOf(equation?.span, place, equation?.name),
          factor: count === 0 ? 0 : Math.exp(log / count),
          share: shares === 0 ? 0 : share / shares,
        };
      }),
  };
}

/** From the next value of a state along the edges with the largest share to a state. */
function mainWay({ probed }: PreparedRun, shares: readonly number[], state: number): number[] {
  const { edges, next, nodes } = probed.graph;
  const way: number[] = [];
  let at = next[state];
  while (at !== undefined && nodes[at]?.equation !== undefined) {
    let best: number | undefined;
    for (const [i, edge] of edges.entries()) {
      if (edge.reader !== at || !((shares[i] as number) > 0)) continue;
      if (best === undefined || (shares[i] as number) > (shares[best] as number)) best = i;
    }
    if (best === undefined) break;
    way.push(best);
    at = edges[best]?.read;
  }
  return way;
}
