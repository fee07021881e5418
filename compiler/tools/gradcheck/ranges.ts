/** Between what numbers values are drawn, of cells that have values, or influence, for some only. */
import { describe } from "../../../runtime/base/options.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { suggest } from "../../base/diagnostics/suggest.js";
import { realContexts, realStates } from "../calls/tensors.js";

/** The least and the largest number by the name of an input, context, param or state. */
export type Ranges = Readonly<Record<string, readonly [least: number, most: number]>>;

/** A range is none, or of something that is not drawn. */
export class WrongRangeError extends RangeError {
  override readonly name = "WrongRangeError";
}

export const within = ([least, most]: readonly [number, number], value: number): boolean =>
  value >= least && value <= most;

/** @throws WrongRangeError where one is not two numbers, the smaller first. */
export function checkRanges(ranges: Ranges): Ranges {
  // What comes from JavaScript is whatever it is.
  const given: unknown = ranges;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new WrongRangeError(`ranges must be an object such as { x: [0.1, 2] }, got ${describe(given)}`);
  for (const [name, range] of Object.entries(ranges)) {
    const numbers: readonly unknown[] = Array.isArray(range) ? range : [];
    if (numbers.length !== 2 || !numbers.every(Number.isFinite))
      throw new WrongRangeError(`the range of ${name} must be two numbers, [least, most], got ${describe(range)}`);
    const [least, most] = range;
    if (least >= most)
      throw new WrongRangeError(`the range of ${name} must go from a smaller number to a larger one, got ${least} to ${most}`); // prettier-ignore
  }
  return ranges;
}

/** @throws WrongRangeError where a cell has nothing of a name that is drawn from reals. */
export function ensureDrawn(ranges: Ranges, manifest: Manifest): void {
  const { cell, params, inputs } = manifest;
  const real = inputs.filter(({ dtype }) => dtype === "real");
  const known = [...real, ...realContexts(manifest), ...params, ...realStates(manifest)].map(({ name }) => name);
  for (const name of Object.keys(ranges)) {
    if (known.includes(name)) continue;
    if (inputs.some((input) => input.name === name))
      throw new WrongRangeError(`a range is given for ${name}, which is an index: indices are drawn from all that may be`); // prettier-ignore
    const similar = suggest(name, known);
    const hint = similar === undefined ? `it has ${known.join(", ")}` : `did you mean ${similar}?`;
    throw new WrongRangeError(`a range is given for ${name}, and ${cell} has no input, context, param or state of reals of that name; ${hint}`); // prettier-ignore
  }
}
