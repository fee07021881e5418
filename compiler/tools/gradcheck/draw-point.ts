/** Random points: sizes, lengths and values for one call of a module. */
import type { Random } from "../../../runtime/base/random.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { drawExtents, drawSizes, drawTensors, nearInitial } from "../calls/draw-call.js";
import { drawnNumbers } from "../calls/random-numbers.js";
import { settingNumbers } from "../calls/settings.js";
import { type CallTensor, ofTensor, tensorsOf } from "../calls/tensors.js";
import type { Point, PointTensor } from "./point.js";
import { rangeOf, type Ranges, within } from "../calls/ranges.js";

export interface DrawOptions {
  /** How large inputs, contexts, states and cotangents are; 1 unless told. */
  readonly scale?: number;
  /**
   * The share of numbers that are whole, halves, or equal to another of the same tensor, where operations have their kinks
   * and ties; 0 unless told.
   */
  readonly kinks?: number;
  /** Between what numbers params, inputs, contexts and states of these names lie, whatever is said of others. */
  readonly ranges?: Ranges;
  /** Draws no negative inputs, contexts and states, for cells that take their logarithm or root. */
  readonly positive?: boolean;
  /** Draws inputs, contexts and states from 0, 1, 2 and 3. */
  readonly whole?: boolean;
  /** Draws inputs and params around 1 and 2, as lengths of delays are: shorter ones than a step are held there, longer ones by few that are kept. */
  readonly counted?: boolean;
  /**
   * `given`: initial values of all states are drawn; `declared`: they are as the cell declares them. Unless told, those that are
   * computed are left to the cell by chance, and the others drawn.
   */
  readonly states?: "given" | "declared";
  /** The run-time sizes of the largest example; each from 1 to 3 at random unless told. */
  readonly size?: number;
  /** Fixes the number of examples and steps and the largest run-time sizes. */
  readonly batch?: number;
  readonly steps?: number;
  readonly sizes?: Readonly<Record<string, number>>;
}

/** What is drawn where it is not fixed. */
export const largestDraw = { batch: 3, steps: 4, size: 3 } as const;

/** Examples of different lengths and run-time sizes, one of them as long as the call. Float32 holds all numbers. */
export function drawPoint(manifest: Manifest, random: Random, options: DrawOptions = {}): Point {
  const extents = drawExtents(
    manifest,
    {
      batch: options.batch ?? 1 + random.integer(largestDraw.batch),
      steps: options.steps ?? 1 + random.integer(largestDraw.steps),
      sizes: drawSizes(
        manifest,
        (name) => options.sizes?.[name] ?? options.size ?? 1 + random.integer(largestDraw.size),
        (name) => options.sizes?.[name] === undefined,
      ),
    },
    (most, least) => Math.min(most, Math.max(least, 1 + random.integer(Math.max(1, most)))),
  );
  const drawn = drawTensors(manifest, extents, random, {
    isDrawn: (tensor) => tensor.role !== "state" || isStateGiven(tensor, options, random),
    number: (tensor, values, i) => Math.fround(drawNumber(tensor, values, i, options, random)),
    ranges: options.ranges ?? {},
    round: Math.fround,
  });
  const list = (isListed: (tensor: CallTensor) => boolean): PointTensor[] =>
    tensorsOf(manifest)
      .filter(isListed)
      .flatMap(({ role, name, axes, shape }) => {
        const values = ofTensor(drawn, { role, name });
        return values === undefined ? [] : [{ role, name, axes, shape, values }];
      });
  const hasOptions = manifest.random !== undefined || manifest.settings !== undefined;
  const seed = hasOptions ? random.integer(2 ** 32) : 0;
  const numbers = drawnNumbers(manifest, extents, { seed, counters: drawn.states });
  const settings = settingNumbers(manifest, extents, seed);
  const isCotangent = ({ role }: CallTensor): boolean => role === "output" || role === "final";
  const isIndex = ({ dtype }: CallTensor): boolean => dtype === "index";
  return {
    ...extents,
    manifest,
    tensors: list((tensor) => tensor.role !== "fixed" && !isCotangent(tensor) && !isIndex(tensor)),
    fixed: list(({ role }) => role === "fixed"),
    indices: list(isIndex),
    hidden: [
      ...(manifest.random ?? []).map(({ name, axes, shape }) => {
        return { role: "random", name, axes, shape, values: numbers.get(name) ?? new Float64Array() } as const;
      }),
      ...(manifest.settings ?? []).map(({ name, axes, shape }) => {
        return { role: "setting", name, axes, shape, values: settings[name] ?? new Float64Array() } as const;
      }),
    ],
    seed,
    cotangents: list(isCotangent),
  };
}

/** A computed initial value is sometimes left to the module, so that its own gradient is checked too. */
function isStateGiven({ initial }: CallTensor, { states }: DrawOptions, random: Random): boolean {
  return initial === "zeros" || states === "given" || (states === undefined && random.integer(2) === 0);
}

function drawNumber(tensor: CallTensor, drawn: Float64Array, at: number, options: DrawOptions, random: Random): number {
  const { scale = 1, kinks = 0, whole = false, positive = false, counted = false, states, ranges = {} } = options;
  const { role, initializer, initial } = tensor;
  if (role === "output" || role === "final") return random.uniform(-1, 1);
  const range = rangeOf(ranges, tensor);
  if (kinks > 0 && random.uniform() < kinks) {
    const number = special(random, drawn, at);
    if (within(range, number)) return number;
  }
  if (role === "state" && states === "declared" && initial === "zeros") return 0;
  if (range === "spd") return random.uniform(-1, 1);
  if (range !== undefined) return random.uniform(...range);
  if (counted && (role === "param" || role === "input")) return random.uniform(0.9, 2.5);
  if (initializer !== undefined) {
    return nearInitial(initializer, initializer.kind === "normal" ? random.normal(1) : random.uniform(-1, 1), 0.4);
  }
  return whole ? random.integer(4) : scale * random.uniform(positive ? 0 : -1, 1);
}

/** A number at which something may have a kink: whole, a half, or one that stands in the tensor already. */
function special(random: Random, values: Float64Array, filled: number): number {
  if (filled > 0 && random.integer(2) === 0) return values[random.integer(filled)] as number;
  return [0, 0, 1, -1, 0.5, -0.5][random.integer(6)] as number;
}
