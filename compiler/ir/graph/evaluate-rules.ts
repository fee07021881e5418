/** What each operation computes on concrete tensors of one example: one row per kind, written for plainness. */
import { lookUp } from "../../base/at.js";
import { evaluateDim, type Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import { scalarValues } from "../ops/scalar-values.js";
import type { Operation, OperationKind } from "./graph-function.js";
import { elementCount, positionsOf, reductionOf, stridesOf, type Tensor, zeros } from "./tensor.js";

/** Sizes of the symbols for the example at hand. */
export type SymbolSizes = ReadonlyMap<string, number>;

/** Kinds that need more than one example's tensors are the driver's. */
export type LocalKind = Exclude<OperationKind, "batch_sum" | "scan">;

type EvaluationRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: readonly Tensor[],
  sizes: SymbolSizes,
) => Tensor;

export const evaluateRules: { readonly [K in LocalKind]: EvaluationRule<K> } = {
  constant: (operation) => scalar(operation.value),

  dimension: (operation, _operands, sizes) => scalar(evaluateDim(operation.dim, sizes)),

  iota: ({ length }, _operands, sizes) => {
    const result = zeros([evaluateDim(length, sizes)]);
    for (let i = 0; i < result.data.length; i++) result.data[i] = i;
    return result;
  },

  map: (operation, operands) => {
    const compute = scalarValues[operation.op];
    const [x, y = x, z = x] = [operand(operands, 0), operands[1], operands[2]];
    const result = zeros(x.shape);
    for (let i = 0; i < result.data.length; i++) result.data[i] = compute(at(x, i), at(y, i), at(z, i));
    return result;
  },

  broadcast: (operation, operands, sizes) => {
    const source = operand(operands, 0);
    const shape = concrete(operation.shape, sizes);
    const positions = planned(operation, [source.shape, shape], () => {
      const own = stridesOf(source.shape);
      return positionsOf(
        shape,
        operation.shape.map((_, axis) => own[operation.axes.indexOf(axis)] ?? 0),
      );
    });
    return taken(source, shape, positions);
  },

  reduce: (operation, operands) => {
    const source = operand(operands, 0);
    const { shape, targets } = planned(operation, [source.shape], () => reductionOf(source.shape, operation.axes));
    const result = zeros(shape);
    if (operation.op !== "sum") result.data.fill(operation.op === "max" ? -Infinity : Infinity);
    const combine = { sum: scalarValues.add, max: scalarValues.max, min: scalarValues.min }[operation.op];
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as number;
      result.data[target] = combine(at(result, target), at(source, i));
    }
    return result;
  },

  contract: (operation, operands) => {
    const [a, b] = [operand(operands, 0), operand(operands, 1)];
    const { shape, aBases, bBases, aTerms, bTerms } = planned(operation, [a.shape, b.shape], () =>
      contractionOf(operation, a.shape, b.shape),
    );
    const result = zeros(shape);
    for (let i = 0; i < result.data.length; i++) {
      const [aBase, bBase] = [aBases[i] as number, bBases[i] as number];
      let sum = 0;
      for (let k = 0; k < aTerms.length; k++) {
        const left = at(a, aBase + (aTerms[k] as number));
        if (operation.strong === true && left === 0) continue;
        sum += left * at(b, bBase + (bTerms[k] as number));
      }
      result.data[i] = sum;
    }
    return result;
  },

  slice: (operation, operands, sizes) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    const start = evaluateDim(operation.start, sizes);
    const shape = source.shape.map((n, axis) => (axis === operation.axis ? evaluateDim(operation.length, sizes) : n));
    return view(source, shape, strides, start * (strides[operation.axis] as number));
  },

  pad: (operation, operands, sizes) => {
    const source = operand(operands, 0);
    const before = evaluateDim(operation.before, sizes);
    const total = before + (source.shape[operation.axis] as number) + evaluateDim(operation.after, sizes);
    const result = zeros(withSize(source.shape, operation.axis, total));
    place(result, source, operation.axis, before);
    return result;
  },

  concat: (operation, operands) => {
    const total = operands.reduce((sum, part) => sum + (part.shape[operation.axis] as number), 0);
    const result = zeros(withSize(operand(operands, 0).shape, operation.axis, total));
    let start = 0;
    for (const part of operands) {
      place(result, part, operation.axis, start);
      start += part.shape[operation.axis] as number;
    }
    return result;
  },

  reshape: (operation, operands, sizes) => ({
    shape: concrete(operation.shape, sizes),
    data: operand(operands, 0).data,
  }),

  transpose: (operation, operands) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    const permuted = (values: readonly number[]) => operation.permutation.map((axis) => values[axis] as number);
    return view(source, permuted(source.shape), permuted(strides));
  },

  reverse: (operation, operands) => {
    const source = operand(operands, 0);
    const strides = stridesOf(source.shape);
    const stride = strides[operation.axis] as number;
    const last = (source.shape[operation.axis] as number) - 1;
    return view(source, source.shape, withSize(strides, operation.axis, -stride), last * stride);
  },

  window: ({ axis, length, size, ...steps }, operands, sizes) => {
    const source = operand(operands, 0);
    const counts = [evaluateDim(length, sizes), evaluateDim(size, sizes)];
    const shape = source.shape.flatMap((n, i) => (i === axis ? counts : [n]));
    return view(source, shape, windowStrides(source.shape, axis, steps, sizes));
  },

  unwindow: ({ axis, size, ...steps }, operands, sizes) => {
    const source = operand(operands, 0);
    const whole = evaluateDim(size, sizes);
    const result = zeros(source.shape.flatMap((n, i) => (i === axis ? [whole] : i === axis + 1 ? [] : [n])));
    const positions = positionsOf(source.shape, windowStrides(result.shape, axis, steps, sizes));
    for (const [i, position] of positions.entries()) result.data[position] = at(result, position) + at(source, i);
    return result;
  },

  gather: ({ along }, operands) => {
    const [table, index] = [operand(operands, 0), operand(operands, 1)];
    const inner = table.shape.slice(along + 1);
    const row = elementCount(inner);
    const rowAt = rowsOf(table.shape, index.shape, along);
    const result = zeros([...index.shape, ...inner]);
    for (const [i, position] of index.data.entries()) {
      const from = rowAt(i, position) * row;
      result.data.set(table.data.subarray(from, from + row), i * row);
    }
    return result;
  },

  scatter_add: ({ along, size }, operands, sizes) => {
    const [index, updates] = [operand(operands, 0), operand(operands, 1)];
    const inner = updates.shape.slice(index.shape.length);
    const row = elementCount(inner);
    const result = zeros([evaluateDim(size, sizes), ...index.shape.slice(0, along), ...inner]);
    const rowAt = rowsOf(result.shape, index.shape, along);
    for (const [i, position] of index.data.entries()) {
      const to = rowAt(i, position) * row;
      for (let j = 0; j < row; j++) result.data[to + j] = at(result, to + j) + at(updates, i * row + j);
    }
    return result;
  },

  to_index: (_operation, operands) => {
    const { shape, data } = operand(operands, 0);
    return { shape, data: data.map(Math.trunc) };
  },

  // Derivatives are no matter of values.
  custom_derivative: (_operation, operands) => operand(operands, 0),
};

