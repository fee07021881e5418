/** Whether a value has the type that a function wants: arguments do not repeat. */
import { type Bounds, provenAtLeast } from "../../base/types/bounds.js";
import { equalDims, subtractDims } from "../../base/types/dim.js";
import { axesOf, type SemanticType } from "./semantic-type.js";

export function accepts(wanted: SemanticType, given: SemanticType, bounds: Bounds): boolean {
  if (wanted.kind === "index" && given.kind === "index")
    return provenAtLeast(subtractDims(wanted.bound, given.bound), 0, bounds);
  const actual = axesOf(given);
  return axesOf(wanted).every((axis, i) => {
    const other = actual[i];
    return other !== undefined && equalDims(axis.dim, other.dim);
  });
}
