/** Random sizes and random calls for fast-check. */
import fc from "fast-check";
import { check } from "../../../driver/compile.js";
import type { SourceOptions } from "../../../driver/compile-options.js";
import { CellError } from "../../../driver/in-process.js";
import { renderDiagnostics } from "../../../base/diagnostics/render.js";
import { lowerSource } from "../../../driver/pipeline.js";
import type { AxisEntry, Manifest } from "../../../../runtime/module/manifest.js";
import type { CellCall, Numbers } from "../../calls/call.js";
import { nearInitial } from "../../calls/draw-call.js";
import { areAllowed, withComputedSizes } from "../../calls/computed-sizes.js";
import { type CallExtents, countNumbers, type Extent, withStreamSteps } from "../../calls/sizes.js";
import { boundOf, type CallTensor, extentAt, mapTensors } from "../../calls/tensors.js";
import { leastOf } from "../../../../runtime/module/axes.js";

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
 * Calls of a compiled cell: how many examples, steps and elements, parameters, inputs, contexts, initial states (computed
 * ones are left to the cell half of the time) and cotangents. The first example is as long as the call; others may be
 * shorter. Calls shrink towards one example, one step and simple numbers.
 *
 * @param manifest From `compile(source, options).manifest` or a loaded module.
 */
export function arbitraryCall(manifest: Manifest, options: CallOptions = {}): fc.Arbitrary<CellCall> {
  const { batch = 3, steps = 4, most = 3 } = options;
  const extent = fc.record({
    steps: fc.integer({ min: 1, max: steps }),
    sizes: fc.record(Object.fromEntries(manifest.axes.flatMap((axis) => (axis.option === "sizes" ? [[axis.name, sizeOf(axis, most)] as const] : [])))), // prettier-ignore
  });
  return fc
    .tuple(
      extent.filter((own) => areAllowed(manifest, own)),
      fc.array(extent, { maxLength: batch - 1 }),
    )
    .chain(([call, others]) =>
      withNumbers(
        manifest,
        withStreamSteps(
          manifest,
          withComputedSizes(manifest, {
            ...call,
            batch: others.length + 1,
            examples: [
              call,
              ...others.map((other) => within(other, call)).map((own) => (areAllowed(manifest, own) ? own : call)),
            ],
          }),
        ),
        options,
      ),
    );
}

const sizeOf = (axis: AxisEntry, most: number): fc.Arbitrary<number> => {
  const min = leastOf(axis);
  return fc.integer({ min, max: Math.max(min, most) });
};

function within({ steps, sizes }: Extent, call: Extent): Extent {
  const fitted = Object.entries(sizes).map(([name, size]) => [name, Math.min(size, call.sizes[name] ?? 1)]);
  return { steps: Math.min(steps, call.steps), sizes: Object.fromEntries(fitted) as Record<string, number> };
}

function withNumbers(manifest: Manifest, call: CallExtents, options: CallOptions): fc.Arbitrary<CellCall> {
  const { batch, examples } = call;
  const weight = arbitraryNumber();
  const numbers = {
    param: arbitraryNumber({ ...options, scale: 0.25 * (options.scale ?? 1) }),
    given: arbitraryNumber(options),
  };
  const number = ({ role, initializer }: CallTensor): fc.Arbitrary<number> => {
    if (role === "output" || role === "final") return weight;
    if (initializer === undefined) return numbers.given;
    return numbers.param.map((n) => Math.fround(nearInitial(initializer, Math.max(-1, Math.min(1, 2 * n)), 1)));
  };
  const { params, inputs, contexts, states, cotangents } = mapTensors(manifest, (tensor) => {
    const length = countNumbers(tensor, call);
    if (tensor.dtype !== "index") return fc.array(number(tensor), { minLength: length, maxLength: length });
    const bounds = Array.from({ length }, (_, i) => boundOf(tensor, extentAt(call, i, length / batch)));
    return fc.tuple(...bounds.map((bound) => fc.integer({ min: 0, max: bound - 1 })));
  });
  // Initial values that the cell computes are left to it half of the time.
  const computed = manifest.states.flatMap(({ name, initial }) => (initial === "computed" ? [name] : []));
  const statesOf = (names: readonly string[]): fc.Arbitrary<Numbers> =>
    fc.record(Object.fromEntries(Object.entries(states).filter(([name]) => names.includes(name))));
  const others = manifest.states.map(({ name }) => name).filter((name) => !computed.includes(name));
  return fc.record({
    batch: fc.constant(batch),
    steps: fc.constant(call.steps),
    sizes: fc.constant(call.sizes),
    examples: fc.constant(examples),
    params: fc.record(params),
    inputs: fc.record(inputs),
    contexts: fc.record(contexts),
    states: fc
      .tuple(statesOf(others), fc.option(statesOf(computed), { nil: {} }))
      .map(([own, more]) => ({ ...own, ...more })),
    cotangents: fc.record({ outputs: fc.record(cotangents.outputs), final: fc.record(cotangents.final) }),
    seed: fc.nat(2 ** 20),
  });
}
