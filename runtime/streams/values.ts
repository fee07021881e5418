/** What callers give to streams, checked before anything is changed. */
import { checkNumbers } from "../base/arguments.js";
import { describe } from "../base/options.js";
import type { CallValues } from "../module/compiled-module.js";
import type { Field } from "./layout.js";
import type { StreamNumbers } from "./runner.js";

/** @throws TypeError for a name that is none of those. */
export function checkNames(where: string, values: CallValues, known: readonly string[]): void {
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${where}: unknown name ${unknown}; expected ${known.join(", ") || "none"}`);
}

/**
 * So many numbers, as an array that others do not write to where they are indices.
 *
 * @param shape As messages say it.
 * @param mostAt The largest index that there may be at a place; undefined of real numbers.
 * @throws TypeError or RangeError that names the tensor, what was expected and what came.
 */
export function numbersOf(
  where: string,
  { name, isIndex }: Pick<Field, "name" | "isIndex">,
  value: unknown,
  expected: { readonly length: number; readonly shape: string; readonly mostAt: (place: number) => number | undefined },
): StreamNumbers {
  const { length, shape, mostAt } = expected;
  if (value === undefined) throw new TypeError(`${where}: ${name} is missing: it must be ${shape}`);
  checkNumbers(where, name, value);
  const list = value as ArrayLike<unknown>;
  if (list.length !== length) {
    throw new RangeError(`${where}: ${name} must be ${shape}, that is length ${length}; got ${describe(value)}`);
  }
  if (!isIndex && !Array.isArray(list)) return list as StreamNumbers;
  const own = isIndex ? new Int32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const number = list[i];
    if (typeof number !== "number") {
      throw new TypeError(`${where}: ${name}[${i}] must be a number, got ${describe(number)}`);
    }
    if (isIndex) checkIndex(where, `${name}[${i}]`, number, mostAt(i));
    own[i] = number;
  }
  return own;
}

/** @param most Where undefined, as many as there are. */
export function checkIndex(where: string, place: string, value: number, most = 2 ** 31 - 1): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new RangeError(`${where}: ${place} must be an integer from 0 to ${most}, got ${describe(value)}`);
}
