/** Whether a value has the type that a function wants: arguments do not repeat. */
import { equalDims, provenAtLeast, subtractDims } from "../../base/types/dim.js";
import { axesOf, type SemanticType } from "./semantic-type.js";

export function accepts(wanted: SemanticType, given: SemanticType): boolean {
  if (wanted.kind === "index" && given.kind === "index")
    return provenAtLeast(subtractDims(wanted.bound, given.bound), 0);
  const actual = axesOf(given);
  return axesOf(wanted).every((axis, i) => {
    const other = actual[i];
    return other !== undefined && equalDims(axis.dim, other.dim);
  });
}
