/** Functions and operations with other dimensions in the places of theirs. */
import type { Dim } from "../../base/types/dim.js";
import type { GraphFunction, Operation } from "./graph-function.js";

/** What dimensions become. */
interface DimChange {
  /** The size of an axis, or a count of rounds. */
  readonly size: (dim: Dim) => Dim;
  /** A number that is no size: where a slice begins, what is padded, a dimension as a value. */
  readonly number: (dim: Dim) => Dim;
}

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
    case "scan":
      return { ...operation, length: size(operation.length) };
    default:
      return operation;
  }
}

/** With the functions in it: what it loops over, and tangents. */
export function wholeWithDims(operation: Operation, change: DimChange): Operation {
  const changed = withDims(operation, change);
  if (changed.kind === "scan") return { ...changed, body: functionWithDims(changed.body, change) };
  if (changed.kind !== "custom_derivative") return changed;
  return { ...changed, tangent: functionWithDims(changed.tangent, change) };
}

export function functionWithDims(fn: GraphFunction, change: DimChange): GraphFunction {
  return {
    ...fn,
    types: fn.types.map((type) => type && { ...type, shape: type.shape.map(change.size) }),
    instructions: fn.instructions.map((one) => ({ ...one, operation: wholeWithDims(one.operation, change) })),
  };
}
