/** Where a materialised value lies: a strided view of a buffer. Views (slice, transpose …) are arithmetic on it. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { at } from "../../base/at.js";
import { addAffine, affineConstant, affineKey, affineVariable, scaleAffine, ZERO } from "../../ir/kernel/affine.js";
import type { Access, Affine, ElementType } from "../../ir/kernel/kernel-program.js";
import {
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  multiplyDims,
  subtractDims,
  symbolsOf,
} from "../../base/types/dim.js";
import { type Shape, sizeOfShape } from "../../base/types/shape.js";

export interface BufferLocation {
  readonly buffer: string;
  readonly dtype: ElementType;
  /** From one example to the next; undefined where all examples share the elements. */
  readonly exampleStride: Dim | undefined;
  readonly offset: Affine;
  /** One for each axis. */
  readonly strides: readonly Dim[];
}

/** Row-major from the start of a buffer; `[B, …shape]` where each example has its own. */
export function denseLocation(buffer: string, dtype: ElementType, shape: Shape, perExample: boolean): BufferLocation {
  return {
    buffer,
    dtype,
    exampleStride: perExample ? sizeOfShape(shape) : undefined,
    offset: affineConstant(0),
    strides: denseStrides(shape),
  };
}

function denseStrides(shape: Shape): Dim[] {
  return shape.map((_, axis) => sizeOfShape(shape.slice(axis + 1)));
}

/** Whether the examples and axes of `shape` follow each other without gaps, from the start of the buffer. */
export function isDense(location: BufferLocation, shape: Shape): boolean {
  const dense = denseLocation(location.buffer, location.dtype, shape, true);
  return (
    affineKey(location.offset) === affineKey(dense.offset) &&
    location.exampleStride?.key === dense.exampleStride?.key &&
    location.strides.every((stride, axis) => stride.key === dense.strides[axis]?.key)
  );
}

export function accessOf(location: BufferLocation, indices: readonly Affine[], example: string | undefined): Access {
  let offset = location.offset;
  if (location.exampleStride !== undefined) {
    invariant(example !== undefined, `no example at hand for ${location.buffer}`);
    offset = addAffine(offset, scaleAffine(affineVariable(example), location.exampleStride));
  }
  for (const [axis, index] of indices.entries()) {
    offset = addAffine(offset, scaleAffine(index, at(location.strides, axis)));
  }
  return { buffer: location.buffer, offset };
}

/** Fixes the leading axes at `indices`. */
export function fixLeading(location: BufferLocation, indices: readonly Affine[]): BufferLocation {
  let offset = location.offset;
  for (const [axis, index] of indices.entries()) {
    offset = addAffine(offset, scaleAffine(index, at(location.strides, axis)));
  }
  return { ...location, offset, strides: location.strides.slice(indices.length) };
}

export function sliceLocation(location: BufferLocation, axis: number, start: Dim): BufferLocation {
  const shift = multiplyDims(start, at(location.strides, axis));
  return { ...location, offset: addAffine(location.offset, affineConstant(shift)) };
}

export function transposeLocation(location: BufferLocation, permutation: readonly number[]): BufferLocation {
  return { ...location, strides: permutation.map((axis) => at(location.strides, axis)) };
}

export function broadcastLocation(location: BufferLocation, rank: number, axes: readonly number[]): BufferLocation {
  const strides = new Array<Dim>(rank).fill(ZERO);
  for (const [i, axis] of axes.entries()) strides[axis] = at(location.strides, i);
  return { ...location, strides };
}

/** `size` is the axis's size, the same for all examples. */
export function reverseLocation(location: BufferLocation, axis: number, size: Dim): BufferLocation {
  const stride = at(location.strides, axis);
  const last = multiplyDims(subtractDims(size, dimConstant(1)), stride);
  return {
    ...location,
    offset: addAffine(location.offset, affineConstant(last)),
    strides: location.strides.map((s, i) => (i === axis ? multiplyDims(s, dimConstant(-1)) : s)),
  };
}

/** From one window to the next, and within one. */
export function windowLocation(location: BufferLocation, axis: number, stride: Dim, dilation: Dim): BufferLocation {
  const own = at(location.strides, axis);
  const two = [multiplyDims(own, stride), multiplyDims(own, dilation)];
  return { ...location, strides: location.strides.flatMap((s, i) => (i === axis ? two : [s])) };
}

/** A run of axes of the operand of a reshape with as many elements as a run of axes of its result. */
interface ReshapeGroup {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Splits a reshape into its smallest independent groups of axes. */
export function reshapeGroups(from: Shape, to: Shape): ReshapeGroup[] {
  const prefix = (shape: Shape) => shape.map((_, axis) => sizeOfShape(shape.slice(0, axis + 1)).key);
  const [a, b] = [prefix(from), prefix(to)];
  const groups: ReshapeGroup[] = [];
  let [i, j] = [0, 0];
  const range = (start: number, end: number) => Array.from({ length: end - start }, (_, n) => start + n);
  for (let end = 0; end < from.length; end++) {
    const match = b.indexOf(at(a, end), j);
    const last = end === from.length - 1;
    if (match < 0 && !last) continue;
    const stop = last ? to.length : match + 1;
    groups.push({ from: range(i, end + 1), to: range(j, stop) });
    [i, j] = [end + 1, stop];
  }
  if (from.length === 0) groups.push({ from: [], to: range(0, to.length) });
  return groups;
}

/** The location of the reshaped value, where its elements lie at regular strides. */
export function reshapeLocation(
  location: BufferLocation,
  from: Shape,
  to: Shape,
  perExampleSymbols: ReadonlySet<string>,
): BufferLocation | undefined {
  const strides: Dim[] = new Array<Dim>(to.length).fill(ZERO);
  const fixed = (dim: Dim) => !symbolsOf(dim).some((symbol) => perExampleSymbols.has(symbol));
  for (const group of reshapeGroups(from, to)) {
    // Where an axis has one element only, its stride says nothing.
    const moving = group.from.filter((axis) => constantOf(at(from, axis)) !== 1);
    const inner = moving.at(-1) ?? group.from.at(-1);
    if (inner === undefined) continue;
    // Merging axes needs them dense among themselves; only the outermost may differ from example to example.
    for (let n = moving.length - 1; n > 0; n--) {
      const [outer, axis] = [at(moving, n - 1), at(moving, n)];
      const size = at(from, axis);
      const dense = multiplyDims(at(location.strides, axis), size);
      if (!fixed(size) || !equalDims(at(location.strides, outer), dense)) return undefined;
    }
    let stride = at(location.strides, inner);
    for (let n = group.to.length - 1; n >= 0; n--) {
      const axis = at(group.to, n);
      strides[axis] = stride;
      if (n > 0 && !fixed(at(to, axis))) return undefined;
      stride = multiplyDims(stride, at(to, axis));
    }
  }
  return { ...location, strides };
}
