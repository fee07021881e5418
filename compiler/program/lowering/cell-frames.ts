/** A cell and everything it uses, as frames. */
import { operationLimit } from "../../language/semantics/checker.js";
import type { TypedCell, TypedInstance } from "../../language/semantics/typed-program.js";
import { constantOf, type Dim, dimConstant, dimSymbol, printDim, symbolsOf } from "../../base/types/dim.js";
import { constantValue } from "./constant-value.js";
import { type CellFrame, dimensionsOfUsed, dimIn, elementNames, NotLowered } from "../frame/frame.js";

/** The frames of a compilation: sizes where they are given, symbols elsewhere. */
export function rootFrame(
  cell: TypedCell,
  sizes: ReadonlyMap<string, number>,
  reals: ReadonlyMap<string, number>,
): CellFrame {
  const dimensions = new Map<string, Dim>();
  for (const { name } of cell.dimensions) {
    const size = sizes.get(name);
    dimensions.set(name, size === undefined ? dimSymbol(name) : dimConstant(size));
  }
  for (const name of cell.runtimeDimensions) dimensions.set(name, dimSymbol(name));
  return frameOf(cell, dimensions, reals, "");
}

function frameOf(
  cell: TypedCell,
  dimensions: ReadonlyMap<string, Dim>,
  reals: ReadonlyMap<string, number>,
  path: string,
): CellFrame {
  const children = new Map<string, CellFrame>();
  const own = { values: new Map(), left: new Map(), isInPlace: false };
  const frame: CellFrame = { cell, dimensions, reals, children, path, ...own };
  for (const item of cell.items) {
    if (item.kind !== "instance") continue;
    const { cell: used, reals: values } = item.instance;
    const inner = dimensionsOfUsed(frame, item.instance);
    const constants = new Map<string, number>();
    for (const { name: real, defaultValue } of used.reals) {
      const own = values.get(real);
      if (own !== undefined) constants.set(real, constantValue(frame, own));
      else if (defaultValue !== undefined) {
        constants.set(real, constantValue({ dimensions: inner, reals: constants }, defaultValue));
      }
    }
    for (const name of namesOfUsed(frame, item.instance))
      children.set(name, frameOf(used, inner, constants, `${path}${name}.`));
  }
  return frame;
}

/** One, or one for each of an array. */
function namesOfUsed(frame: CellFrame, instance: TypedInstance): readonly string[] {
  const { name, count, span } = instance;
  if (count === undefined) return [name];
  const dim = dimIn(frame, count);
  const size = constantOf(dim);
  if (size === undefined) {
    const message = `there are ${printDim(dim)} of \`${name}\`, and that has no size here`;
    throw new NotLowered("bad-dimension-size", span, message, "used cells are written out: give it a size", symbolsOf(dim)); // prettier-ignore
  }
  if (size <= operationLimit) return elementNames(instance, size);
  throw new NotLowered("program-too-large", span, `${size} of \`${name}\` are too many to be written out`, `a cell has at most ${operationLimit} operations`); // prettier-ignore
}
