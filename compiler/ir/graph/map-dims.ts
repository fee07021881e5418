/** Functions and operations with other dimensions in the places of theirs. */
import type { Dim } from "../../base/types/dim.js";
import type { ShapeContext } from "./shape-rules.js";
import { GraphBuilder } from "./build.js";
import type { GraphFunction, Operation, SequenceState, ValueId } from "./graph-function.js";
import { finishLike, mapped, recordResults, type ValueMap } from "./rewrite.js";
import { nameOf, typeOf } from "./values.js";

/** What dimensions become. */
export interface DimChange {
  /** The size of an axis, or a count of rounds. */
  readonly size: (dim: Dim) => Dim;
  /** A number that is no size: where a slice begins, what is padded, a dimension as a value. */
  readonly number: (dim: Dim) => Dim;
}

const stateWithDims = (state: SequenceState, size: DimChange["size"]): SequenceState => ({
  ...state,
  bound: state.bound && size(state.bound),
});

/** Only these operations hold dimensions; functions in them stay as they are. */
function withDims(operation: Operation, { size, number }: DimChange): Operation {
  switch (operation.kind) {
    case "dimension":
      return { ...operation, dim: number(operation.dim) };
    case "iota":
      return { ...operation, length: size(operation.length) };
    case "broadcast":
    case "reshape":
      return { ...operation, shape: operation.shape.map(size) };
    case "slice":
      return { ...operation, start: number(operation.start), length: size(operation.length) };
    case "pad":
      return { ...operation, before: number(operation.before), after: number(operation.after) };
    case "window":
      return {
        ...operation,
        length: size(operation.length),
        size: size(operation.size),
        stride: number(operation.stride),
        dilation: number(operation.dilation),
      };
    case "unwindow":
      return {
        ...operation,
        size: size(operation.size),
        stride: number(operation.stride),
        dilation: number(operation.dilation),
      };
    case "scatter_add":
      return { ...operation, size: size(operation.size) };
    case "concat":
      return { ...operation, state: operation.state && stateWithDims(operation.state, size) };
    case "scan": {
      const states = operation.states.map((state) => state && stateWithDims(state, size));
      return { ...operation, length: size(operation.length), states };
    }
    default:
      return operation;
  }
}

/** With the functions in it, what it loops over and tangents, as `inside` makes them. */
function wholeWithDims(
  operation: Operation,
  change: DimChange,
  inside: (fn: GraphFunction) => GraphFunction,
): Operation {
  const changed = withDims(operation, change);
  if (changed.kind === "scan") return { ...changed, body: inside(changed.body) };
  return changed.kind === "custom_derivative" ? { ...changed, tangent: inside(changed.tangent) } : changed;
}

const rowsWithDims = ({ rows }: GraphFunction, { size }: DimChange): Pick<GraphFunction, "rows"> =>
  rows === undefined ? {} : { rows: new Map([...rows].map(([name, places]) => [name, places.map(size)])) };

export function functionWithDims(fn: GraphFunction, change: DimChange): GraphFunction {
  const inside = (inner: GraphFunction): GraphFunction => functionWithDims(inner, change);
  return {
    ...fn,
    types: fn.types.map((type) => type && { ...type, shape: type.shape.map(change.size) }),
    instructions: fn.instructions.map((one) => ({ ...one, operation: wholeWithDims(one.operation, change, inside) })),
    ...rowsWithDims(fn, change),
  };
}

/** Emits an operation whose dimensions are changed already. */
type EmitResized = (builder: GraphBuilder, operation: Operation, operands: readonly ValueId[]) => readonly ValueId[];

const emitAll: EmitResized = (builder, operation, operands) => builder.emitAll(operation, operands);

/**
 * With other sizes, and all else that follows from these: a value that had as many elements as its example has steps may be
 * the same for all examples where it has one.
 */
export function resized(
  fn: GraphFunction,
  change: DimChange,
  context: ShapeContext,
  emit: EmitResized = emitAll,
): GraphFunction {
  const builder = new GraphBuilder(fn.name, context);
  const values: ValueMap = new Map();
  for (const id of fn.inputs) {
    const type = typeOf(fn, id);
    values.set(id, builder.input(nameOf(fn, id), { ...type, shape: type.shape.map(change.size) }));
  }
  for (const instruction of fn.instructions) {
    const { operation, operands } = instruction;
    const own = operands.map((id) => mapped(values, id));
    const results = emit(builder.at(instruction), resizedOperation(operation, change, context), own);
    recordResults(builder, fn, instruction, results, values);
  }
  return finishLike(builder, { ...fn, ...rowsWithDims(fn, change) }, values);
}

/** With the functions in it. */
export const resizedOperation = (operation: Operation, change: DimChange, context: ShapeContext): Operation =>
  wholeWithDims(operation, change, (inner) => resized(inner, change, context));
