/**
 * The type of an operation's results from the types of its operands: one row per operation kind. A rule returns a
 * sentence where the operands do not fit, so that the builder can refuse and the verifier can report.
 */
import type { Operation, OperationKind, ValueType } from "./graph-function.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  multiplyDims,
  printDim,
  subtractDims,
  symbolsOf,
} from "../../base/types/dim.js";
import { equalShapes, printShape, sizeOfShape, type Shape } from "../../base/types/shape.js";
import { type SizedAxis, symbolsOfSequences } from "../../base/types/call-axes.js";
import { isCarried, operandKind, whyNoLayout } from "./scan.js";
import { typeOf } from "./values.js";
import { at } from "../../base/at.js";
import { comparisonOps, logicalOps, scalarArity } from "../ops/scalar-ops.js";

type ShapeRuleResult = readonly ValueType[] | string;

/** What is known of the symbols of sizes that calls give. */
export interface ShapeContext {
  /** Those that differ from example to example: `%T` and `S`, not dimensions that a compilation gives. */
  readonly perExampleSymbols: ReadonlySet<string>;
  /** Those of them that sequences have. */
  readonly sequences: ReadonlySet<string>;
}

type ResultTypeRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: readonly ValueType[],
  context: ShapeContext,
) => ShapeRuleResult;

