/** The values of a cell in their order, and the calls of the cells that it uses. */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { tensorNamed, tensorsIn } from "../../language/semantics/cell-tensors.js";
import { callKey, contextsKey, earlyKey, givenKey, nextKey } from "../../language/semantics/node-keys.js";
import {
  isStored,
  type TypedCell,
  type TypedExpression,
  type TypedInstance,
  type TypedInstanceCall,
  type TypedTensor,
} from "../../language/semantics/typed-program.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { lowerLoop } from "./loop-lowering.js";
import { pathIn, tensorsOf } from "../frame/placed-tensors.js";
import {
  builderAt,
  type CellFrame,
  childOf,
  childrenOf,
  type Frame,
  type Lowering,
  NotLowered,
  shapeIn,
  valueIn,
} from "../frame/frame.js";

/** Computes the values with these keys, which stand in an order in which that is possible. */
export function lowerNodes(lowering: Lowering, frame: CellFrame, order: readonly string[]): void {
  const { cell, path } = frame;
  const tensors = new Map(
    cell.items.flatMap((item) => (item.kind === "tensor" ? [[item.tensor.name, item.tensor]] : [])),
  );
  const calls = new Map<string, () => void>();
  for (const instance of instancesIn(cell)) {
    const { name } = instance;
    calls.set(givenKey(name), () => passParams(lowering, frame, instance));
    if (instance.count !== undefined) calls.set(callKey(name), () => checkSteps(frame, instance));
    const call = cell.calls.get(name);
    if (call === undefined) continue;
    const child = childOf(frame, name);
    calls.set(contextsKey(name), () => passArguments(lowering, frame, child, call.contexts, "context"));
    const isSplit = cell.stepOrder.includes(earlyKey(name));
    calls.set(earlyKey(name), () => lowerNodes(lowering, child, partOf(child.cell, "early")));
    calls.set(callKey(name), () => lowerStep(lowering, frame, child, call, isSplit ? "late" : "whole"));
  }
  for (const loop of cell.loops) calls.set(loop.key, () => lowerLoop(lowering, frame, loop));
  for (const key of order) {
    calls.get(key)?.();
    const node = cell.nodes.get(key);
    // A name for several outputs has no value of its own.
    if (node === undefined || node.value.type.kind === "outputs") continue;
    const own = lowering.equation === undefined ? lowering : { ...lowering, equation: path + key };
    const value = own.lower(own, frame, node.value);
    const state = key === node.name ? undefined : tensors.get(node.name);
    const full = state === undefined ? value : asState(builderAt(lowering, frame, node.value), frame, state, value);
    frame.values.set(key, full);
    if (!frame.isInPlace) lowering.builder.nameValue(full, path + key);
  }
}

/** Computes the initial values of states, those of used cells too. */
export function lowerInitialNodes(lowering: Lowering, frame: CellFrame): void {
  lowerNodes(lowering, frame, frame.cell.initialOrder);
  for (const child of frame.children.values()) lowerInitialNodes(lowering, child);
}

/** In the shape of the state, and an integer where that is one. */
export function asState(builder: GraphBuilder, frame: Frame, { type }: TypedTensor, value: ValueId): ValueId {
  const full = broadcastTo(builder, value, shapeIn(frame, type));
  if (type.kind !== "index" || builder.typeOf(full).dtype === "index") return full;
  return builder.emit({ kind: "to_index" }, [full]);
}

/** One of several calls of a used cell, in a frame of its own. */
export function lowerCall(lowering: Lowering, frame: Frame, child: CellFrame, call: TypedInstanceCall): void {
  passArguments(lowering, frame, child, call.contexts, "context");
  lowerStep(lowering, frame, child, call);
}

function lowerStep(
  lowering: Lowering,
  frame: Frame,
  child: CellFrame,
  { inputs, states }: TypedInstanceCall,
  part: "whole" | "late" = "whole",
): void {
  passArguments(lowering, frame, child, inputs, "input");
  passStates(lowering, frame, child, states);
  lowerNodes(lowering, child, partOf(child.cell, part));
}

/** What a step computes before the inputs are known, and after that. */
function partOf({ stepOrder, early }: TypedCell, part: "whole" | "early" | "late"): readonly string[] {
  return part === "whole" ? stepOrder : stepOrder.filter((key) => early.has(key) === (part === "early"));
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
    const node = at(given, i);
    const value = lowering.lower(lowering, frame, node);
    const isIndex = tensor.type.kind === "index";
    const full = isIndex ? value : broadcastTo(builderAt(lowering, frame, node), value, shapeIn(child, tensor.type));
    child.values.set(tensor.name, full);
  }
}

/** A branch that is not taken in a round is not written out, nor is a call in it. */
function checkSteps(frame: CellFrame, instance: TypedInstance): void {
  for (const child of childrenOf(frame, instance)) {
    const isMissing = tensorsIn(child.cell).some(
      ({ role, name }) => role === "state" && !child.values.has(nextKey(name)),
    );
    if (!isMissing) continue;
    const message = `\`${child.path.slice(0, -1)}\` is not called, so its states would never change`;
    throw new NotLowered("never-called", instance.span, message, "call it in every round, and choose between results");
  }
}

/** Params that a used cell is given, to those that share its own, too. */
function passParams(lowering: Lowering, frame: CellFrame, instance: TypedInstance): void {
  const children = [instance, ...sharingWith(frame, instance)].flatMap((one) => childrenOf(frame, one));
  for (const [param, node] of frame.cell.givenParams.get(instance.name) ?? []) {
    const tensor = tensorNamed(instance.cell, param);
    const [child] = children;
    invariant(tensor !== undefined && child !== undefined, `${instance.name} has no param ${param}`);
    const value = lowering.lower(lowering, frame, node);
    const full = broadcastTo(builderAt(lowering, frame, node), value, shapeIn(child, tensor.type));
    for (const other of children) other.values.set(param, full);
  }
}

/** Gives used cells that share the params of another what that one has. */
export function shareParams(frame: CellFrame): void {
  for (const instance of instancesIn(frame.cell)) {
    const children = childrenOf(frame, instance);
    children.forEach(shareParams);
    for (const other of sharingWith(frame, instance)) {
      for (const [i, to] of childrenOf(frame, other).entries()) copyStored(children[i] ?? to, to);
    }
  }
}

function sharingWith({ cell }: CellFrame, { name }: TypedInstance): TypedInstance[] {
  return instancesIn(cell).filter(({ sharedWith }) => sharedWith === name);
}

const instancesIn = ({ items }: TypedCell): TypedInstance[] =>
  items.flatMap((item) => (item.kind === "instance" ? [item.instance] : []));

function copyStored(from: CellFrame, to: CellFrame): void {
  for (const item of from.cell.items) {
    if (item.kind === "instance") {
      const others = childrenOf(to, item.instance);
      for (const [i, child] of childrenOf(from, item.instance).entries()) copyStored(child, others[i] ?? child);
    } else if (isStored(item.tensor)) {
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
  const values = [...given].map(([name, node]) => [name, node, lowering.lower(lowering, frame, node)] as const);
  const states = new Map(tensorsOf(child, "state").map((placed) => [pathIn(placed), placed]));
  for (const [path, node, value] of values) {
    const { frame: owner, tensor } = lookUp(states, path);
    owner.left.set(tensor.name, valueIn(owner, tensor.name));
    owner.values.set(tensor.name, asState(builderAt(lowering, frame, node), owner, tensor, value));
  }
}
