/** Makes a case that fails small: fewer examples, steps and sizes, then simpler numbers. */
import { at } from "../../../base/at.js";
import type { PointTensor } from "../point.js";
import type { Trial } from "./trial.js";

export interface TrialSizes {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly batch: number;
  readonly steps: number;
  /** Largest run-time sizes. */
  readonly sizes: Readonly<Record<string, number>>;
}

interface ShrinkOptions {
  /** Does the case still show the fault? */
  readonly fails: (trial: Trial) => boolean;
  /** A random case of these sizes; undefined where the cell does not allow them. The attempt makes them different. */
  readonly draw: (sizes: TrialSizes, attempt: number) => Trial | undefined;
  /** How many cases to look at; 600 unless told. */
  readonly budget?: number;
}

/** Fresh numbers that are tried at each smaller size: a fault may not show at all of them. */
const attempts = 3;

export function shrinkTrial(start: Trial, options: ShrinkOptions): Trial {
  let left = options.budget ?? 600;
  const fails = (trial: Trial | undefined): trial is Trial => trial !== undefined && left-- > 0 && options.fails(trial);
  return shrinkNumbers(shrinkSizes(start, options.draw, fails), fails);
}

type Fails = (trial: Trial | undefined) => trial is Trial;

function shrinkSizes(start: Trial, draw: ShrinkOptions["draw"], fails: Fails): Trial {
  let trial = start;
  const redrawn = (sizes: TrialSizes): boolean => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const candidate = draw(sizes, attempt);
      if (!fails(candidate)) continue;
      trial = candidate;
      return true;
    }
    return false;
  };
  // Everything at once is what most faults allow.
  const ones = sizesOf(start);
  if (redrawn(mapSizes(ones, () => 1))) return trial;
  for (let progress = true; progress;) {
    progress = false;
    for (const key of keysOf(sizesOf(trial))) {
      const current = valueAt(sizesOf(trial), key);
      for (const size of new Set([1, current - 1])) {
        if (size < 1 || size >= current || !redrawn(withValue(sizesOf(trial), key, size))) continue;
        progress = true;
        break;
      }
    }
  }
  return trial;
}

function shrinkNumbers(start: Trial, fails: Fails): Trial {
  let trial = start;
  const replace = (group: "tensors" | "cotangents", at: number, values: Float64Array): boolean => {
    const tensors = trial.point[group].map((tensor, i): PointTensor => (i === at ? { ...tensor, values } : tensor));
    const candidate = { ...trial, point: { ...trial.point, [group]: tensors } };
    if (!fails(candidate)) return false;
    trial = candidate;
    return true;
  };
  for (const group of ["cotangents", "tensors"] as const) {
    for (const which of start.point[group].keys()) {
      const values = (): Float64Array => at(trial.point[group], which).values;
      if (values().every((x) => x === 0) || replace(group, which, new Float64Array(values().length))) continue;
      if (
        replace(
          group,
          which,
          values().map(() => 1),
        )
      )
        continue;
      for (let i = 0; i < values().length; i++) {
        const current = values()[i] as number;
        for (const simpler of simplerNumbers(current)) {
          const changed = values().slice();
          changed[i] = simpler;
          if (replace(group, which, changed)) break;
        }
      }
    }
  }
  return trial;
}

/** From the simplest on. */
function simplerNumbers(value: number): number[] {
  if (value === 0) return [];
  const rounded = [Math.round(value), Math.round(value * 2) / 2, Math.round(value * 10) / 10];
  const candidates = [0, 1, -1, ...rounded, Math.round(value * 100) / 100];
  const known = candidates.indexOf(value);
  return [...new Set(known < 0 ? candidates : candidates.slice(0, known))];
}

const sizesOf = ({ dimensions, point: { batch, steps, sizes } }: Trial): TrialSizes => ({
  dimensions,
  batch,
  steps,
  sizes,
});

type Key = readonly ["batch"] | readonly ["steps"] | readonly ["dimensions" | "sizes", string];

function keysOf({ dimensions, sizes }: TrialSizes): Key[] {
  return [
    ["batch"],
    ["steps"],
    ...Object.keys(sizes).map((name) => ["sizes", name] as const),
    ...Object.keys(dimensions).map((name) => ["dimensions", name] as const),
  ];
}

function valueAt(sizes: TrialSizes, [group, name]: Key): number {
  return name === undefined ? sizes[group as "batch"] : (sizes[group as "sizes"][name] as number);
}

function withValue(sizes: TrialSizes, [group, name]: Key, value: number): TrialSizes {
  if (name === undefined) return { ...sizes, [group]: value };
  return { ...sizes, [group]: { ...sizes[group as "sizes"], [name]: value } };
}

function mapSizes({ dimensions, sizes }: TrialSizes, change: (size: number) => number): TrialSizes {
  const all = (record: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(record).map(([name, size]) => [name, change(size)]));
  return { dimensions: all(dimensions), batch: change(1), steps: change(1), sizes: all(sizes) };
}
