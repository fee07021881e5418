/** Compares gradients with other numbers for the same derivatives and keeps the worst. */
import { maxAbs } from "../calls/compare.js";
import type { VariableRole } from "../calls/tensors.js";
import { methods as knownMethods } from "./report.js";
import type { Comparison, Method, MethodReport, Precision, TensorReport } from "./report.js";
import { indexOf, type Point, type PointTensor, realPlaces } from "./point.js";
import type { Random } from "../../../runtime/base/random.js";

/** A number for a derivative, and how far it may be off. */
export interface Derivative {
  readonly value: number;
  readonly error: number;
  readonly kind: "smooth" | "kink" | "jump" | "edge";
}

/**
 * The derivative of the loss at a point in the direction of a change of one tensor.
 *
 * @param goal how exact it has to be; whoever can be exact for nothing is
 */
export type Reference = (tensor: PointTensor, direction: Direction, goal: number) => Derivative;

export interface Direction {
  /** A change of one number, or undefined for a change of all of them. */
  readonly place: number | undefined;
  readonly values: Float64Array;
}

/** The gradients of one point, in the shape of the point's tensors. */
export type Gradients = ReadonlyMap<PointTensor, Float64Array>;

/** One dense direction, and up to `count` along single numbers that are not padding. */
export function drawDirections(point: Point, tensor: PointTensor, random: Random, count: number): Direction[] {
  const places = realPlaces(point, tensor);
  if (places.length === 0) return [];
  const dense = new Float64Array(tensor.values.length);
  for (const place of places) dense[place] = random.uniform(-1, 1);
  const chosen = places.length <= count ? places : random.shuffle([...places]).slice(0, count);
  return [
    { place: undefined, values: dense },
    ...chosen.map((place) => {
      const values = new Float64Array(tensor.values.length);
      values[place] = 1;
      return { place, values };
    }),
  ];
}

/** The bar of a sum of derivatives. An infinite bar of a number that does not count is none. */
export function barAlong(bars: ArrayLike<number>, direction: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < direction.length; i++) {
    const size = Math.abs(direction[i] as number);
    if (size !== 0) sum += size * (bars[i] as number);
  }
  return sum;
}

/**
 * The size below which a derivative of `tensor` is not told from rounding: sums of larger numbers that cancel leave errors
 * in proportion to these, not to what is left.
 */
export function smallest(point: Point, gradients: Gradients, tensor: PointTensor): number {
  const own = maxAbs(gradients.get(tensor) ?? []);
  const all = Math.max(...[...gradients.values()].map(maxAbs), ...point.cotangents.map(({ values }) => maxAbs(values)));
  return Math.max(1e-3 * own, 1e-6 * all, Number.MIN_VALUE);
}

/** Two numbers for a derivative; `sizeFloor`: see `smallest`. */
export interface NumberPair {
  readonly analytic: number;
  readonly numeric: Derivative;
  readonly sizeFloor: number;
}

/** How far they are apart and how far they may be, both relative to their size. */
export function differenceOf({ analytic, numeric, sizeFloor }: NumberPair): {
  readonly error: number;
  readonly bar: number;
  readonly size: number;
} {
  const off = Math.abs(analytic - numeric.value);
  const size = Number.isFinite(off) ? Math.max(Math.abs(analytic), Math.abs(numeric.value), sizeFloor) : 1;
  return { error: Number.isFinite(off) ? off / size : Infinity, bar: numeric.error / size, size };
}

/** Whether they agree, or cannot be compared. */
export function agree(pair: NumberPair, tolerance: number): boolean {
  const { error, bar } = differenceOf(pair);
  return pair.numeric.kind !== "smooth" || error <= tolerance + bar;
}

interface MethodTally {
  readonly method: Method;
  readonly precision: Precision;
  compared: number;
  vanishing: number;
  zeros: number;
  kinks: number;
  unresolved: number;
  failed: boolean;
  worst: Comparison | undefined;
}

interface Compared {
  /** Numbers that it had at all points together; undefined where it was at none. */
  places: number | undefined;
  readonly methods: MethodTally[];
}

/** What should have been compared. */
export interface Coverage {
  readonly expected: readonly { readonly role: VariableRole; readonly name: string }[];
  readonly precisions: readonly Precision[];
  /** Tensors whose gradient is zero by construction; undefined where the equations are not known. */
  readonly withoutGradient: ReadonlySet<string> | undefined;
  readonly allowUncompared: boolean;
  /** Names of those that are said to have no influence. */
  readonly noInfluence: readonly string[];
}

/** Collects comparisons of all runs. */
export class Comparisons {
  private readonly tensors = new Map<string, Compared>();

