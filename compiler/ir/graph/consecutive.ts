/** Parts of an axis one after the other. */
import { addDims, type Dim, dimConstant, equalDims } from "../../base/types/dim.js";

interface Consecutive<P> {
  /** From 0 on, each beginning where the one before ends. */
  readonly ordered: readonly P[];
  /** Whether they end with the axis. */
  readonly whole: boolean;
}

/** As many of `parts` as follow each other from the beginning of an axis of this size; of those that begin at one place the first. */
export function consecutive<P extends { readonly start: Dim }>(
  parts: readonly P[],
  lengthOf: (part: P) => Dim,
  size: Dim,
): Consecutive<P> {
  const byStart = new Map<string, P>();
  for (const part of parts) if (!byStart.has(part.start.key)) byStart.set(part.start.key, part);
  const ordered: P[] = [];
  let position = dimConstant(0);
  while (ordered.length < parts.length) {
    const next = byStart.get(position.key);
    if (next === undefined) return { ordered, whole: false };
    ordered.push(next);
    position = addDims(position, lengthOf(next));
    if (equalDims(position, size)) return { ordered, whole: true };
  }
  return { ordered, whole: false };
}
