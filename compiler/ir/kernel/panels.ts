/** How large the panels are into which weights of products are copied. */
import type { PackStatement } from "./kernel-program.js";
import { countTerms } from "./terms.js";

/** Elements of all panels, units that fill the last one of each part included. */
export function panelElements(pack: PackStatement, lanes: number): number {
  return (countTerms(pack.parts) ?? 0) * partElements(pack, lanes);
}

/** Elements of the panels of one matrix. */
export function partElements(
  { contracted, strips, length, block }: Pick<PackStatement, "contracted" | "strips" | "length" | "block">,
  lanes: number,
): number {
  const depth = countTerms(contracted) ?? 0;
  return Math.ceil(Math.ceil(length / lanes) / block) * block * lanes * strips * depth;
}
