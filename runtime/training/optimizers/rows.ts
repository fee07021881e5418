/** Updates of tables by the rows that a call has touched. */
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import { describe, isRecord } from "../../base/options.js";
import type { FloatArray, GradientRows, SparseRecord } from "../../module/compiled-module.js";

export const isRows = (gradient: FloatArray | GradientRows): gradient is GradientRows => !ArrayBuffer.isView(gradient);

/** What should be the numbers of each gradient, by name: of rows their values. */
export function numbersByName(gradients: SparseRecord): Record<string, FloatArray> {
  const found = Object.create(null) as Record<string, FloatArray>;
  for (const name in gradients) found[name] = numbersOf(gradients[name]) as FloatArray;
  return found;
}

/** What should be the numbers of a gradient: of rows their values. */
export function numbersOf(gradient: unknown): unknown {
  return !ArrayBuffer.isView(gradient) && isRecord(gradient) && "values" in gradient ? gradient["values"] : gradient;
}

/**
 * Numbers of a row, of a param with `length` of them.
 *
 * @param wanted How many there are, where that is known.
 * @throws TypeError or RangeError where the rows are none of it.
 */
export function widthOfRows(name: string, { rows, values }: GradientRows, length: number, wanted?: number): number {
  // Arrays of another realm are no instances of this one's classes.
  if (!ArrayBuffer.isView(rows) || rows[Symbol.toStringTag] !== "Int32Array") {
    throw new CallTypeError(`step: the gradient of ${name} must have rows, an Int32Array, got ${describe(rows)}`);
  }
  const width = rows.length === 0 ? length : values.length / rows.length;
  if (wanted !== undefined && values.length !== rows.length * wanted) {
    throw new CallRangeError(
      `step: the gradient of ${name} must have ${wanted} values for each of its ${rows.length} rows, got ${values.length} in all`,
    );
  }
  const fits = rows.length === 0 ? values.length === 0 : Number.isInteger(width) && width > 0 && length % width === 0;
  if (!fits) {
    throw new CallRangeError(
      `step: the gradient of ${name} must have as many values for each of its ${rows.length} rows as the param, got ${values.length} in all`,
    );
  }
  const inOrder = rows.slice().sort();
  const out = [inOrder[0] ?? 0, inOrder.at(-1) ?? 0].find((row) => row < 0 || row >= length / width);
  if (out !== undefined)
    throw new CallRangeError(`step: ${name} has ${length / width} rows; its gradient has one for row ${out}`);
  const twice = inOrder.find((row, k) => row === inOrder[k - 1]);
  if (twice !== undefined) throw new CallRangeError(`step: the gradient of ${name} has row ${twice} twice`);
  return width;
}

/** Stretches of elements that hold rows, from multiples of four to multiples of four, each element once. */
export function stretchesOf(rows: Int32Array, width: number, from: number): [from: number, to: number][] {
  const stretches: [number, number][] = [];
  for (const row of rows.slice().sort()) {
    const start = from + row * width;
    const [first, end] = [start - (start % 4), Math.ceil((start + width) / 4) * 4];
    const last = stretches.at(-1);
    if (last !== undefined && first <= last[1]) last[1] = end;
    else stretches.push([first, end]);
  }
  return stretches;
}
