/** A used cell once more, for one of several calls. */
import type { Dim } from "../../base/types/dim.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { isStored } from "../../language/semantics/typed-program.js";
import { broughtIn, type CellFrame, childNames, childOf, dimensionsOfUsed, dimIn, type Frame } from "./frame.js";

/**
 * Params are those that it has, brought to the builder at hand; everything else is of this call.
 *
 * @param runtimeDimensions What the contexts of this call tell.
 */
export function frameInPlace(frame: Frame, instance: string, runtimeDimensions: ReadonlyMap<string, Dim>): CellFrame {
  const child = childOf(frame, instance);
  const told = [...runtimeDimensions].map(([name, dim]) => [name, dimIn(frame, dim)] as const);
  return again(child, new Map([...child.dimensions, ...told]), (value) => broughtIn(frame, value));
}

export function again(
  existing: CellFrame,
  dimensions: ReadonlyMap<string, Dim>,
  bring: (value: ValueId) => ValueId,
): CellFrame {
  const { cell, reals, path } = existing;
  const values = new Map<string, ValueId>();
  const children = new Map<string, CellFrame>();
  const frame: CellFrame = { cell, dimensions, reals, values, left: new Map(), children, path, isInPlace: true };
  for (const item of cell.items) {
    if (item.kind === "tensor") {
      const isKnown = isStored(item.tensor) || item.tensor.role === "setting";
      const value = isKnown ? existing.values.get(item.tensor.name) : undefined;
      if (value !== undefined) values.set(item.tensor.name, bring(value));
    } else {
      const inner = dimensionsOfUsed(frame, item.instance);
      for (const name of childNames(existing, item.instance))
        children.set(name, again(childOf(existing, name), inner, bring));
    }
  }
  return frame;
}
