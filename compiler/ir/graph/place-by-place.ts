/**
 * Operations that go place by place along an axis: what they give at a place is made of what their operands have there. Tells
 * which axis of each operand that is, and which of the result; the others are read whole at every place.
 */
import { at } from "../../base/at.js";
import { type Dim, equalDims, multiplyDims, dimConstant } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Operation, OperationKind } from "./graph-function.js";

export interface PlacedOperand {
  readonly shape: Shape;
  /** Its axis of places; undefined where it is made of nothing that changes from place to place. */
  readonly axis: number | undefined;
}

interface PlaceByPlace {
  readonly result: number;
  /** Of each operand; undefined where all of it is read at every place. */
  readonly along: readonly (number | undefined)[];
}

type PlaceRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: readonly PlacedOperand[],
  length: Dim,
) => PlaceByPlace | undefined;

const firstAxis = (operands: readonly PlacedOperand[]): number | undefined =>
  operands.find(({ axis }) => axis !== undefined)?.axis;

/** All operands have it at the same place. */
const aligned = (
  operands: readonly PlacedOperand[],
  result: (axis: number) => number | undefined,
): PlaceByPlace | undefined => {
  const axis = firstAxis(operands);
  const isSame = operands.every((operand) => operand.axis === undefined || operand.axis === axis);
  const found = axis === undefined || !isSame ? undefined : result(axis);
  return found === undefined ? undefined : { result: found, along: operands.map(() => axis) };
};

/** Along another axis than that of places. */
const beside =
  (shift: (axis: number, own: number) => number) =>
  ({ axis: own }: { readonly axis: number }, operands: readonly PlacedOperand[]) =>
    aligned(operands, (axis) => (axis === own ? undefined : shift(axis, own)));

const same = beside((axis) => axis);

const rules: { readonly [K in OperationKind]?: PlaceRule<K> } = {
  map: (_, operands) => aligned(operands, (axis) => axis),
  to_index: (_, operands) => aligned(operands, (axis) => axis),
  custom_derivative: (_, operands) => aligned(operands, (axis) => axis),
  broadcast: ({ axes }, operands) => aligned(operands, (axis) => axes[axis]),
  reduce: ({ axes }, operands) =>
    aligned(operands, (axis) => (axes.includes(axis) ? undefined : axis - axes.filter((own) => own < axis).length)),
  contract: ({ a, b, result }, operands) => {
    const labels = [a, b];
    const own = operands.flatMap(({ axis }, i) => (axis === undefined ? [] : [at(at(labels, i), axis)]));
    const [label] = own;
    const place = label === undefined ? -1 : result.indexOf(label);
    if (label === undefined || own.some((other) => other !== label) || place < 0) return undefined;
    const along = operands.map((_, i) => at(labels, i).indexOf(label)).map((axis) => (axis < 0 ? undefined : axis));
    return { result: place, along };
  },
  slice: same,
  pad: same,
  concat: same,
  reverse: same,
  window: beside((axis, own) => (axis > own ? axis + 1 : axis)),
  unwindow: ({ axis: own }, operands) =>
    aligned(operands, (axis) => (axis === own || axis === own + 1 ? undefined : axis > own ? axis - 1 : axis)),
  reshape: ({ shape }, operands, length) =>
    aligned(operands, (axis) => {
      const before = sizeOf(at(operands, 0).shape.slice(0, axis));
      const found = shape.findIndex((dim, i) => equalDims(dim, length) && equalDims(sizeOf(shape.slice(0, i)), before));
      return found < 0 ? undefined : found;
    }),
  transpose: ({ permutation }, operands) => aligned(operands, (axis) => permutation.indexOf(axis)),
  gather: ({ along }, [table, index]) => {
    if (table === undefined || index === undefined || table.axis === 0) return undefined;
    // As it lies in the index, of an axis that both have.
    const both = table.axis !== undefined && table.axis <= along ? table.axis - 1 : undefined;
    if (table.axis !== undefined && index.axis !== undefined && both !== index.axis) return undefined;
    const own = both ?? index.axis;
    if (own !== undefined) return { result: own, along: [own < along ? own + 1 : undefined, own] };
    return table.axis === undefined
      ? undefined
      : { result: index.shape.length + table.axis - 1 - along, along: [table.axis, undefined] };
  },
  // Rows at the same indices at every place, or those of the place.
  scatter_add: ({ along }, [index, updates]) => {
    const rank = index?.shape.length ?? 0;
    const own = updates?.axis ?? index?.axis;
    if (own === undefined || (index?.axis !== undefined && index.axis !== own)) return undefined;
    if (own < along) return { result: own + 1, along: [own, own] };
    if (own < rank || updates?.axis === undefined) return undefined;
    return { result: own - rank + 1 + along, along: [undefined, own] };
  },
};

const sizeOf = (shape: Shape): Dim => shape.reduce(multiplyDims, dimConstant(1));

/** Undefined where the operation looks at other places, too. */
export function placeByPlace(
  operation: Operation,
  operands: readonly PlacedOperand[],
  length: Dim,
): PlaceByPlace | undefined {
  const rule = rules[operation.kind] as PlaceRule<OperationKind> | undefined;
  return rule?.(operation, operands, length);
}
