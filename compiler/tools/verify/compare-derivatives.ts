/**
 * Derivatives along directions against differences. The differences bring an error bar (`differences.ts`), rounding in the module's
 * own derivatives another (`rounding.ts`). Where they are wide next to the derivative nothing can be said, and the direction does
 * not count.
 */
import { at } from "../../base/at.js";
import { differentiate, type Difference } from "../gradcheck/differences.js";
import { measureNoise } from "../gradcheck/measure-noise.js";
import { writeStored } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import type { Context } from "./context.js";
import type { CheckFindings } from "./report.js";
import { type RoundedDerivative, disturbedCalls, precisionOf } from "./rounding.js";
import { type CallDirection, halvesOf, titleOf } from "./variables.js";

/** A way in which the module itself computes derivatives. */
export interface Mode {
  readonly title: string;
  readonly findings: CheckFindings;
  readonly along: (direction: CallDirection) => RoundedDerivative;
}

/** What a measured derivative costs, about, in runs of what is differentiated. */
export const runsOfDifferences = 30;

/** Error bars of differences are estimates. */
const safety = 3;

/** Derivatives below this part of the largest count as small. */
const smallPart = 1e-3;

/** What is differentiated. */
export interface Function {
  /** How differences of it are called in messages. */
  readonly title: string;
  /** Less what it is at the beginning: differences of nearby numbers lose nothing. Parameters are set already. */
  readonly at: (call: DirectedCall) => number;
}

interface MeasuredFunction extends Function {
  /** The standard deviation of its rounding errors. */
  readonly noise: number;
}

export function compareWithDifferences(
  context: Context,
  modes: readonly Mode[],
  directions: readonly CallDirection[],
  fn: Function,
): void {
  const f = { ...fn, noise: noiseOf(context, fn) };
  const derivatives = directions.map((direction) => modes.map((mode) => mode.along(direction)));
  // Next to derivatives of other tensors: one that is 0 is told from those.
  const least = smallPart * Math.max(0, ...derivatives.flat().map(({ size }) => size));
  for (const [k, direction] of directions.entries()) {
    const own = derivatives[k] as readonly RoundedDerivative[];
    const measured = differencesAlong(context, direction, f, Math.max(...own.map(({ size }) => size)));
    for (const [i, mode] of modes.entries()) {
      const derivative = at(own, i);
      let found = disagreementOf(context, derivative, measured, least);
      if (found.share > 1) found = confirmed(context, direction, f, derivative, found, least);
      const said = found.isReadable ? "compared" : found.isBroken ? "broken" : "coarse";
      for (const { variable } of direction.moves) mode.findings.cover(titleOf(variable), said);
      if (!found.isReadable) continue;
      const { title, findings } = mode;
      let where = direction.where;
      if (found.share > 1 && findings.problem === undefined) where = narrow(context, mode, direction, f);
      findings.measure(found.distance, found.bar, where, () => {
        const bar = `${precise(found.numeric)} ± ${found.bar.toExponential(1)}`;
        const narrowed = where === direction.where ? "" : `, and differ by ${where}`;
        return `${title} by ${direction.where} is ${precise(derivative.value)}, ${fn.title} give ${bar}${narrowed}`;
      });
    }
  }
  writeStored(context.instance, context.call.params);
}

/** A derivative beside what differences give. */
interface Disagreement {
  readonly numeric: number;
  readonly distance: number;
  /** How far they may be apart, and the distance as a part of that. */
  readonly bar: number;
  readonly share: number;
  /** Does it say anything? */
  readonly isReadable: boolean;
  /** There is no derivative at all: values jump, or are not finite. */
  readonly isBroken: boolean;
}

function disagreementOf(
  { manifest }: Context,
  { value, size, error }: RoundedDerivative,
  measured: Difference,
  least = 0,
): Disagreement {
  const { unit, readable } = precisionOf(manifest.dtype);
  const distance = Number.isFinite(value) ? Math.abs(value - measured.value) : Infinity;
  const bar = safety * measured.error + error + unit * Math.abs(measured.value);
  // Where differences are too coarse to agree, they may still be precise enough to disagree.
  const isReadable = measured.kind === "smooth" && (bar <= readable * Math.max(size, least) + unit || distance > bar);
  const share = distance <= bar ? distance / (bar || 1) : distance / bar;
  const isBroken = measured.kind === "jump" || measured.kind === "edge";
  return { numeric: measured.value, distance, bar, share, isReadable, isBroken };
}

/**
 * Many kinks within a step, of as many units, may look smooth from afar, with an error bar that is too narrow. Steps below the
 * distance of kinks show the derivative; a wrong one disagrees there too.
 */
function confirmed(
  context: Context,
  direction: CallDirection,
  f: MeasuredFunction,
  derivative: RoundedDerivative,
  first: Disagreement,
  least: number,
): Disagreement {
  let found: Disagreement | undefined;
  for (const factor of [2 ** -3, 2 ** -6, ...(context.manifest.dtype === "f64" ? [2 ** -12] : [])]) {
    const closer = { ...direction, step: direction.step * factor };
    const measured = differencesAlong(context, closer, f, derivative.size);
    const again = disagreementOf(context, derivative, measured, least);
    if (measured.kind === "smooth" && (found === undefined || again.share < found.share)) found = again;
  }
  return found ?? { ...first, isReadable: false };
}

/** How much the function moves where the call moves in its last bits. */
function noiseOf({ manifest, instance, call, random }: Context, { at }: Function): number {
  const squares = disturbedCalls(manifest, call, random).map((other) => {
    writeStored(instance, other.params);
    return at(other) ** 2;
  });
  writeStored(instance, call.params);
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  return Number.isFinite(mean) ? Math.sqrt(mean) : 0;
}

/** Differentiates what `f` gives while the call moves along a direction, and puts the call back. */
function differencesAlong(
  { instance, manifest, call }: Context,
  direction: CallDirection,
  f: MeasuredFunction,
  size: number,
): Difference {
  const { moves, step } = direction;
  const { unit, least } = precisionOf(manifest.dtype);
  const originals = moves.map(({ variable }) => variable.values.slice());
  const movesParams = moves.some(({ variable }) => variable.role === "param");
  const along = (t: number): number => {
    for (const [k, { variable, values }] of moves.entries()) {
      const original = at(originals, k);
      for (let i = 0; i < values.length; i++) variable.values[i] = (original[i] as number) + t * (values[i] as number);
    }
    if (movesParams) writeStored(instance, call.params);
    return f.at(call);
  };
  try {
    // Where numbers do not move at all, they seem to have no noise.
    const noise = Math.max(measureNoise(along, unit), f.noise);
    return differentiate(along, { step, precision: unit, noise, goal: (least / 4) * size });
  } finally {
    for (const [k, { variable }] of moves.entries()) variable.values.set(at(originals, k));
    if (movesParams) writeStored(instance, call.params);
  }
}

/** The smallest part of a direction found by halving along which the two still disagree. */
function narrow(context: Context, mode: Mode, direction: CallDirection, f: MeasuredFunction): string {
  for (const half of halvesOf(direction) ?? []) {
    const own = mode.along(half);
    const { share, isReadable } = disagreementOf(context, own, differencesAlong(context, half, f, own.size));
    if (isReadable && share > 1) return narrow(context, mode, half, f);
  }
  return direction.where;
}

export const precise = (value: number): string => String(Number(value.toPrecision(8)));