export const shapeRules: { readonly [K in OperationKind]: ResultTypeRule<K> } = {
  constant: (operation) => [{ dtype: operation.dtype, shape: [], shared: true }],

  dimension: (operation, _operands, context) => [
    { dtype: "real", shape: [], shared: symbolsOf(operation.dim).every((s) => !context.perExampleSymbols.has(s)) },
  ],

  iota: ({ length }, _operands, context) => [
    { dtype: "real", shape: [length], shared: symbolsOf(length).every((s) => !context.perExampleSymbols.has(s)) },
  ],

  map: (operation, operands) => {
    const arity = scalarArity[operation.op];
    const first = operands[0];
    if (first === undefined || operands.length !== arity) return `${operation.op} takes ${arity} operands`;
    for (const operand of operands) {
      if (!equalShapes(operand.shape, first.shape)) {
        return `${operation.op} of shapes ${operands.map((o) => printShape(o.shape)).join(" and ")}`;
      }
    }
    const dtypes = operands.map((operand) => operand.dtype);
    const expected = dtypes.map((_, position) =>
      logicalOps.has(operation.op) || (operation.op === "select" && position === 0) ? "bool" : "real",
    );
    const selectsBool = operation.op === "select" && dtypes[1] === "bool" && dtypes[2] === "bool";
    if (!selectsBool && dtypes.some((dtype, i) => dtype !== expected[i])) {
      return `${operation.op} of ${dtypes.join(", ")}, expected ${expected.join(", ")}`;
    }
    const dtype = selectsBool || comparisonOps.has(operation.op) || logicalOps.has(operation.op) ? "bool" : "real";
    return [{ dtype, shape: first.shape, shared: allShared(operands) }];
  },

  broadcast: (operation, operands) => {
    const [operand] = operands;
    if (operand === undefined || operand.shape.length !== operation.axes.length) return "broadcast axes do not match";
    for (const [i, axis] of operation.axes.entries()) {
      const target = operation.shape[axis];
      if (target === undefined || (i > 0 && axis <= at(operation.axes, i - 1))) return "broadcast axes order";
      if (!equalDims(target, at(operand.shape, i)))
        return `broadcast of ${printShape(operand.shape)} to ${printShape(operation.shape)}`;
    }
    return [{ ...operand, shape: operation.shape }];
  },

  reduce: (operation, operands) => {
    const [operand] = operands;
    if (operand?.dtype !== "real") return "reduce takes a real";
    if (
      operation.axes.some((axis, i) => axis >= operand.shape.length || (i > 0 && axis <= at(operation.axes, i - 1)))
    ) {
      return `reduce over axes ${operation.axes.join(", ")} of ${printShape(operand.shape)}`;
    }
    return [{ ...operand, shape: operand.shape.filter((_, axis) => !operation.axes.includes(axis)) }];
  },

  contract: (operation, operands) => {
    const [a, b] = operands;
    if (a?.dtype !== "real" || b?.dtype !== "real") return "contract takes two reals";
    if (a.shape.length !== operation.a.length || b.shape.length !== operation.b.length)
      return "contract labels do not match the ranks";
    if (![1, 4].includes(operation.parts)) return `contract in ${operation.parts} parts: it has 1 or 4`;
    const sizes = new Map<number, Dim>();
    for (const [labels, shape] of [
      [operation.a, a.shape],
      [operation.b, b.shape],
    ] as const) {
      if (new Set(labels).size !== labels.length) return "contract label twice in one operand";
      for (const [axis, label] of labels.entries()) {
        const size = at(shape, axis);
        const known = sizes.get(label);
        if (known !== undefined && !equalDims(known, size))
          return `contract of ${printDim(known)} with ${printDim(size)}`;
        sizes.set(label, size);
      }
    }
    const shape: Dim[] = [];
    if (new Set(operation.result).size !== operation.result.length) return "contract label twice in the result";
    for (const label of operation.result) {
      const size = sizes.get(label);
      if (size === undefined) return `contract label ${label} of the result is in no operand`;
      shape.push(size);
    }
    for (const label of sizes.keys()) {
      const inBoth = operation.a.includes(label) && operation.b.includes(label);
      if (!inBoth && !operation.result.includes(label))
        return `contract label ${label} is summed but in one operand only`;
    }
    return [{ dtype: "real", shape, shared: a.shared && b.shared }];
  },

  slice: (operation, operands) => {
    const [operand] = operands;
    if (operand === undefined || operation.axis >= operand.shape.length) return "slice axis";
    return [{ ...operand, shape: replaceAxis(operand.shape, operation.axis, operation.length) }];
  },

  pad: (operation, operands) => {
    const [operand] = operands;
    const size = operand?.shape[operation.axis];
    if (operand?.dtype !== "real" || size === undefined) return "pad axis";
    const padded = addDims(addDims(operation.before, size), operation.after);
    return [{ ...operand, shape: replaceAxis(operand.shape, operation.axis, padded) }];
  },

  concat: (operation, operands) => {
    const [first] = operands;
    if (first === undefined || operation.axis >= first.shape.length) return "concat axis";
    let total: Dim | undefined;
    for (const operand of operands) {
      const size = operand.shape[operation.axis];
      if (size === undefined || operand.dtype !== first.dtype || operand.shape.length !== first.shape.length)
        return "concat of different kinds";
      if (
        !equalShapes(replaceAxis(operand.shape, operation.axis, size), replaceAxis(first.shape, operation.axis, size))
      ) {
        return `concat of ${printShape(first.shape)} and ${printShape(operand.shape)} along axis ${operation.axis}`;
      }
      total = total === undefined ? size : addDims(total, size);
    }
    return [
      {
        dtype: first.dtype,
        shape: replaceAxis(first.shape, operation.axis, total as Dim),
        shared: allShared(operands),
      },
    ];
  },

  reshape: (operation, operands) => {
    const [operand] = operands;
    if (operand === undefined || !equalDims(sizeOfShape(operand.shape), sizeOfShape(operation.shape))) {
      return `reshape of ${operand === undefined ? "nothing" : printShape(operand.shape)} to ${printShape(operation.shape)}`;
    }
    return [{ ...operand, shape: operation.shape }];
  },

  transpose: (operation, operands) => {
    const [operand] = operands;
    const order = operation.permutation;
    if (operand === undefined || order.length !== operand.shape.length || new Set(order).size !== order.length)
      return "transpose permutation";
    const shape: Dim[] = [];
    for (const axis of order) {
      const size = operand.shape[axis];
      if (size === undefined) return "transpose permutation";
      shape.push(size);
    }
    return [{ ...operand, shape }];
  },

  reverse: (operation, operands) => {
    const [operand] = operands;
    if (operand === undefined || operation.axis >= operand.shape.length) return "reverse axis";
    return [operand];
  },

  window: ({ axis, length, size, ...steps }, operands) => {
    const [operand] = operands;
    const whole = operand?.shape[axis];
    if (operand === undefined || whole === undefined) return "window axis";
    if (!fitsWindows(whole, length, size, steps))
      return `${printDim(length)} windows of ${printDim(size)} in ${printDim(whole)}`;
    return [{ ...operand, shape: operand.shape.flatMap((dim, i) => (i === axis ? [length, size] : [dim])) }];
  },

  unwindow: ({ axis, size: whole, ...steps }, operands) => {
    const [operand] = operands;
    const [length, size] = operand?.shape.slice(axis, axis + 2) ?? [];
    if (operand?.dtype !== "real" || length === undefined || size === undefined) return "unwindow axes";
    if (!fitsWindows(whole, length, size, steps))
      return `${printDim(length)} windows of ${printDim(size)} in ${printDim(whole)}`;
    return [
      { ...operand, shape: operand.shape.flatMap((dim, i) => (i === axis ? [whole] : i === axis + 1 ? [] : [dim])) },
    ];
  },

  gather: ({ along }, operands) => {
    const [table, index] = operands;
    if (table === undefined || table.shape.length <= along || index?.dtype !== "index")
      return "gather takes a table and an index";
    if (index.shape.length < along || !equalShapes(table.shape.slice(1, along + 1), index.shape.slice(0, along)))
      return `gather along ${along} of ${printShape(table.shape)} at ${printShape(index.shape)}`;
    const shape = [...index.shape, ...table.shape.slice(along + 1)];
    return [{ dtype: table.dtype, shape, shared: table.shared && index.shared }];
  },

  scatter_add: ({ along, size }, operands) => {
    const [index, updates] = operands;
    if (index?.dtype !== "index" || updates?.dtype !== "real") return "scatter_add takes an index and real updates";
    if (index.shape.length < along || !equalShapes(index.shape, updates.shape.slice(0, index.shape.length))) {
      return `scatter_add of ${printShape(updates.shape)} at ${printShape(index.shape)}`;
    }
    return [
      {
        dtype: "real",
        shape: [size, ...index.shape.slice(0, along), ...updates.shape.slice(index.shape.length)],
        shared: allShared(operands),
      },
    ];
  },

  to_index: (_operation, [operand]) => {
    if (operand?.dtype !== "real") return "to_index takes a real";
    return [{ ...operand, dtype: "index" }];
  },

  batch_sum: (_operation, operands, context) => {
    const [operand] = operands;
    if (operand?.dtype !== "real" || operand.shared) return "batch_sum takes a real value of each example";
    if (hasOwnSize(operand.shape, context)) return `batch_sum of ${printShape(operand.shape)}, which differs in size`;
    return [{ ...operand, shared: true }];
  },

  custom_derivative: ({ tangent, arguments: count }, operands) => {
    const [value, ...others] = operands;
    if (value?.dtype !== "real") return "custom_derivative takes a real value";
    if (others.length !== tangent.inputs.length || count > others.length)
      return `custom_derivative of ${others.length} arguments and coefficients with a tangent of ${tangent.inputs.length} inputs`;
    for (const [i, operand] of others.entries()) {
      const input = typeOf(tangent, at(tangent.inputs, i));
      const isReal = i >= count || operand.dtype === "real";
      if (!isReal || input.dtype !== operand.dtype || !equalShapes(input.shape, operand.shape))
        return `custom_derivative operand ${i + 1} is ${operand.dtype}${printShape(operand.shape)}, its tangent takes ${input.dtype}${printShape(input.shape)}`;
      if (input.shared && !operand.shared)
        return `custom_derivative operand ${i + 1} is per example, its tangent takes a shared value`;
    }
    const output = tangent.outputs.length === 1 ? typeOf(tangent, at(tangent.outputs, 0)) : undefined;
    if (output?.dtype !== "real" || !equalShapes(output.shape, value.shape))
      return `custom_derivative of ${printShape(value.shape)} with a tangent of another shape`;
    return [{ ...value, shared: allShared(operands) }];
  },

  scan: (operation, operands) => {
    const { body, length } = operation;
    const problem = whyNoLayout(operation);
    if (problem !== undefined) return problem;
    if (operands.length !== body.inputs.length)
      return `scan of ${operands.length} operands with a body of ${body.inputs.length} inputs`;
    for (const [i, operand] of operands.entries()) {
      const input = typeOf(body, at(body.inputs, i));
      const kind = operandKind(operation, i);
      const isSequence = kind === "sequence";
      if (isSequence && (operand.shape[0] === undefined || !equalDims(operand.shape[0], length)))
        return `scan sequence ${i} is not over ${printDim(length)}`;
      const element = isSequence ? operand.shape.slice(1) : operand.shape;
      if (input.dtype !== operand.dtype || !equalShapes(input.shape, element)) {
        return `scan operand ${i} is ${operand.dtype}${printShape(element)}, the body takes ${input.dtype}${printShape(input.shape)}`;
      }
      if (input.shared && !operand.shared) return `scan operand ${i} is per example, the body takes a shared value`;
      if (kind === "carried" && input.shared) return `carried value ${i} of a scan is per example`;
    }
    const results: ValueType[] = [];
    for (const [i, id] of body.outputs.entries()) {
      const type = typeOf(body, id);
      if (isCarried(operation, i)) {
        const input = typeOf(body, at(body.inputs, i));
        if (input.dtype !== type.dtype || !equalShapes(input.shape, type.shape))
          return `carried value ${i} changes its type`;
        results.push({ ...type, shared: false });
      } else {
        results.push({ ...type, shape: [length, ...type.shape], shared: false });
      }
    }
    return results;
  },
};