  /** @returns whether the two agree, or cannot be compared */
  add(
    tensor: PointTensor,
    kind: { readonly method: Method; readonly precision: Precision; readonly tolerance: number },
    where: { readonly point: Point; readonly dimensions: Readonly<Record<string, number>> },
    numbers: NumberPair & { readonly place: number | undefined },
  ): boolean {
    const entry = this.entry(tensor, kind.method, kind.precision);
    const { analytic, numeric, place } = numbers;
    if (numeric.kind !== "smooth") {
      entry.kinks++;
      return true;
    }
    const { error, bar, size } = differenceOf(numbers);
    const agrees = agree(numbers, kind.tolerance);
    entry.compared++;
    if (agrees && bar > 1e-2) entry.unresolved++;
    const largest = Math.max(Math.abs(analytic), Math.abs(numeric.value)) / size;
    if (agrees && largest <= kind.tolerance + bar) entry.vanishing++;
    if (analytic === 0 && numeric.value === 0) entry.zeros++;
    if (!agrees) entry.failed = true;
    // Beyond its bar first: an error within a wide bar is no reproach.
    const excess = (c: Comparison | undefined): number =>
      c === undefined ? -1 : c.error <= c.bar ? c.error * 1e-30 : c.error;
    const comparison: Comparison = {
      error,
      bar,
      analytic,
      numeric: numeric.value,
      index: place === undefined ? undefined : indexOf(where.point, tensor, place),
      dimensions: where.dimensions,
      batch: where.point.batch,
      steps: where.point.steps,
    };
    if (excess(comparison) > excess(entry.worst)) entry.worst = comparison;
    return agrees;
  }

  private entry(tensor: PointTensor, method: Method, precision: Precision): MethodTally {
    const found = this.tensorOf(tensor);
    const known = found.methods.find((entry) => entry.method === method && entry.precision === precision);
    if (known !== undefined) return known;
    const none = { compared: 0, vanishing: 0, zeros: 0, kinks: 0, unresolved: 0 };
    const entry: MethodTally = { method, precision, ...none, failed: false, worst: undefined };
    found.methods.push(entry);
    return entry;
  }

  /** Notes the tensors of a point: one that has no numbers at any of them needs no comparison. */
  expect(point: Point): void {
    for (const tensor of point.tensors) {
      const found = this.tensorOf(tensor);
      found.places = (found.places ?? 0) + realPlaces(point, tensor).length;
    }
  }

  private tensorOf({ role, name }: Pick<PointTensor, "role" | "name">): Compared {
    const key = `${role} ${name}`;
    const found = this.tensors.get(key) ?? { places: undefined, methods: [] };
    this.tensors.set(key, found);
    return found;
  }

  /** What has been compared so far. */
  report({ expected, precisions, withoutGradient, allowUncompared, noInfluence }: Coverage): TensorReport[] {
    return expected.map(({ role, name }) => {
      const { places, methods } = this.tensorOf({ role, name });
      const reports = methods.map(({ failed, ...rest }): MethodReport => ({ ...rest, passed: !failed }));
      const zero = places === 0 || withoutGradient?.has(name) === true;
      const isSaid = noInfluence.includes(name);
      const withoutInfluence = reports.every(({ compared, vanishing }) => compared === vanishing);
      const isCompared = (precision: Precision): boolean =>
        isSaid ? isLookedAt(reports, precision) : tellsFromZero(reports, precision, withoutGradient !== undefined);
      const uncompared = zero ? [] : precisions.filter((precision) => !isCompared(precision));
      const agrees = reports.every((own) => own.passed) && (!isSaid || withoutInfluence);
      const passed = agrees && (allowUncompared || uncompared.length === 0);
      return { role, name, passed, zero, uncompared, ...(isSaid && { withoutInfluence }), methods: reports };
    });
  }
}

/** Where zero is right it is enough that something was compared. */
const isLookedAt = (methods: readonly MethodReport[], precision: Precision): boolean =>
  methods.some((own) => own.precision === precision && knownMethods[own.method].isIndependent && own.compared > 0);

/**
 * Would a comparison have noticed a gradient that is left out? Forward mode follows the same rules and counts only where there is
 * nothing else. Where the equations are not known, zero may be right: it counts as compared where values were.
 */
function tellsFromZero(methods: readonly MethodReport[], precision: Precision, knowsEquations: boolean): boolean {
  const first = methods.filter((own) => own.precision === precision && knownMethods[own.method].order === 1);
  const independent = first.filter(({ method }) => knownMethods[method].isIndependent);
  const used = independent.length > 0 ? independent : first;
  return used.some(({ compared, vanishing }) => compared > (knowsEquations ? vanishing : 0));
}
