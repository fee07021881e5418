/** Elements by places with several indices, and places in a circle: views of views, so that their derivatives are those of views. */
import { at } from "../../base/at.js";
import { provenAtLeast } from "../../base/types/bounds.js";
import { addDims, constantOf, type Dim, dimConstant, multiplyDims, subtractDims } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { PlaceTerm } from "../../language/semantics/typed-sizes.js";
import type { IndexedBuilder } from "./indexed-builder.js";

interface EntriesPlace {
  readonly axis: number;
  readonly start: Dim;
  readonly terms: readonly PlaceTerm[];
  readonly around: Dim | undefined;
}

const one = dimConstant(1);
const zero = dimConstant(0);

/** The element for the values that the indices have in `builder`. */
export function entriesAt(builder: IndexedBuilder, value: ValueId, place: EntriesPlace): ValueId {
  const { axis, start, terms, around } = place;
  const [first] = terms;
  if (first !== undefined && terms.length === 1 && around === undefined)
    return builder.element(value, axis, first.index, { start, reverse: first.reverse });
  const low = terms.reduce((sum, { reverse, length }) => (reverse ? lessOne(sum, length) : sum), start);
  let rest = terms.reduce((sum, { length }) => addDims(sum, subtractDims(length, one)), one);
  let entries =
    around === undefined ? builder.slice(value, axis, low, rest) : circle(builder, value, axis, low, rest, around);
  // Short indices first: there are as many copies as they have values.
  const ordered = [...terms].sort((a, b) => (constantOf(a.length) ?? Infinity) - (constantOf(b.length) ?? Infinity));
  for (const [i, { index, length, reverse }] of ordered.entries()) {
    if (i < terms.length - 1) {
      rest = addDims(subtractDims(rest, length), one);
      entries = windows(builder, entries, axis, length, rest);
    }
    const from = reverse ? subtractDims(length, one) : zero;
    entries = builder.element(entries, axis, index, { start: from, reverse });
  }
  return entries;
}

function lessOne(sum: Dim, length: Dim): Dim {
  return addDims(subtractDims(sum, length), one);
}

/**
 * `[L]` to `[count, length]`, where L is `count + length - 1`: row i begins at element i. Copies of all L one after the other, read in rows
 * of L + 1, begin one later in each.
 */
function windows(builder: GraphBuilder, value: ValueId, axis: number, count: Dim, length: Dim): ValueId {
  const shape = builder.shapeOf(value);
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const all = at(shape, axis);
  const copies = addDims(count, one);
  const others = shape.map((_, i) => (i < axis ? i : i + 1));
  const repeated = builder.broadcast(value, [...before, copies, all, ...after], others);
  const flat = builder.reshape(repeated, [...before, multiplyDims(copies, all), ...after]);
  const wider = addDims(all, one);
  const used = builder.slice(flat, axis, zero, multiplyDims(count, wider));
  const rows = builder.reshape(used, [...before, count, wider, ...after]);
  return builder.slice(rows, axis + 1, zero, length);
}

/** Whole turns that are tried before a number is chosen that is enough for all sizes. */
const tries = 8;

/** `length` elements from the place `low` on, of a circle of the first `around` elements. */
function circle(builder: GraphBuilder, value: ValueId, axis: number, low: Dim, length: Dim, around: Dim): ValueId {
  const start = addDims(low, multiplyDims(around, turnsTo0(low, around)));
  const end = addDims(start, length);
  const copies = least((count) => subtractDims(multiplyDims(around, dimConstant(count)), end)) ?? tries + 1;
  const own = builder.slice(value, axis, zero, around);
  const turns =
    copies > tries ? repeated(builder, own, axis, end) : builder.concat(axis, new Array<ValueId>(copies).fill(own));
  return builder.slice(turns, axis, start, length);
}

/** How many turns make a place that is no longer below 0. */
function turnsTo0(low: Dim, around: Dim): Dim {
  const [from, size] = [constantOf(low), constantOf(around)];
  if (from !== undefined && size !== undefined) return dimConstant(-Math.floor(from / size));
  const few = least((count) => addDims(low, multiplyDims(around, dimConstant(count))));
  if (few !== undefined) return dimConstant(few);
  // A turn has at least one element: as many as what is taken away.
  const taken = low.terms.filter(({ numerator }) => numerator < 0);
  return subtractDims(zero, { ...low, terms: taken });
}

/** The least of 0, 1, … for which it is at least 0, whatever the sizes. */
function least(rest: (count: number) => Dim): number | undefined {
  const [first, second] = [constantOf(rest(0)), constantOf(rest(1))];
  if (first !== undefined && second !== undefined) return Math.max(0, Math.ceil(first / (first - second)));
  for (let count = 0; count <= tries; count++) if (provenAtLeast(rest(count), 0)) return count;
  return undefined;
}

/** As many copies as are surely enough for `end` elements: one for each. */
function repeated(builder: GraphBuilder, value: ValueId, axis: number, end: Dim): ValueId {
  const shape = builder.shapeOf(value);
  const others = shape.map((_, i) => (i < axis ? i : i + 1));
  const whole = [...shape.slice(0, axis), end, ...shape.slice(axis)];
  const all = multiplyDims(end, at(shape, axis));
  return builder.reshape(builder.broadcast(value, whole, others), [
    ...shape.slice(0, axis),
    all,
    ...shape.slice(axis + 1),
  ]);
}
