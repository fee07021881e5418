// Names of buffers.

/** @import { BufferKind, Derivation, BufferedTensorKind, TensorGroup } from "./instance-parts.js" */

/** @type {Readonly<Record<BufferedTensorKind, TensorGroup>>} */
export const groups = {
  input: "inputs",
  context: "contexts",
  initial: "states",
  state: "states",
  final: "states",
  param: "params",
  fixed: "fixed",
  output: "outputs",
};

/** @type {(kind: BufferKind, name: string, derived?: readonly Derivation[], streamed?: boolean) => string} */
export const bufferName = (kind, name, derived = [], streamed) =>
  [...derived, ...(streamed ? ["step"] : []), kind, name].join(".");
