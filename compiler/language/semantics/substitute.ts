/** Types under other names for their dimensions. */
import { boundedSubstitute } from "../../base/types/bounded-dim.js";
import type { Dim } from "../../base/types/dim.js";
import type { Axis, SemanticType, Source } from "./semantic-type.js";

/**
 * Axes get the `source` given: where they come from inside a function or another cell says nothing here.
 *
 * @returns undefined where a dimension of the result cannot be written
 */
export function substituteType(
  type: SemanticType,
  dimensions: ReadonlyMap<string, Dim>,
  source?: Source,
): SemanticType | undefined {
  switch (type.kind) {
    case "real":
    case "bool":
    case "complex": {
      const axes = substituteAxes(type.axes, dimensions, source);
      return axes && { kind: type.kind, axes };
    }
    case "index": {
      const bound = boundedSubstitute(type.bound, dimensions);
      const axes = substituteAxes(type.axes, dimensions, source);
      return bound && axes && { ...type, bound, axes };
    }
    case "outputs":
    case "error":
      return type;
  }
}

function substituteAxes(
  axes: readonly Axis[],
  dimensions: ReadonlyMap<string, Dim>,
  source: Source | undefined,
): Axis[] | undefined {
  const result: Axis[] = [];
  for (const axis of axes) {
    const dim = boundedSubstitute(axis.dim, dimensions);
    if (dim === undefined) return undefined;
    result.push({ dim, source });
  }
  return result;
}
