/** The settings of a network's module: its own, and those of networks in it that some call leaves to the module. */
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { CellFrame } from "../frame/frame.js";
import { type PlacedTensor, tensorsOf } from "../frame/placed-tensors.js";

/** The equations without the inputs for those that every call of a network in it says. */
export function settingsOfModule(
  frame: CellFrame,
  written: GraphFunction,
): { readonly settings: readonly PlacedTensor[]; readonly finished: GraphFunction } {
  const read = new Set([...written.outputs, ...written.instructions.flatMap(({ operands }) => operands)]);
  const unread = new Set<number>();
  const settings = tensorsOf(frame, "setting").filter(({ frame: owner, tensor }) => {
    const value = owner.values.get(tensor.name);
    if (owner === frame || value === undefined || read.has(value)) return true;
    unread.add(value);
    return false;
  });
  return { settings, finished: { ...written, inputs: written.inputs.filter((id) => !unread.has(id)) } };
}
