/** How large the panels are into which weights of products are copied. */
import type { PackStatement } from "./kernel-program.js";
import { countTerms } from "./terms.js";

/** Elements of all panels of so many vectors of each strip, units that fill the last one of each part included. */
export function panelElements(pack: PackStatement, vectors: number, lanes: number): number {
  return (countTerms(pack.parts) ?? 0) * partElements(pack, vectors, lanes);
}

/** Elements of the panels of one matrix. */
export function partElements(
  { contracted, strips, length }: Pick<PackStatement, "contracted" | "strips" | "length">,
  vectors: number,
  lanes: number,
): number {
  const depth = countTerms(contracted) ?? 0;
  return Math.ceil(Math.ceil(length / lanes) / vectors) * vectors * lanes * strips * depth;
}
