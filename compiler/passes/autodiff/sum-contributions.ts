/** Adding up what the uses of a value contribute to its cotangent. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { consecutive } from "../../ir/graph/consecutive.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { constantOf, type Dim, subtractDims } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Contribution, PartContribution } from "./linear-rules.js";

/** Sums contributions to a value of this shape; slices that cover an axis without gaps are joined instead of padded. */
export function sumContributions(b: GraphBuilder, shape: Shape, contributions: readonly Contribution[]): ValueId {
  const wholes = contributions.filter((c): c is ValueId => typeof c === "number");
  const parts = contributions.filter((c) => typeof c !== "number");
  const joined = joinParts(b, shape, parts);
  const terms = [...wholes, ...(joined === undefined ? parts.map((part) => padPart(b, shape, part)) : [joined])];
  const [first, ...others] = parts.length === 0 ? wholes : terms;
  invariant(first !== undefined, "no contribution");
  return others.reduce((sum, term) => b.map("add", sum, term), first);
}

/** The parts one after the other where they make up the whole of one axis. */
function joinParts(b: GraphBuilder, shape: Shape, parts: readonly PartContribution[]): ValueId | undefined {
  const [first] = parts;
  if (first === undefined || parts.some((part) => part.axis !== first.axis)) return undefined;
  const lengthOf = ({ part }: PartContribution): Dim => at(b.shapeOf(part), first.axis);
  const { ordered, whole } = consecutive(parts, lengthOf, at(shape, first.axis));
  if (!whole || ordered.length < parts.length) return undefined;
  return b.concat(
    first.axis,
    ordered.map(({ part }) => part),
  );
}

function padPart(b: GraphBuilder, shape: Shape, { part, axis, start, there }: PartContribution): ValueId {
  const length = at(b.shapeOf(part), axis);
  const after = subtractDims(subtractDims(at(shape, axis), start), length);
  if (constantOf(start) === 0 && constantOf(after) === 0) return part;
  return b.emit({ kind: "pad", axis, before: start, after }, [part], there);
}
