import { at } from "../at.js";
import type { Dim } from "./dim.js";
import { equalDims, multiplyDims, dimConstant, printDim } from "./dim.js";

/** Sizes of a tensor's axes, outermost first; `[]` is a scalar. */
export type Shape = readonly Dim[];

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => equalDims(dim, at(b, axis)));
}

/** `[4*H, I]`. */
export function printShape(shape: Shape): string {
  return `[${shape.map(printDim).join(", ")}]`;
}

/** Number of elements. */
export function sizeOfShape(shape: Shape): Dim {
  return shape.reduce(multiplyDims, dimConstant(1));
}