/** Which row of a table belongs to the index that stands at `i`. */
function rowsOf(table: readonly number[], index: readonly number[], along: number) {
  const [beside, own] = [elementCount(table.slice(1, along + 1)), elementCount(index.slice(along))];
  return (i: number, position: number): number => position * beside + Math.floor(i / own);
}

/** Where a product finds what it adds up: what belongs to each element of the result, and from there each term. */
function contractionOf(
  operation: Extract<Operation, { kind: "contract" }>,
  a: readonly number[],
  b: readonly number[],
): Readonly<Record<"aBases" | "bBases" | "aTerms" | "bTerms", Int32Array>> & { readonly shape: readonly number[] } {
  const size = new Map<number, number>();
  for (const [axis, label] of operation.a.entries()) size.set(label, a[axis] as number);
  for (const [axis, label] of operation.b.entries()) size.set(label, b[axis] as number);
  const contracted = [...size.keys()].filter((label) => !operation.result.includes(label)).sort((x, y) => x - y);
  const sizesOf = (labels: readonly number[]) => labels.map((label) => lookUp(size, label));
  const positions = (labels: readonly number[], own: readonly number[], shape: readonly number[]) => {
    const strides = stridesOf(shape);
    return positionsOf(
      sizesOf(labels),
      labels.map((label) => strides[own.indexOf(label)] ?? 0),
    );
  };
  return {
    shape: sizesOf(operation.result),
    aBases: positions(operation.result, operation.a, a),
    bBases: positions(operation.result, operation.b, b),
    aTerms: positions(contracted, operation.a, a),
    bTerms: positions(contracted, operation.b, b),
  };
}

interface Plan {
  readonly shapes: readonly (readonly number[])[];
  readonly made: unknown;
}

const plans = new WeakMap<Operation, Plan>();

/** Bodies of loops, and functions whose derivatives are measured, are evaluated again and again at the same shapes: the last ones are kept. */
function planned<Made>(operation: Operation, shapes: Plan["shapes"], make: () => Made): Made {
  const known = plans.get(operation);
  if (known !== undefined && areSame(known.shapes, shapes)) return known.made as Made;
  const made = make();
  plans.set(operation, { shapes, made });
  return made;
}

function areSame(known: Plan["shapes"], shapes: Plan["shapes"]): boolean {
  for (let i = 0; i < shapes.length; i++) {
    const [own, other] = [known[i] as readonly number[], shapes[i] as readonly number[]];
    if (own.length !== other.length) return false;
    for (let axis = 0; axis < own.length; axis++) if (own[axis] !== other[axis]) return false;
  }
  return true;
}

export function concrete(shape: Shape | readonly Dim[], sizes: SymbolSizes): number[] {
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

function withSize(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((n, i) => (i === axis ? size : n));
}

/** From one window to the next, and from one element of a window to the next. */
function windowStrides(
  shape: readonly number[],
  axis: number,
  { stride, dilation }: { readonly stride: Dim; readonly dilation: Dim },
  sizes: SymbolSizes,
): number[] {
  const steps = [evaluateDim(stride, sizes), evaluateDim(dilation, sizes)];
  return stridesOf(shape).flatMap((own, i) => (i === axis ? steps.map((step) => step * own) : [own]));
}

/** What lies at the positions of these strides. */
function view(source: Tensor, shape: readonly number[], strides: readonly number[], start = 0): Tensor {
  return taken(source, shape, positionsOf(shape, strides, start));
}

function taken(source: Tensor, shape: readonly number[], positions: Int32Array): Tensor {
  const result = zeros(shape);
  for (let i = 0; i < positions.length; i++) result.data[i] = at(source, positions[i] as number);
  return result;
}

/** Copies `part` into `whole`, from `start` on along `axis`. */
function place(whole: Tensor, part: Tensor, axis: number, start: number): void {
  const strides = stridesOf(whole.shape);
  const positions = positionsOf(part.shape, strides, start * (strides[axis] as number));
  for (const [i, position] of positions.entries()) whole.data[position] = at(part, i);
}
