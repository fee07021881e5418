/** The values of a cell in their order, and the calls of the cells that it uses. */
import { callKey, contextsKey } from "../language/semantics/node-keys.js";
import type { TypedExpression, TypedInstanceCall, TypedTensor } from "../language/semantics/typed-program.js";
import { broadcastTo } from "./broadcast-to.js";
import { type CellFrame, type Frame, type LowerExpression, type Lowering, shapeIn, valueIn } from "./frame.js";

/** Computes the values with these keys, which stand in an order in which that is possible. */
export function lowerNodes(
  lowering: Lowering,
  frame: CellFrame,
  order: readonly string[],
  lower: LowerExpression,
): void {
  const { cell, path } = frame;
  const tensors = new Map(
    cell.items.flatMap((item) => (item.kind === "tensor" ? [[item.tensor.name, item.tensor]] : [])),
  );
  const calls = new Map<string, () => void>();
  for (const [name, child] of frame.children) {
    const call = cell.calls.get(name);
    if (call === undefined) continue;
    calls.set(contextsKey(name), () => passArguments(lowering, frame, child, call.contexts, "context", lower));
    calls.set(callKey(name), () => lowerStep(lowering, frame, child, call, lower));
  }
  for (const key of order) {
    calls.get(key)?.();
    const node = cell.nodes.get(key);
    // A name for several outputs has no value of its own.
    if (node === undefined || node.value.type.kind === "outputs") continue;
    const value = lower(lowering, frame, node.value);
    const state = key === node.name ? undefined : tensors.get(node.name);
    const full = state === undefined ? value : broadcastTo(lowering.builder, value, shapeIn(frame, state.type));
    frame.values.set(key, full);
    if (!frame.isInPlace) lowering.builder.nameValue(full, path + key);
  }
}

/** One of several calls of a used cell, in a frame of its own. */
export function lowerCall(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  call: TypedInstanceCall,
  lower: LowerExpression,
): void {
  passArguments(lowering, frame, child, call.contexts, "context", lower);
  lowerStep(lowering, frame, child, call, lower);
}

function lowerStep(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  { inputs, states }: TypedInstanceCall,
  lower: LowerExpression,
): void {
  passArguments(lowering, frame, child, inputs, "input", lower);
  passStates(lowering, frame, child, states, lower);
  lowerNodes(lowering, child, child.cell.stepOrder, lower);
}

/** Values of one frame as the inputs or contexts of a cell it uses. */
function passArguments(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  given: readonly TypedExpression[],
  role: TypedTensor["role"],
  lower: LowerExpression,
): void {
  const declared = child.cell.items.flatMap((item) =>
    item.kind === "tensor" && item.tensor.role === role ? [item.tensor] : [],
  );
  for (const [i, tensor] of declared.entries()) {
    const value = lower(lowering, frame, given[i] as TypedExpression);
    const full =
      tensor.type.kind === "index" ? value : broadcastTo(lowering.builder, value, shapeIn(child, tensor.type));
    child.values.set(tensor.name, full);
  }
}

/** States from which the step of a used cell starts; what its last step left can still be read by its name. */
function passStates(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  given: ReadonlyMap<string, TypedExpression>,
  lower: LowerExpression,
): void {
  const values = [...given].map(([name, node]) => [name, lower(lowering, frame, node)] as const);
  for (const [name, value] of values) {
    const before = valueIn(child, name);
    child.left.set(name, before);
    child.values.set(name, broadcastTo(lowering.builder, value, lowering.builder.shapeOf(before)));
  }
}
