/** Between what numbers values are drawn, of cells that have values, or influence, for some only. */
import { describe } from "../../../runtime/base/options.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { suggest } from "../../base/diagnostics/suggest.js";
import { type CallTensor, realContexts, realStates } from "./tensors.js";

/** The least and the largest number, or `spd`: symmetric positive definite matrices along the last two axes. */
export type DrawnRange = readonly [least: number, most: number] | "spd";

/** By the name of an input, context, param or state. */
export type Ranges = Readonly<Record<string, DrawnRange>>;

/** That of a tensor of a call, if it has one: what it is multiplied by where it is a result has none. */
export function rangeOf(ranges: Ranges, { name, role }: Pick<CallTensor, "name" | "role">): DrawnRange | undefined {
  return role !== "output" && role !== "final" && Object.hasOwn(ranges, name) ? ranges[name] : undefined;
}

/**
 * Makes matrices of numbers from -1 to 1, or about, symmetric and positive definite: `A Aᵀ / n + 1 / 2` of each, whose eigenvalues are at least 1/2.
 *
 * @param values matrices of n rows, one after the other
 */
export function makeDefinite(values: Float64Array, n: number, round: (value: number) => number): void {
  for (let start = 0; start + n * n <= values.length; start += n * n) {
    const drawn = values.slice(start, start + n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += (drawn[i * n + k] ?? 0) * (drawn[j * n + k] ?? 0);
        values[start + i * n + j] = round(sum / n + (i === j ? 0.5 : 0));
      }
  }
}

/** A range is none, or something is said of what is not drawn. */
export class WrongRangeError extends RangeError {
  override readonly name = "WrongRangeError";
}

export const within = (range: DrawnRange | undefined, value: number): boolean =>
  range === undefined || range === "spd" || (value >= range[0] && value <= range[1]);

/** @throws WrongRangeError where one is not two numbers, the smaller first. */
export function checkRanges(ranges: Ranges): Ranges {
  // What comes from JavaScript is whatever it is.
  const given: unknown = ranges;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new WrongRangeError(`ranges must be an object such as { x: [0.1, 2] }, got ${describe(given)}`);
  for (const [name, range] of Object.entries(ranges)) {
    if (range === "spd") continue;
    const numbers: readonly unknown[] = Array.isArray(range) ? range : [];
    if (numbers.length !== 2 || !numbers.every(Number.isFinite))
      throw new WrongRangeError(
        `the range of ${name} must be two numbers, [least, most], or "spd", got ${describe(range)}`,
      );
    const [least, most] = range;
    if (least >= most)
      throw new WrongRangeError(`the range of ${name} must go from a smaller number to a larger one, got ${least} to ${most}`); // prettier-ignore
  }
  return ranges;
}

/** @throws WrongRangeError where ranges, or the names of what is without influence, are of nothing that the cell has and that is drawn from reals. */
export function ensureDrawn(
  { ranges, noInfluence = [] }: { readonly ranges: Ranges; readonly noInfluence?: readonly string[] },
  manifest: Manifest,
): void {
  const { cell, params, inputs } = manifest;
  const real = inputs.filter(({ dtype }) => dtype === "real");
  const drawn = [...real, ...realContexts(manifest), ...params, ...realStates(manifest)];
  const known = drawn.map(({ name }) => name);
  const said = [
    ...Object.keys(ranges).map((name) => [name, `a range is given for ${name}`] as const),
    ...noInfluence.map((name) => [name, `${name} is said to have no influence`] as const),
  ];
  for (const [name, words] of said) {
    if (known.includes(name)) continue;
    if (inputs.some((input) => input.name === name))
      throw new WrongRangeError(`${words}, which is an index: indices are drawn from all that may be, and have no gradient`); // prettier-ignore
    const similar = suggest(name, known);
    const hint = similar === undefined ? `it has ${known.join(", ")}` : `did you mean ${similar}?`;
    throw new WrongRangeError(`${words}, and ${cell} has no input, context, param or state of reals of that name; ${hint}`); // prettier-ignore
  }
  for (const { name, shape } of drawn) {
    const [rows, columns] = shape.slice(-2);
    if (!Object.hasOwn(ranges, name) || ranges[name] !== "spd" || (typeof columns === "number" && rows === columns))
      continue;
    throw new WrongRangeError(`${name} is to be drawn positive definite, and has the shape [${shape.join(", ")}]: its last two axes are equal, and known`); // prettier-ignore
  }
}
