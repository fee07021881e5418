/** Types and operations with other sizes in the place of some symbols. */
import { type Dim, substituteDim } from "../../base/types/dim.js";
import type { GraphFunction, Operation, ValueType } from "./types.js";

export type Sizes = ReadonlyMap<string, Dim>;

export function substituteType(type: ValueType, sizes: Sizes): ValueType {
  return { ...type, shape: type.shape.map((dim) => substituteDim(dim, sizes)) };
}

/** In a function that an operation has: instructions keep their places. */
function substituteFunction(fn: GraphFunction, sizes: Sizes): GraphFunction {
  return {
    ...fn,
    types: fn.types.map((type) => substituteType(type, sizes)),
    instructions: fn.instructions.map((one) => ({ ...one, operation: substituteOperation(one.operation, sizes) })),
  };
}

/** Only these operations hold dimensions. */
export function substituteOperation(operation: Operation, sizes: Sizes): Operation {
  const substitute = (dim: Dim): Dim => substituteDim(dim, sizes);
  switch (operation.kind) {
    case "dimension":
      return { ...operation, dim: substitute(operation.dim) };
    case "iota":
      return { ...operation, length: substitute(operation.length) };
    case "broadcast":
    case "reshape":
      return { ...operation, shape: operation.shape.map(substitute) };
    case "slice":
      return { ...operation, start: substitute(operation.start), length: substitute(operation.length) };
    case "pad":
      return { ...operation, before: substitute(operation.before), after: substitute(operation.after) };
    case "window":
      return {
        ...operation,
        length: substitute(operation.length),
        size: substitute(operation.size),
        stride: substitute(operation.stride),
        dilation: substitute(operation.dilation),
      };
    case "unwindow":
      return {
        ...operation,
        size: substitute(operation.size),
        stride: substitute(operation.stride),
        dilation: substitute(operation.dilation),
      };
    case "scatter_add":
      return { ...operation, size: substitute(operation.size) };
    case "custom_derivative":
      return { ...operation, tangent: substituteFunction(operation.tangent, sizes) };
    case "scan":
      return { ...operation, length: substitute(operation.length), body: substituteFunction(operation.body, sizes) };
    default:
      return operation;
  }
}
