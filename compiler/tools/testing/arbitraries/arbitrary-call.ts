/** Random sizes and random calls for fast-check. */
import fc from "fast-check";
import { check } from "../../../driver/compile.js";
import type { SourceOptions } from "../../../driver/compile-options.js";
import { CellError } from "../../../driver/in-process.js";
import { renderDiagnostics } from "../../../base/diagnostics/render.js";
import { lowerSource } from "../../../driver/lower-source.js";
import type { Initializer, Manifest, TensorEntry } from "../../../../runtime/module/manifest.js";
import { type CellCall, type Extent, type Numbers } from "../../calls/call.js";
import { namedAxes, storedTensors } from "../../../../runtime/module/axes.js";
import { countNumbers } from "../../calls/count-numbers.js";

export interface SizeOptions extends SourceOptions {
  /** Which cell of the source; not needed where it has only one. */
  readonly cell?: string;
  /** The largest size of a dimension; 4 unless told. */
  readonly most?: number;
  /** Sizes of dimensions that are not to be random, and values of named reals. */
  readonly fixed?: Readonly<Record<string, number>>;
}

/**
 * Sizes for the dimensions of a cell, at which it can be compiled: `{ I: 2, H: 3 }`. They shrink towards 1.
 *
 * @throws CellError where the source has errors, TypeError where it has no such cell.
 */
export function arbitrarySizes(
  source: string,
  options: SizeOptions = {},
): fc.Arbitrary<Readonly<Record<string, number>>> {
  const { cell, most = 4, fixed = {}, ...rest } = options;
  const { cells, diagnostics, sources } = check(source, rest);
  if (diagnostics.some(({ severity }) => severity === "error")) {
    throw new CellError(
      `the source has errors\n${renderDiagnostics(diagnostics, (file) => sources.get(file))}`,
      diagnostics,
    );
  }
  const chosen = cell === undefined && cells.length === 1 ? cells[0] : cells.find(({ name }) => name === cell);
  if (chosen === undefined) {
    const names = cells.map(({ name }) => name).join(", ");
    throw new TypeError(`arbitrarySizes: cell must be one of ${names}, got ${cell ?? "none"}`);
  }
  const open = chosen.dimensions.filter((name) => !Object.hasOwn(fixed, name));
  const sizes = fc.record(Object.fromEntries(open.map((name) => [name, fc.integer({ min: 1, max: most })])));
  // Dimensions may have to divide each other.
  return sizes
    .map((drawn): Record<string, number> => ({ ...fixed, ...drawn }))
    .filter(
      (dimensions) => lowerSource(source, { ...rest, cell: chosen.name, dimensions }, "all sizes").cell !== undefined,
    );
}

export interface NumberOptions {
  /** Numbers are up to about twice this; 1 unless told. A power of two keeps them numbers that float32 holds. */
  readonly scale?: number;
  /** The share of numbers at or just beside the places where operations have kinks and ties, from 0, the default, to 1. */
  readonly kinks?: number;
}

export interface CallOptions extends NumberOptions {
  /** The most examples; 3 unless told. */
  readonly batch?: number;
  /** The most steps; 4 unless told. */
  readonly steps?: number;
  /** The largest run-time size; 3 unless told. */
  readonly most?: number;
}

/** Numbers with few digits, all held by float32; they shrink towards integers and 0. */
export function arbitraryNumber({ scale = 1, kinks = 0 }: NumberOptions = {}): fc.Arbitrary<number> {
  if (!(scale > 0 && scale < Infinity)) throw new RangeError(`scale must be a positive number, got ${scale}`);
  if (!(kinks >= 0 && kinks <= 1)) throw new RangeError(`kinks must be a number from 0 to 1, got ${kinks}`);
  const usual = fc.oneof(
    { withCrossShrink: true },
    { arbitrary: fc.integer({ min: -2, max: 2 }), weight: 1 },
    { arbitrary: fc.integer({ min: -16, max: 16 }).map((n) => n / 8), weight: 1 },
    { arbitrary: fc.integer({ min: -(2 ** 15), max: 2 ** 15 }).map((n) => n / 2 ** 14), weight: 100 },
  );
  const near = fc
    .tuple(
      fc.constantFrom(0, 1, -1, 0.5, -0.5, 3, -3),
      fc.constantFrom(0, 2 ** -20, -(2 ** -20), 2 ** -10, -(2 ** -10)),
    )
    .map(([place, distance]) => place + distance);
  const share = Math.round(1000 * kinks);
  const scaled = usual.map((n) => n * scale);
  if (share === 0) return scaled;
  return fc.oneof({ arbitrary: scaled, weight: 1000 - share }, { arbitrary: near, weight: share });
}