/**
 * Applies the row of `operation`. A value whose size differs from example to example (it has `%T` or a run-time
 * dimension) is never shared, whatever its operands are.
 */
export function inferTypes(
  operation: Operation,
  operands: readonly ValueType[],
  context: ShapeContext,
): ShapeRuleResult {
  const rule = shapeRules[operation.kind] as (
    o: Operation,
    t: readonly ValueType[],
    c: ShapeContext,
  ) => ShapeRuleResult;
  const types = rule(operation, operands, context);
  if (typeof types === "string") return types;
  return types.map((type) => (type.shared && hasOwnSize(type.shape, context) ? { ...type, shared: false } : type));
}

/** Whether the last element of the last window is there, where that can be told. */
function fitsWindows(
  whole: Dim,
  length: Dim,
  size: Dim,
  { stride, dilation }: { stride: Dim; dilation: Dim },
): boolean {
  const last = addDims(lastOf(length, stride), lastOf(size, dilation));
  const room = constantOf(subtractDims(whole, last));
  return room === undefined || room >= 1;
}

function lastOf(count: Dim, step: Dim): Dim {
  return multiplyDims(subtractDims(count, dimConstant(1)), step);
}

function hasOwnSize(shape: Shape, { perExampleSymbols }: ShapeContext): boolean {
  return shape.some((dim) => symbolsOf(dim).some((symbol) => perExampleSymbols.has(symbol)));
}

function allShared(operands: readonly ValueType[]): boolean {
  return operands.every((operand) => operand.shared);
}

function replaceAxis(shape: Shape, axis: number, size: Dim): Shape {
  return shape.map((dim, i) => (i === axis ? size : dim));
}

/** For functions in which these axes may occur. */
export function shapeContext(axes: readonly SizedAxis[]): ShapeContext {
  return { perExampleSymbols: new Set(axes.map(({ symbol }) => symbol)), sequences: symbolsOfSequences(axes) };
}
