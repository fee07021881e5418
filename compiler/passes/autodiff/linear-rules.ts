/**
 * Derivatives of the operations that are not scalar: one row per kind with its forward rule (`tangent`) and its
 * transpose (`cotangents`). Nearly all are linear in their operands, so the forward rule repeats the operation.
 */
import { at } from "../../base/at.js";
import type { Operation, OperationKind, Standing, ValueId } from "../../ir/graph/graph-function.js";
import { addDims, type Dim, dimConstant } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { ScalarSite } from "./scalar-derivatives.js";

/** The operation being differentiated, seen from the derivative under construction. */
export interface Site extends Omit<ScalarSite, "c"> {
  /** Shape of primal operand `i`. */
  shape(i: number): Shape;
  readonly operandCount: number;
  /** Whether the cotangent of operand `i` is asked for. */
  wants(i: number): boolean;
  /** Whether whole rows of the cotangent of the result may be strong zeros. */
  readonly hasStrongRows: boolean;
}

/** A contribution to the cotangent of an operand: the whole, or the part that a slice read. */
export type Contribution = ValueId | PartContribution;

export interface PartContribution {
  readonly part: ValueId;
  readonly axis: number;
  readonly start: Dim;
  /** Of the slice: the part becomes an operation only where the walk reaches the definition of the whole. */
  readonly there: Standing;
}

export interface LinearRule<K extends OperationKind> {
  /** Directional derivative; `tangents[i]` is undefined where operand `i` has none. */
  tangent(
    operation: Extract<Operation, { kind: K }>,
    site: Site,
    tangents: readonly (ValueId | undefined)[],
  ): ValueId | undefined;
  /** What the cotangent of the result adds to each operand's. */
  cotangents(
    operation: Extract<Operation, { kind: K }>,
    site: Site,
    cotangent: ValueId,
  ): readonly (Contribution | undefined)[];
}

/** Kinds whose derivative needs a walk of its own are elsewhere. */
export type StructuralKind = Exclude<OperationKind, "map" | "scan" | "custom_derivative">;

/** Linear in its only operand: the tangent is the same operation on the tangent. */
function same<K extends StructuralKind>(
  cotangent: (operation: Extract<Operation, { kind: K }>, site: Site, v: ValueId) => Contribution,
): LinearRule<K> {
  return {
    tangent: (operation, { b }, [v]) => (v === undefined ? undefined : b.emit(operation, [v])),
    cotangents: (operation, site, v) => [cotangent(operation, site, v)],
  };
}

const constantRule: LinearRule<"constant"> & LinearRule<"dimension"> & LinearRule<"iota"> = {
  tangent: () => undefined,
  cotangents: () => [],
};

