/** The sequence program of an LSTM with sizes filled in, for tests and timings of kernels. */
import { handBuiltLstm } from "./hand-built-cells.js";
import type { LoweredCell } from "../../compiler/program/base/lowered-cell.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import type { EntryProgram } from "../../compiler/program/entry.js";
import type { GraphFunction, Operation } from "../../compiler/ir/graph/graph-function.js";
import { type Dim, dimConstant, substituteDim } from "../../compiler/base/types/dim.js";
import { programOfCell } from "../../compiler/program/cell-program.js";

/** Replaces cell dimensions by numbers everywhere in a function. */
export function bindSizes(fn: GraphFunction, sizes: Readonly<Record<string, number>>): GraphFunction {
  const replacements = new Map(Object.entries(sizes).map(([name, size]) => [name, dimConstant(size)]));
  const dim = (d: Dim): Dim => substituteDim(d, replacements);
  const operation = (o: Operation): Operation => {
    switch (o.kind) {
      case "dimension":
        return { ...o, dim: dim(o.dim) };
      case "broadcast":
      case "reshape":
        return { ...o, shape: o.shape.map(dim) };
      case "slice":
        return { ...o, start: dim(o.start), length: dim(o.length) };
      case "pad":
        return { ...o, before: dim(o.before), after: dim(o.after) };
      case "window":
        return { ...o, length: dim(o.length), size: dim(o.size), stride: dim(o.stride), dilation: dim(o.dilation) };
      case "unwindow":
        return { ...o, size: dim(o.size), stride: dim(o.stride), dilation: dim(o.dilation) };
      case "scatter_add":
        return { ...o, size: dim(o.size) };
      case "custom_derivative":
        return { ...o, tangent: bindSizes(o.tangent, sizes) };
      case "scan":
        return { ...o, length: dim(o.length), body: bindSizes(o.body, sizes) };
      default:
        return o;
    }
  };
  return {
    ...fn,
    types: fn.types.map((type) => ({ ...type, shape: type.shape.map(dim) })),
    instructions: fn.instructions.map((instruction) => ({
      ...instruction,
      operation: operation(instruction.operation),
    })),
  };
}

export function bindCell(cell: LoweredCell, sizes: Readonly<Record<string, number>>): LoweredCell {
  const replacements = new Map(Object.entries(sizes).map(([name, size]) => [name, dimConstant(size)]));
  const bind = <T extends { readonly shape: readonly Dim[] }>(tensor: T): T => ({
    ...tensor,
    shape: tensor.shape.map((d) => substituteDim(d, replacements)),
  });
  return {
    ...cell,
    dimensions: new Map(Object.entries(sizes)),
    inputs: cell.inputs.map(bind),
    contexts: cell.contexts.map(bind),
    states: cell.states.map(bind),
    params: cell.params.map(bind),
    outputs: cell.outputs.map(bind),
    step: bindSizes(cell.step, sizes),
    initial: cell.initial && bindSizes(cell.initial, sizes),
  };
}

export function lstmProgram(inputs: number, units: number): EntryProgram {
  const cell = bindCell(handBuiltLstm(), { I: inputs, H: units });
  return buildEntries(programOfCell(cell), { gradient: true, jvp: true, hvp: true });
}
