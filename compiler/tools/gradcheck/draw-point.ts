/** Random points: sizes, lengths and values for one call of a module. */
import type { Random } from "../../../runtime/random.js";
import type { Initializer, Manifest } from "../../../runtime/module/manifest.js";
import { byName, paddedShape, type Point, type PointSizes, type PointTensor, isShared } from "./point.js";
import { namedAxes } from "../../../runtime/module/axes.js";

export interface DrawOptions {
  /** How large inputs, contexts, states and cotangents are; 1 unless told. */
  readonly scale?: number;
  /**
   * The share of numbers that are whole, halves, or equal to another of the same tensor, where operations have their kinks
   * and ties; 0 unless told.
   */
  readonly kinks?: number;
  /** Draws no negative inputs, contexts and states, for cells that take their logarithm or root. */
  readonly positive?: boolean;
  /** Draws inputs, contexts and states from 0, 1, 2 and 3. */
  readonly whole?: boolean;
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
  const { scale = 1, kinks = 0 } = options;
  const batch = options.batch ?? 1 + random.integer(largestDraw.batch);
  const steps = options.steps ?? 1 + random.integer(largestDraw.steps);
  const draw = (most: number): number[] =>
    Array.from({ length: batch }, (_, b) => (b === 0 ? most : 1 + random.integer(Math.max(1, most))));
  const at: PointSizes = {
    batch,
    steps,
    lengths: draw(steps).map((length) => Math.min(length, steps)),
    sizes: byName(
      namedAxes(manifest).map(
        (name) => [name, draw(options.sizes?.[name] ?? options.size ?? 1 + random.integer(largestDraw.size))] as const,
      ),
    ),
  };
  const countOf = (tensor: PointTensor): number =>
    paddedShape(at, tensor).reduce((product, size) => product * size, isShared(tensor) ? 1 : batch);
  const fill = (
    role: PointTensor["role"],
    { name, shape }: Pick<PointTensor, "name" | "shape">,
    number: () => number,
  ): PointTensor => {
    const empty = { role, name, shape, values: new Float64Array(0) };
    const values = new Float64Array(countOf(empty));
    for (let i = 0; i < values.length; i++) {
      const isSpecial = role !== "output" && role !== "final" && kinks > 0 && random.uniform() < kinks;
      values[i] = Math.fround(isSpecial ? special(random, values, i) : number());
    }
    return { ...empty, values };
  };
  const uniform = (): number =>
    options.whole === true ? random.integer(4) : scale * random.uniform(options.positive === true ? 0 : -1, 1);

  const indices: (PointTensor & { readonly bound: number })[] = [];
  const tensors: PointTensor[] = manifest.params.map((entry) =>
    fill("param", entry, () => drawParam(entry.initializer, random)),
  );
  for (const entry of manifest.inputs) {
    const { bound = 1 } = entry;
    if (entry.dtype === "real") tensors.push(fill("input", entry, uniform));
    else {
      const empty = {
        role: "input",
        name: entry.name,
        shape: entry.shape,
        values: new Float64Array(0),
        bound,
      } as const;
      const values = Float64Array.from({ length: countOf(empty) }, () => random.integer(bound));
      indices.push({ ...empty, values });
    }
  }
  for (const entry of manifest.contexts) tensors.push(fill("context", entry, uniform));
  for (const entry of manifest.states) {
    // A computed initial value is sometimes left to the module, so that its own gradient is checked too.
    const isDrawn =
      options.states === "given" ||
      (options.states === undefined && (entry.initial === "zeros" || random.integer(2) === 0));
    if (isDrawn) tensors.push(fill("state", entry, uniform));
    else if (entry.initial === "zeros") tensors.push(fill("state", entry, () => 0));
  }
  const cotangents = [
    ...manifest.outputs.map((entry) => fill("output", entry, () => random.uniform(-1, 1))),
    ...manifest.states.map((entry) => fill("final", entry, () => random.uniform(-1, 1))),
  ];
  const fixed = (manifest.fixed ?? []).map((entry) => fill("fixed", entry, () => drawParam(entry.initializer, random)));
  return { ...at, tensors, fixed, indices, cotangents };
}

/** A number at which something may have a kink: whole, a half, or one that stands in the tensor already. */
function special(random: Random, values: Float64Array, filled: number): number {
  if (filled > 0 && random.integer(2) === 0) return values[random.integer(filled)] as number;
  return [0, 0, 1, -1, 0.5, -0.5][random.integer(6)] as number;
}

/**
 * A value near what the initialiser would give, because a cell may take the logarithm of a parameter that starts at 1; but
 * never exactly 0 or 1, where `relu` or `abs` of it have their kinks.
 */
function drawParam(initializer: Initializer, random: Random): number {
  const noise = random.uniform(-0.4, 0.4);
  switch (initializer.kind) {
    case "ones":
      return 1 + noise;
    case "constant":
      return initializer.value + noise * Math.min(1, Math.abs(initializer.value) || 1);
    case "uniform":
      return aroundMean(initializer, random.uniform(-1, 1), initializer.bound);
    case "normal":
      return aroundMean(initializer, random.normal(1), initializer.deviation);
    default:
      return noise;
  }
}

/** As wide as the draws of the initialiser, and no wider than 1 where they are around 0. */
function aroundMean({ mean = 0 }: { readonly mean?: number }, draw: number, width: number): number {
  return mean === 0 ? draw * Math.min(1, width || 1) : mean + draw * (width || 0.4 * Math.abs(mean));
}
