/** The values of a cell in their order, and the calls of the cells that it uses. */
import { invariant } from "../base/diagnostics/invariant.js";
import { tensorNamed, tensorsIn } from "../language/semantics/cell-tensors.js";
import { callKey, contextsKey, givenKey } from "../language/semantics/node-keys.js";
import {
  isStored,
  type TypedExpression,
  type TypedInstanceCall,
  type TypedTensor,
} from "../language/semantics/typed-program.js";
import { broadcastTo } from "./broadcast-to.js";
import { type CellFrame, childOf, type Frame, type Lowering, shapeIn, valueIn } from "./frame.js";

/** Computes the values with these keys, which stand in an order in which that is possible. */
export function lowerNodes(lowering: Lowering, frame: CellFrame, order: readonly string[]): void {
  const { cell, path } = frame;
  const tensors = new Map(
    cell.items.flatMap((item) => (item.kind === "tensor" ? [[item.tensor.name, item.tensor]] : [])),
  );
  const calls = new Map<string, () => void>();
  for (const [name, child] of frame.children) {
    calls.set(givenKey(name), () => passParams(lowering, frame, name));
    const call = cell.calls.get(name);
    if (call === undefined) continue;
    calls.set(contextsKey(name), () => passArguments(lowering, frame, child, call.contexts, "context"));
    calls.set(callKey(name), () => lowerStep(lowering, frame, child, call));
  }
  for (const key of order) {
    calls.get(key)?.();
    const node = cell.nodes.get(key);
    // A name for several outputs has no value of its own.
    if (node === undefined || node.value.type.kind === "outputs") continue;
    const value = lowering.lower(lowering, frame, node.value);
    const state = key === node.name ? undefined : tensors.get(node.name);
    const full = state === undefined ? value : broadcastTo(lowering.builder, value, shapeIn(frame, state.type));
    frame.values.set(key, full);
    if (!frame.isInPlace) lowering.builder.nameValue(full, path + key);
  }
}

/** One of several calls of a used cell, in a frame of its own. */
export function lowerCall(lowering: Lowering, frame: Frame, child: CellFrame, call: TypedInstanceCall): void {
  passArguments(lowering, frame, child, call.contexts, "context");
  lowerStep(lowering, frame, child, call);
}

function lowerStep(lowering: Lowering, frame: Frame, child: CellFrame, { inputs, states }: TypedInstanceCall): void {
  passArguments(lowering, frame, child, inputs, "input");
  passStates(lowering, frame, child, states);
  lowerNodes(lowering, child, child.cell.stepOrder);
}

/** Values of one frame as the inputs or contexts of a cell it uses. */
function passArguments(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  given: readonly TypedExpression[],
  role: TypedTensor["role"],
): void {
  const declared = tensorsIn(child.cell).filter((tensor) => tensor.role === role);
  for (const [i, tensor] of declared.entries()) {
    const value = lowering.lower(lowering, frame, given[i] as TypedExpression);
    const full =
      tensor.type.kind === "index" ? value : broadcastTo(lowering.builder, value, shapeIn(child, tensor.type));
    child.values.set(tensor.name, full);
  }
}

/** Params that a used cell is given, to those that share its own, too. */
function passParams(lowering: Lowering, frame: CellFrame, name: string): void {
  const child = childOf(frame, name);
  const params = [...(frame.cell.givenParams.get(name) ?? [])].map(([param, node]) => {
    const tensor = tensorNamed(child.cell, param);
    invariant(tensor !== undefined, `${name} has no param ${param}`);
    const value = lowering.lower(lowering, frame, node);
    return [param, broadcastTo(lowering.builder, value, shapeIn(child, tensor.type))] as const;
  });
  for (const other of [name, ...sharingWith(frame, name)]) {
    for (const [param, value] of params) childOf(frame, other).values.set(param, value);
  }
}

/** Gives used cells that share the params of another what that one has. */
export function shareParams(frame: CellFrame): void {
  for (const [name, child] of frame.children) {
    shareParams(child);
    for (const other of sharingWith(frame, name)) copyStored(child, childOf(frame, other));
  }
}

function sharingWith({ cell }: CellFrame, name: string): string[] {
  return cell.items.flatMap((item) =>
    item.kind === "instance" && item.instance.sharedWith === name ? [item.instance.name] : [],
  );
}

function copyStored(from: CellFrame, to: CellFrame): void {
  for (const item of from.cell.items) {
    if (item.kind === "instance") copyStored(childOf(from, item.instance.name), childOf(to, item.instance.name));
    else if (isStored(item.tensor)) {
      const value = from.values.get(item.tensor.name);
      if (value !== undefined) to.values.set(item.tensor.name, value);
    }
  }
}

/** States from which the step of a used cell starts; what its last step left can still be read by its name. */
function passStates(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  given: ReadonlyMap<string, TypedExpression>,
): void {
  const values = [...given].map(([name, node]) => [name, lowering.lower(lowering, frame, node)] as const);
  for (const [name, value] of values) {
    const before = valueIn(child, name);
    child.left.set(name, before);
    child.values.set(name, broadcastTo(lowering.builder, value, lowering.builder.shapeOf(before)));
  }
}