/**
 * Calls of a compiled cell: how many examples, steps and entries, parameters, inputs, contexts, initial states (computed
 * ones are left to the cell half of the time) and cotangents. The first example is as long as the call; others may be
 * shorter. Calls shrink towards one example, one step and simple numbers.
 *
 * @param manifest From `compile(source, options).manifest` or a loaded module.
 */
export function arbitraryCall(manifest: Manifest, options: CallOptions = {}): fc.Arbitrary<CellCall> {
  const { batch = 3, steps = 4, most = 3 } = options;
  const extent = fc.record({
    steps: fc.integer({ min: 1, max: steps }),
    sizes: fc.record(Object.fromEntries(namedAxes(manifest).map((name) => [name, fc.integer({ min: 1, max: most })]))),
  });
  return fc
    .tuple(extent, fc.array(extent, { maxLength: batch - 1 }))
    .chain(([call, others]) =>
      withNumbers(manifest, call, [call, ...others.map((other) => within(other, call))], options),
    );
}

function within({ steps, sizes }: Extent, call: Extent): Extent {
  const fitted = Object.entries(sizes).map(([name, size]) => [name, Math.min(size, call.sizes[name] ?? 1)]);
  return { steps: Math.min(steps, call.steps), sizes: Object.fromEntries(fitted) as Record<string, number> };
}

function withNumbers(
  manifest: Manifest,
  call: Extent,
  examples: readonly Extent[],
  options: CallOptions,
): fc.Arbitrary<CellCall> {
  const number = arbitraryNumber(options);
  const weight = arbitraryNumber();
  const batch = examples.length;
  const list = (of: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> =>
    fc.array(of, { minLength: length, maxLength: length });
  const tensors = (
    entries: readonly TensorEntry[],
    of: (entry: TensorEntry) => fc.Arbitrary<number>,
  ): fc.Arbitrary<Numbers> =>
    fc.record(
      Object.fromEntries(
        entries.map((entry) => [entry.name, list(of(entry), countNumbers(manifest, entry, { ...call, batch }))]),
      ),
    );
  const computed = manifest.states.filter(({ initial }) => initial === "computed");
  const given = manifest.states.filter(({ initial }) => initial === "zeros");
  return fc.record({
    batch: fc.constant(batch),
    steps: fc.constant(call.steps),
    sizes: fc.constant(call.sizes),
    examples: fc.constant(examples),
    params: fc.record(
      Object.fromEntries(
        storedTensors(manifest).map((entry) => [
          entry.name,
          list(
            arbitraryNumber({ ...options, scale: 0.25 * (options.scale ?? 1) }),
            countNumbers(manifest, entry, { ...call, batch }),
          ).map((values) => values.map((n) => near(entry.initializer, n))),
        ]),
      ),
    ),
    inputs: tensors(manifest.inputs, (entry) => {
      const { dtype, bound = 1 } = entry as Manifest["inputs"][number];
      return dtype === "index" ? fc.integer({ min: 0, max: bound - 1 }) : number;
    }),
    contexts: tensors(manifest.contexts, () => number),
    states: fc
      .tuple(
        tensors(given, () => number),
        fc.option(
          tensors(computed, () => number),
          { nil: {} },
        ),
      )
      .map(([own, others]) => ({ ...own, ...others })),
    cotangents: fc.record({
      outputs: tensors(manifest.outputs, () => weight),
      final: tensors(manifest.states, () => weight),
    }),
    seed: fc.nat(2 ** 20),
  });
}

/** A parameter near where it starts: the logarithm of one that starts at 1 is in order there. */
function near(initializer: Initializer, distance: number): number {
  if (initializer.kind === "ones") return 1 + distance;
  if (initializer.kind === "constant") return Math.fround(initializer.value * (1 + distance));
  const [mean, width] = spreadOf(initializer);
  return mean === 0 ? 2 * distance : Math.fround(mean + Math.max(-1, Math.min(1, distance)) * width);
}

/** The mean of draws, and how far they go from it. */
function spreadOf(initializer: Initializer): readonly [number, number] {
  if (initializer.kind === "uniform") return [initializer.mean ?? 0, initializer.bound];
  return initializer.kind === "normal" ? [initializer.mean ?? 0, initializer.deviation] : [0, 1];
}
