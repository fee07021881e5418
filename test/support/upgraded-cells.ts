/** Older spellings in cells with a few items. */
import { format } from "../../compiler/index.js";
import { upgrade, type UpgradeLevel } from "../../compiler/tools/upgrade/upgrade.js";

/** A cell with these items, in the canonical form. */
export const cellOf = (items: string): string =>
  format(`cell A(H, K) { input x, z: [H] input v: [K] ${items} }`).text ?? "";

/** What is made of a cell with these items, and why what is left is left. */
export async function upgraded(
  items: string,
  level: UpgradeLevel,
): Promise<{ text: string | undefined; left: string[] }> {
  const { text, notes } = await upgrade(cellOf(items), level);
  return { text, left: notes.flatMap(({ left }) => left ?? []) };
}
