/** Reductions, and what keeps its shape along the axes that one is over. */
import { at } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { NormalizationName, ReductionName } from "../../language/semantics/builtins.js";
import { constantOf, dimConstant, multiplyDims, subtractDims } from "../../base/types/dim.js";

type OverAxes = readonly number[];

/** `axes` are in increasing order. */
export function reduceAlong(
  builder: GraphBuilder,
  operation: ReductionName,
  operand: ValueId,
  axes: OverAxes,
): ValueId {
  switch (operation) {
    case "sum":
    case "max":
    case "min":
      return builder.reduce(operation, operand, axes);
    case "any":
      return holds(builder, "max", operand, axes);
    case "all":
      return holds(builder, "min", operand, axes);
    case "prod":
      return [...axes].reverse().reduce((value, axis) => product(builder, value, axis), operand);
    case "mean":
      return mean(builder, operand, axes);
    case "norm":
      return builder.map("sqrt", builder.reduce("sum", builder.map("mul", operand, operand), axes));
    case "var":
      return variance(builder, operand, axes);
    case "std":
      return builder.map("sqrt", variance(builder, operand, axes));
    case "logsumexp": {
      const { greatest, log } = logSumExp(builder, operand, axes);
      return builder.map("add", greatest, log);
    }
  }
}

function holds(builder: GraphBuilder, op: "max" | "min", operand: ValueId, axes: OverAxes): ValueId {
  const shape = builder.shapeOf(operand);
  const ones = builder.map("select", operand, builder.constantOf(1, shape), builder.constantOf(0, shape));
  const found = builder.reduce(op, ones, axes);
  return builder.map("lt", builder.constantOf(0, builder.shapeOf(found)), found);
}

/** An axis without a size, which nobody computes with, is taken to be no longer than this. */
const openLength = 2 ** 16;

/** By halves, so that it is made of products whose derivatives are exact where factors are 0, too. */
function product(builder: GraphBuilder, operand: ValueId, axis: number): ValueId {
  const shape = builder.shapeOf(operand);
  const rest = shape.filter((_, i) => i !== axis);
  const size = constantOf(at(shape, axis));
  let value = size === undefined ? withOnes(builder, operand, axis) : operand;
  let left: ValueId | undefined;
  let count = size ?? openLength;
  const part = (start: number, length: number): ValueId =>
    builder.slice(value, axis, dimConstant(start), dimConstant(length));
  while (count > 1) {
    const half = Math.floor(count / 2);
    if (count % 2 === 1) {
      const last = builder.reshape(part(count - 1, 1), rest);
      left = left === undefined ? last : builder.map("mul", last, left);
    }
    value = builder.map("mul", part(0, half), part(half, half));
    count = half;
  }
  if (count === 0) return builder.constantOf(1, rest);
  const first = builder.reshape(value, rest);
  return left === undefined ? first : builder.map("mul", first, left);
}

function withOnes(builder: GraphBuilder, operand: ValueId, axis: number): ValueId {
  const one = (value: ValueId): ValueId => builder.constantOf(1, builder.shapeOf(value));
  const less = builder.map("sub", operand, one(operand));
  const after = subtractDims(dimConstant(openLength), at(builder.shapeOf(operand), axis));
  const longer = builder.emit({ kind: "pad", axis, before: dimConstant(0), after }, [less]);
  return builder.map("add", longer, one(longer));
}

function mean(builder: GraphBuilder, operand: ValueId, axes: OverAxes): ValueId {
  const sum = builder.reduce("sum", operand, axes);
  const shape = builder.shapeOf(operand);
  const count = axes.map((axis) => at(shape, axis)).reduce((product, size) => multiplyDims(product, size));
  const constant = constantOf(count);
  const divisor = constant === undefined ? builder.dimension(count) : builder.constant(constant);
  return builder.map("div", sum, builder.fill(divisor, builder.shapeOf(sum)));
}

function variance(builder: GraphBuilder, operand: ValueId, axes: OverAxes): ValueId {
  const deviation = builder.map("sub", operand, along(builder, mean(builder, operand, axes), operand, axes));
  return mean(builder, builder.map("mul", deviation, deviation), axes);
}

interface LogSum {
  readonly greatest: ValueId;
  /** The operand without it, unless it is infinite, in the shape of the operand. */
  readonly shifted: ValueId;
  /** The logarithm of the sum of its powers. */
  readonly log: ValueId;
}

/** The greatest element, which keeps exponentials in range and falls out of the result. */
function shiftOf(builder: GraphBuilder, operand: ValueId, axes: OverAxes): ValueId {
  const greatest = builder.reduce("max", operand, axes);
  return builder.emit({ kind: "map", op: "stop_gradient", exact: true }, [greatest]);
}

/**
 * The parts of a logsumexp, which is `greatest + log`; beside a large element the logarithm would be rounded away. inf anywhere
 * gives inf. -inf everywhere gives -inf, and the sum is then replaced, as nothing depends on it: the logarithm of 0 has an
 * infinite derivative.
 */
function logSumExp(builder: GraphBuilder, operand: ValueId, axes: OverAxes): LogSum {
  const greatest = shiftOf(builder, operand, axes);
  const shape = builder.shapeOf(greatest);
  const zero = builder.constantOf(0, shape);
  const isNone = builder.map("eq", greatest, builder.constantOf(-Infinity, shape));
  // No difference of infinities, which is no number: nobody could tell how far that is from any other.
  const isBelow = builder.map("lt", greatest, builder.constantOf(Infinity, shape));
  const shift = builder.map("select", isNone, zero, builder.map("select", isBelow, greatest, zero));
  const shifted = builder.map("sub", operand, along(builder, shift, operand, axes));
  const powers = builder.reduce("sum", builder.map("exp", shifted), axes);
  const sum = builder.map("select", isNone, builder.constantOf(1, shape), powers);
  return { greatest, shifted, log: builder.map("log", sum) };
}

/** `softmax` and `log_softmax`. */
export function normalize(
  builder: GraphBuilder,
  operation: NormalizationName,
  operand: ValueId,
  axes: OverAxes,
): ValueId {
  if (operation === "log_softmax") {
    const { shifted, log } = logSumExp(builder, operand, axes);
    return builder.map("sub", shifted, along(builder, log, operand, axes));
  }
  const greatest = shiftOf(builder, operand, axes);
  const shape = builder.shapeOf(greatest);
  // -inf everywhere: nothing has a share, and the shares do not depend on the elements.
  const isNone = builder.map("eq", greatest, builder.constantOf(-Infinity, shape));
  const shift = builder.map("select", isNone, builder.constantOf(0, shape), greatest);
  const powers = builder.map("exp", builder.map("sub", operand, along(builder, shift, operand, axes)));
  const sum = builder.map("select", isNone, builder.constantOf(1, shape), builder.reduce("sum", powers, axes));
  return builder.map("div", powers, along(builder, sum, operand, axes));
}

/** Repeats what a reduction over `axes` gave to the shape of `like`. */
function along(builder: GraphBuilder, value: ValueId, like: ValueId, axes: OverAxes): ValueId {
  const shape = builder.shapeOf(like);
  const others = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return builder.broadcast(value, shape, others);
}
