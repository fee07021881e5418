/** The element of a graph value at given indices, as a kernel expression inside a loop nest. */
import { at } from "../../base/at.js";
import { invariant, InvariantError } from "../../base/diagnostics/invariant.js";
import type { Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { addAffine, affineConstant, affineKey, scaleAffine, subtractAffine } from "../../ir/kernel/affine.js";
import type { Affine, KernelExpression } from "../../ir/kernel/kernel-program.js";
import { comparisonOps, logicalOps } from "../../ir/ops/scalar-ops.js";
import { type Dim, dimConstant } from "../../base/types/dim.js";
import { sizeOfShape } from "../../base/types/shape.js";
import type { Block } from "./block.js";
import { accessOf, reshapeGroups } from "./location.js";
import type { Nest } from "./nest.js";

type Indices = readonly Affine[];

export function elementOf(block: Block, id: ValueId, indices: Indices, nest: Nest): KernelExpression {
  const key = `${block.path}:${id}:${indices.map(affineKey).join(";")}`;
  let element = nest.memo.get(key);
  if (element === undefined) {
    element = computeElement(block, id, indices, nest);
    nest.memo.set(key, element);
  }
  return element;
}

/** The integer a value of dtype index holds. */
export function indexOf(block: Block, id: ValueId, indices: Indices, nest: Nest): Affine {
  const location = block.locate(id);
  if (location !== undefined) {
    return nest.defineIndex({ kind: "load", access: accessOf(location, indices, nest.example) }, "at");
  }
  const source = block.inputs.get(id);
  if (source?.kind === "alias") return indexOf(source.block, source.value, [...source.prefix, ...indices], nest);
  const formula = block.formulaOf(id);
  invariant(formula !== undefined, `index %${id} of ${block.path} is not there`);
  if (formula.operation.kind === "to_index") {
    const whole = block.locate(at(formula.operands, 0));
    invariant(whole !== undefined, `what index %${id} of ${block.path} is made of lies nowhere`);
    return nest.defineIndex({ kind: "whole", access: accessOf(whole, indices, nest.example) }, "at");
  }
  const moved = operandIndices(block, formula, indices, nest);
  if (moved === undefined) throw new InvariantError(`index %${id} of ${block.path} is no view`);
  return indexOf(block, at(formula.operands, 0), moved, nest);
}

function computeElement(block: Block, id: ValueId, indices: Indices, nest: Nest): KernelExpression {
  const type = block.typeOf(id);
  const dtype = type.dtype === "bool" ? "bool" : "real";
  const location = block.locate(id);
  if (location !== undefined) return { kind: "load", access: accessOf(location, indices, nest.example), dtype };
  const source = block.inputs.get(id);
  if (source?.kind === "alias") return elementOf(source.block, source.value, [...source.prefix, ...indices], nest);
  const formula = block.formulaOf(id);
  invariant(formula !== undefined, `value %${id} of ${block.path} is used before it is there`);
  const { operation, operands } = formula;
  switch (operation.kind) {
    case "constant":
      return { kind: "literal", value: operation.value, dtype };
    case "dimension":
      return { kind: "integer", value: nest.size(operation.dim) };
    case "iota":
      return { kind: "integer", value: at(indices, 0) };
    case "map": {
      const elements = operands.map((operand) => elementOf(block, operand, indices, nest));
      if (operation.op === "stop_gradient") return at(elements, 0);
      const truth = comparisonOps.has(operation.op) || logicalOps.has(operation.op) || dtype === "bool";
      return { kind: "operation", op: operation.op, operands: elements, dtype: truth ? "bool" : "real" };
    }
    case "contract": {
      // Without contracted axes (those are works) it is an elementwise product.
      const indicesOf = (labels: readonly number[]) =>
        labels.map((label) => at(indices, operation.result.indexOf(label)));
      const left = elementOf(block, at(operands, 0), indicesOf(operation.a), nest);
      const right = elementOf(block, at(operands, 1), indicesOf(operation.b), nest);
      return { kind: "operation", op: "mul", operands: [left, right], dtype: "real" };
    }
    case "concat":
      return concatElement(block, formula, indices, nest);
    case "pad":
      return padElement(block, formula, indices, nest);
    default: {
      const moved = operandIndices(block, formula, indices, nest);
      if (moved === undefined) throw new InvariantError(`${operation.kind} %${id} of ${block.path} is no formula`);
      return elementOf(block, at(operands, 0), moved, nest);
    }
  }
}

/** Indices of the first operand under an operation that only moves elements. */
function operandIndices(
  block: Block,
  { operation, operands }: Instruction,
  indices: Indices,
  nest: Nest,
): Indices | undefined {
  const shape = operands[0] === undefined ? [] : block.typeOf(operands[0]).shape;
  switch (operation.kind) {
    case "custom_derivative":
      return indices;
    case "broadcast":
      return operation.axes.map((axis) => at(indices, axis));
    case "slice":
      return replace(indices, operation.axis, (index) => addAffine(index, nest.size(operation.start)));
    case "transpose":
      return shape.map((_, axis) => at(indices, operation.permutation.indexOf(axis)));
    case "reverse": {
      const last = addAffine(nest.size(at(shape, operation.axis)), affineConstant(-1));
      return replace(indices, operation.axis, (index) => subtractAffine(last, index));
    }
    case "window": {
      const { axis, stride, dilation } = operation;
      const [window, place] = [at(indices, axis), at(indices, axis + 1)];
      const index = addAffine(scaleAffine(window, stride), scaleAffine(place, dilation));
      return [...indices.slice(0, axis), index, ...indices.slice(axis + 2)];
    }
    case "gather": {
      const index = at(operands, 1);
      const rank = block.typeOf(index).shape.length;
      const own = indexOf(block, index, indices.slice(0, rank), nest);
      return [own, ...indices.slice(0, operation.along), ...indices.slice(rank)];
    }
    case "reshape":
      return reshapedIndices(shape, operation.shape, indices, nest);
    default:
      return undefined;
  }
}

function reshapedIndices(from: readonly Dim[], to: readonly Dim[], indices: Indices, nest: Nest): Indices {
  const result: Affine[] = from.map(() => affineConstant(0));
  for (const group of reshapeGroups(from, to)) {
    let flat: Affine = affineConstant(0);
    for (const axis of group.to) flat = addAffine(nest.multiply(flat, at(to, axis)), at(indices, axis));
    for (const [n, axis] of group.from.entries()) {
      const inner = sizeOfShape(group.from.slice(n + 1).map((other) => at(from, other)));
      const quotient = n === group.from.length - 1 ? flat : nest.divide(flat, inner);
      result[axis] = n === 0 ? quotient : nest.remainder(quotient, at(from, axis));
    }
  }
  return result;
}

function concatElement(
  block: Block,
  { operation, operands }: Instruction,
  indices: Indices,
  nest: Nest,
): KernelExpression {
  invariant(operation.kind === "concat", "a concat");
  const { axis } = operation;
  const build = (position: number, start: Affine): KernelExpression => {
    const operand = at(operands, position);
    const own = elementOf(
      block,
      operand,
      replace(indices, axis, (index) => subtractAffine(index, start)),
      nest,
    );
    if (position === operands.length - 1) return own;
    const end = addAffine(start, nest.size(at(block.typeOf(operand).shape, axis)));
    const otherwise = build(position + 1, end);
    const dtype = block.typeOf(operand).dtype === "bool" ? "bool" : "real";
    return { kind: "choice", left: at(indices, axis), right: end, below: own, otherwise, dtype };
  };
  return build(0, affineConstant(0));
}

function padElement(
  block: Block,
  { operation, operands }: Instruction,
  indices: Indices,
  nest: Nest,
): KernelExpression {
  invariant(operation.kind === "pad", "a pad");
  const operand = at(operands, 0);
  const index = at(indices, operation.axis);
  const before = nest.size(operation.before);
  const end = addAffine(before, nest.size(at(block.typeOf(operand).shape, operation.axis)));
  const zero: KernelExpression = { kind: "literal", value: 0, dtype: "real" };
  const own = elementOf(
    block,
    operand,
    replace(indices, operation.axis, (i) => subtractAffine(i, before)),
    nest,
  );
  const upper: KernelExpression =
    operation.after.terms.length === 0
      ? own
      : { kind: "choice", left: index, right: end, below: own, otherwise: zero, dtype: "real" };
  if (operation.before.key === dimConstant(0).key) return upper;
  return { kind: "choice", left: index, right: before, below: zero, otherwise: upper, dtype: "real" };
}

function replace(indices: Indices, axis: number, change: (index: Affine) => Affine): Indices {
  return indices.map((index, i) => (i === axis ? change(index) : index));
}
