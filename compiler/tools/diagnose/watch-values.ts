/** Runs the cell forward and watches its equations: where values saturate, and where the first one is not finite. */
import { arrayIn } from "../calls/call.js";
import { at } from "../../base/at.js";
import type { FloatArray } from "../../../runtime/module/compiled-module.js";
import type { Overflow, Saturation } from "./diagnosis.js";
import { readings } from "./nonlinearities.js";
import { type PreparedRun, valuesAt } from "./prepared-run.js";
import type { ProbedSite } from "./probe-cell.js";
import { placeOf, type PlaceLookup } from "./source-place.js";
import { packStates, unpackStates } from "./state-vector.js";

interface WatchedRun {
  /** `[B, size]` before each step and after the last one that was finite. */
  readonly states: readonly Float64Array[];
  readonly saturation: readonly Saturation[];
  readonly overflow: Overflow | undefined;
}

export async function watchValues(run: PreparedRun, place: PlaceLookup): Promise<WatchedRun> {
  const { data, layout, watcher, probed } = run;
  const { batch, steps } = data;
  const counts = probed.sites.map(countSite);
  let state = initialState(run);
  const states = [state];
  let overflow = firstInState(run, state);
  for (let t = 0; t < steps && overflow === undefined; t++) {
    const values = { ...valuesAt(run, t, batch), ...run.zeros, ...unpackStates(layout, state, batch) };
    const result = watcher.forward(values);
    overflow = firstNotFinite(run, result, t, place);
    if (overflow !== undefined) break;
    for (const count of counts) count.add(arrayIn(result, count.site.output), batch);
    state = packStates(layout, result.final, batch);
    states.push(state);
    await run.progress("forward", t + 1, steps);
  }
  return { states, overflow, saturation: counts.map((count) => count.result(place)) };
}

/** As given, or as the cell declares it. */
function initialState({ data, layout, watcher }: PreparedRun): Float64Array {
  const { batch, sizes, contexts, states: given } = data;
  watcher.reset({ batch, sizes, ...contexts, ...given });
  const { states } = watcher.snapshot() as { states: Readonly<Record<string, FloatArray>> };
  return packStates(layout, states, batch);
}

function firstInState({ layout, data }: PreparedRun, state: Float64Array): Overflow | undefined {
  const at = state.findIndex((value) => !Number.isFinite(value));
  if (at < 0 || data.batch === 0) return undefined;
  const within = at % layout.size;
  const part = layout.parts.find(({ from, width }) => within >= from && within < from + width);
  const example = Math.floor(at / layout.size);
  return { step: -1, equation: part?.name ?? "", place: undefined, example, value: state[at] as number };
}

function firstNotFinite(
  { probed, data }: PreparedRun,
  result: Readonly<Record<string, unknown>>,
  step: number,
  place: PlaceLookup,
): Overflow | undefined {
  for (const [i, equation] of probed.graph.equations.entries()) {
    const values = arrayIn(result, at(probed.values, i));
    const first = values.findIndex((value) => !Number.isFinite(value));
    if (first < 0) continue;
    return {
      step,
      equation: equation.name,
      place: placeOf(equation.span, place, equation.ownName),
      example: Math.floor(first / (values.length / data.batch)),
      value: at(values, first),
    };
  }
  return undefined;
}

interface SiteCount {
  readonly site: ProbedSite;
  add(values: FloatArray, batch: number): void;
  result(place: PlaceLookup): Saturation;
}

function countSite(site: ProbedSite): SiteCount {
  const read = readings[site.kind];
  let all = 0;
  let low = 0;
  let high = 0;
  let slopes = 0;
  /** For each unit what it was stuck at so far: 2 before the first value, 0 once it moved or changed sides. */
  let stuck: Int8Array | undefined;
  return {
    site,
    add(values, batch) {
      const units = values.length / batch;
      stuck ??= new Int8Array(units).fill(2);
      for (let i = 0; i < values.length; i++) {
        const { slope, stuck: side } = read(values[i] as number);
        all += 1;
        slopes += slope;
        if (side < 0) low += 1;
        if (side > 0) high += 1;
        const before = stuck[i % units];
        stuck[i % units] = before === 2 || before === side ? side : 0;
      }
    },
    result: (place) => ({
      equation: site.equation.name,
      kind: site.kind,
      place: placeOf(site.span, place),
      low: all === 0 ? 0 : low / all,
      high: all === 0 ? 0 : high / all,
      slope: all === 0 ? 0 : slopes / all,
      stuckUnits: stuck?.reduce((count, side) => count + (side === 1 || side === -1 ? 1 : 0), 0) ?? 0,
      units: stuck?.length ?? 0,
    }),
  };
}
