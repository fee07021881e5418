/** Whether a value has the type that a function wants: arguments do not repeat. */
import { type Bounds, provenAtLeast } from "../../base/types/bounds.js";
import { equalDims, subtractDims } from "../../base/types/dim.js";
import { axesOf, type SemanticType } from "./semantic-type.js";

export function accepts(wanted: SemanticType, given: SemanticType, bounds: Bounds): boolean {
  // Of what may be below 0 nothing is told by how far it goes.
  if (given.kind === "index" && given.isOpen === true) return false;
  const room = wanted.kind === "index" && given.kind === "index" ? subtractDims(wanted.bound, given.bound) : undefined;
  if (room !== undefined && !provenAtLeast(room, 0, bounds)) return false;
  const actual = axesOf(given);
  return axesOf(wanted).every((axis, i) => {
    const other = actual[i];
    return other !== undefined && equalDims(axis.dim, other.dim);
  });
}
