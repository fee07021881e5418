/** What each operation computes on concrete tensors of one example: one row per kind, written for plainness. */
import { evaluateDim, type Dim } from "../../types/dim.js";
import type { Shape } from "../../types/shape.js";
import { scalarValues } from "../../ops/scalar-values.js";
import type { Operation, OperationKind } from "./types.js";
import { elementCount, forEachIndex, stridesOf, type Tensor, zeros } from "./tensor.js";

/** Sizes of the symbols for the example at hand. */
export type Sizes = ReadonlyMap<string, number>;

/** Kinds that need more than one example's tensors are the driver's. */
export type LocalKind = Exclude<OperationKind, "batch_sum" | "scan">;

type Rule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: readonly Tensor[],
  sizes: Sizes,
) => Tensor;

export const evaluateRules: { readonly [K in LocalKind]: Rule<K> } = {
  constant: (operation) => scalar(operation.value),

  dimension: (operation, _operands, sizes) => scalar(evaluateDim(operation.dim, sizes)),

  map: (operation, operands) => {
    const compute = scalarValues[operation.op];
    const result = zeros(operand(operands, 0).shape);
    for (let i = 0; i < result.data.length; i++) {
      result.data[i] = compute(...operands.map((tensor) => tensor.data[i] as number));
    }
    return result;
  },

  broadcast: (operation, operands, sizes) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    return fill(concrete(operation.shape, sizes), (index) =>
      at(
        source,
        operation.axes.reduce((sum, axis, i) => sum + (index[axis] as number) * (strides[i] as number), 0),
      ),
    );
  },

  reduce: (operation, operands) => {
    const source = operand(operands, 0);
    const kept = source.shape.map((_, axis) => axis).filter((axis) => !operation.axes.includes(axis));
    const result = zeros(kept.map((axis) => source.shape[axis] as number));
    if (operation.op !== "sum") result.data.fill(operation.op === "max" ? -Infinity : Infinity);
    const combine = { sum: scalarValues.add, max: scalarValues.max, min: scalarValues.min }[operation.op];
    const strides = stridesOf(result.shape);
    forEachIndex(source.shape, (index, position) => {
      const target = kept.reduce((sum, axis, i) => sum + (index[axis] as number) * (strides[i] as number), 0);
      result.data[target] = combine(at(result, target), at(source, position));
    });
    return result;
  },

  contract: (operation, operands) => {
    const [a, b] = [operand(operands, 0), operand(operands, 1)];
    const size = new Map<number, number>();
    for (const [axis, label] of operation.a.entries()) size.set(label, a.shape[axis] as number);
    for (const [axis, label] of operation.b.entries()) size.set(label, b.shape[axis] as number);
    const contracted = [...size.keys()].filter((label) => !operation.result.includes(label)).sort((x, y) => x - y);
    const strideOf = (labels: readonly number[], tensor: Tensor) => {
      const strides = stridesOf(tensor.shape);
      return new Map(labels.map((label, axis) => [label, strides[axis] as number]));
    };
    const [aStride, bStride] = [strideOf(operation.a, a), strideOf(operation.b, b)];
    const offset = (labels: readonly number[], index: readonly number[], strides: ReadonlyMap<number, number>) =>
      labels.reduce((sum, label, i) => sum + (index[i] as number) * (strides.get(label) ?? 0), 0);
    const sizesOf = (labels: readonly number[]) => labels.map((label) => size.get(label) as number);
    return fill(sizesOf(operation.result), (index) => {
      const [aBase, bBase] = [offset(operation.result, index, aStride), offset(operation.result, index, bStride)];
      let sum = 0;
      forEachIndex(sizesOf(contracted), (inner) => {
        const left = at(a, aBase + offset(contracted, inner, aStride));
        if (operation.strong === true && left === 0) return;
        sum += left * at(b, bBase + offset(contracted, inner, bStride));
      });
      return sum;
    });
  },

  slice: (operation, operands, sizes) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    const start = evaluateDim(operation.start, sizes);
    const shape = source.shape.map((n, axis) => (axis === operation.axis ? evaluateDim(operation.length, sizes) : n));
    return fill(shape, (index) => at(source, offsetOf(index, strides) + start * (strides[operation.axis] as number)));
  },

  pad: (operation, operands, sizes) => {
    const source = operand(operands, 0);
    const before = evaluateDim(operation.before, sizes);
    const size = source.shape[operation.axis] as number;
    const total = before + size + evaluateDim(operation.after, sizes);
    const strides = stridesOf(source.shape);
    return fill(
      source.shape.map((n, axis) => (axis === operation.axis ? total : n)),
      (index) => {
        const position = (index[operation.axis] as number) - before;
        if (position < 0 || position >= size) return 0;
        return at(source, offsetOf(index, strides) - before * (strides[operation.axis] as number));
      },
    );
  },

  concat: (operation, operands) => {
    const first = operand(operands, 0);
    const total = operands.reduce((sum, part) => sum + (part.shape[operation.axis] as number), 0);
    return fill(
      first.shape.map((n, axis) => (axis === operation.axis ? total : n)),
      (index) => {
        let position = index[operation.axis] as number;
        for (const part of operands) {
          const size = part.shape[operation.axis] as number;
          if (position < size) {
            const inner = index.map((i, axis) => (axis === operation.axis ? position : i));
            return at(part, offsetOf(inner, stridesOf(part.shape)));
          }
          position -= size;
        }
        return NaN;
      },
    );
  },

  reshape: (operation, operands, sizes) => ({
    shape: concrete(operation.shape, sizes),
    data: operand(operands, 0).data,
  }),

  transpose: (operation, operands) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    return fill(
      operation.permutation.map((axis) => source.shape[axis] as number),
      (index) =>
        at(
          source,
          operation.permutation.reduce((sum, axis, i) => sum + (index[i] as number) * (strides[axis] as number), 0),
        ),
    );
  },

  reverse: (operation, operands) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    const last = (source.shape[operation.axis] as number) - 1;
    return fill(source.shape, (index) =>
      at(
        source,
        offsetOf(index, strides) + (last - 2 * (index[operation.axis] as number)) * (strides[operation.axis] as number),
      ),
    );
  },

  gather: (_operation, operands) => {
    const [table, index] = [operand(operands, 0), operand(operands, 1)];
    const row = elementCount(table.shape.slice(1));
    const result = zeros([...index.shape, ...table.shape.slice(1)]);
    for (const [i, position] of index.data.entries()) {
      result.data.set(table.data.subarray(position * row, (position + 1) * row), i * row);
    }
    return result;
  },

  scatter_add: (operation, operands, sizes) => {
    const [index, updates] = [operand(operands, 0), operand(operands, 1)];
    const inner = updates.shape.slice(index.shape.length);
    const row = elementCount(inner);
    const result = zeros([evaluateDim(operation.size, sizes), ...inner]);
    for (const [i, position] of index.data.entries()) {
      for (let j = 0; j < row; j++) {
        result.data[position * row + j] = at(result, position * row + j) + at(updates, i * row + j);
      }
    }
    return result;
  },

  // Derivatives are no matter of values.
  custom_derivative: (_operation, operands) => operand(operands, 0),
};

export function concrete(shape: Shape | readonly Dim[], sizes: Sizes): number[] {
  return shape.map((dim) => evaluateDim(dim, sizes));
}

function scalar(value: number): Tensor {
  return { shape: [], data: Float64Array.of(value) };
}

function operand(operands: readonly Tensor[], position: number): Tensor {
  const tensor = operands[position];
  if (tensor === undefined) throw new RangeError(`operand ${position} is missing`);
  return tensor;
}

function at(tensor: Tensor, position: number): number {
  return tensor.data[position] as number;
}

function offsetOf(index: readonly number[], strides: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * (strides[axis] as number), 0);
}

function fill(shape: readonly number[], compute: (index: readonly number[]) => number): Tensor {
  const result = zeros(shape);
  forEachIndex(shape, (index, position) => {
    result.data[position] = compute(index);
  });
  return result;
}