export const linearRules: { readonly [K in StructuralKind]: LinearRule<K> } = {
  constant: constantRule,
  dimension: constantRule,
  iota: constantRule,

  broadcast: same((operation, { b }, v) => {
    const repeated = operation.shape.map((_, axis) => axis).filter((axis) => !operation.axes.includes(axis));
    return b.reduce("sum", v, repeated);
  }),

  reduce: {
    tangent(operation, site, [v]) {
      if (v === undefined) return undefined;
      if (operation.op === "sum") return site.b.emit(operation, [v]);
      const { b } = site;
      const { isExtreme, count } = ties(operation, site);
      const kept = b.map("select", isExtreme, v, b.constantOf(0, site.shape(0)));
      return b.map("strong_div", b.reduce("sum", kept, operation.axes), count);
    },
    cotangents(operation, site, v) {
      const { b } = site;
      const repeat = (value: ValueId): ValueId => repeatOver(site, operation.axes, value);
      if (operation.op === "sum") return [repeat(v)];
      // Ties share the cotangent equally.
      const { isExtreme, count } = ties(operation, site);
      return [b.map("select", isExtreme, repeat(b.map("div", v, count)), b.constantOf(0, site.shape(0)))];
    },
  },

  contract: {
    tangent(operation, { b, x }, [da, db]) {
      const fromA = da === undefined ? undefined : b.contract(da, x(1), operation);
      const fromB = db === undefined ? undefined : b.contract(x(0), db, operation);
      if (fromA === undefined || fromB === undefined) return fromA ?? fromB;
      return b.map("add", fromA, fromB);
    },
    cotangents({ a, b: bLabels, result }, { b, x, wants, hasStrongRows, isFinite }, v) {
      // One term after the other: what is summed here was free, so a dot product has no sum in its cotangents.
      const times = (other: ValueId, labels: readonly number[], own: readonly number[]): ValueId => {
        const strong = hasStrongRows && !isFinite(other) && { strong: true };
        return b.contract(v, other, { a: result, b: labels, result: own, parts: 1, ...strong });
      };
      return [wants(0) ? times(x(1), bLabels, a) : undefined, wants(1) ? times(x(0), a, bLabels) : undefined];
    },
  },

  slice: same(({ axis, start }, { b }, v) => ({ part: v, axis, start, there: b })),

  pad: same((operation, { b, shape }, v) => b.slice(v, operation.axis, operation.before, at(shape(0), operation.axis))),

  concat: {
    tangent(operation, { b, shape }, tangents) {
      if (tangents.every((v) => v === undefined)) return undefined;
      return b.concat(
        operation.axis,
        tangents.map((v, i) => v ?? b.constantOf(0, shape(i))),
      );
    },
    cotangents(operation, { b, shape, operandCount }, v) {
      const parts: ValueId[] = [];
      let start = dimConstant(0);
      for (let i = 0; i < operandCount; i++) {
        const length = at(shape(i), operation.axis);
        parts.push(b.slice(v, operation.axis, start, length));
        start = addDims(start, length);
      }
      return parts;
    },
  },

  reshape: same((_operation, { b, shape }, v) => b.reshape(v, shape(0))),

  transpose: same((operation, { b }, v) =>
    b.transpose(
      v,
      operation.permutation.map((_, axis) => operation.permutation.indexOf(axis)),
    ),
  ),

  reverse: same((operation, { b }, v) => b.emit(operation, [v])),

  window: same(({ axis, stride, dilation }, { b, shape }, v) =>
    b.emit({ kind: "unwindow", axis, size: at(shape(0), axis), stride, dilation }, [v]),
  ),

  unwindow: same(({ axis, stride, dilation }, { b, shape }, v) => {
    const [length, size] = [at(shape(0), axis), at(shape(0), axis + 1)];
    return b.emit({ kind: "window", axis, length, size, stride, dilation }, [v]);
  }),

  gather: {
    tangent: (operation, { b, x }, [v]) => (v === undefined ? undefined : b.emit(operation, [v, x(1)])),
    cotangents: ({ along }, { b, x, shape }, v) => [
      b.emit({ kind: "scatter_add", along, size: at(shape(0), 0) }, [x(1), v]),
      undefined,
    ],
  },

  scatter_add: {
    tangent: (operation, { b, x }, [, v]) => (v === undefined ? undefined : b.emit(operation, [x(0), v])),
    cotangents: ({ along }, { b, x }, v) => [undefined, b.emit({ kind: "gather", along }, [v, x(0)])],
  },

  // Every example's term enters the sum with weight one, so each gets the whole cotangent, and what is shared gets it from each.
  batch_sum: {
    tangent: (operation, { b, x }, [v]) =>
      v === undefined ? undefined : b.emit(operation, [b.perExample(v, () => x(0))]),
    cotangents: (_operation, { b, x }, v) => [b.perExample(v, () => x(0))],
  },

  to_index: { tangent: () => undefined, cotangents: () => [undefined] },
};

/**
 * Where the extreme value stands, and how often along the reduced axes. Nowhere where it is the one that nothing is beyond: the
 * greatest of elements that are all -inf depends on none of them.
 */
function ties(
  { op, axes }: { op: string; axes: readonly number[] },
  site: Site,
): { isExtreme: ValueId; count: ValueId } {
  const { b, x, y, shape } = site;
  const none = b.constantOf(op === "max" ? -Infinity : Infinity, b.shapeOf(y()));
  const isAny = repeatOver(site, axes, b.map("ne", y(), none));
  const isExtreme = b.map("and", b.map("eq", x(0), repeatOver(site, axes, y())), isAny);
  const one = b.map("select", isExtreme, b.constantOf(1, shape(0)), b.constantOf(0, shape(0)));
  return { isExtreme, count: b.reduce("sum", one, axes) };
}

/** Repeats a reduced value along the reduced axes again. */
function repeatOver({ b, shape }: Site, axes: readonly number[], value: ValueId): ValueId {
  const kept = shape(0).flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  return b.broadcast(value, shape(0), kept);
}
