/** A dense row-major float64 tensor: what the evaluator computes on. Indices and truth values are numbers too. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function tensor(shape: readonly number[], data: ArrayLike<number>): Tensor {
  const size = elementCount(shape);
  if (data.length !== size)
    throw new RangeError(`shape [${shape.join(", ")}] holds ${size} numbers, got ${data.length}`);
  return { shape, data: Float64Array.from(data) };
}

export function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float64Array(elementCount(shape)) };
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** Where a reduction over `axes` puts each element of `shape`: the shape of its result, and positions in that. */
export function reductionOf(
  shape: readonly number[],
  axes: readonly number[],
): { readonly shape: number[]; readonly targets: Int32Array } {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const result = kept.map((axis) => shape[axis] as number);
  const strides = stridesOf(result);
  const along = shape.map((_, axis) => strides[kept.indexOf(axis)] ?? 0);
  return { shape: result, targets: positionsOf(shape, along) };
}

/** The index of a position in row-major order. */
export function indexAt(shape: readonly number[], position: number): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(position / stride) % (shape[axis] as number));
}

/** `start + Σ index · stride` for every index of `shape`, in row-major order. */
export function positionsOf(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const positions = new Int32Array(elementCount(shape)).fill(start);
  // From the last axis: what is found repeats along the axis before, each time a stride further.
  let found = Math.min(1, positions.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const end = found * (shape[axis] as number);
    for (let i = found; i < end; i++) positions[i] = (positions[i - found] as number) + (strides[axis] as number);
    found = end;
  }
  return positions;
}
