/** Every cell of the standard library but those of papers, at sizes for tests. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "../../compiler/driver/compile.js";
import { standardCell } from "./models.js";
import { publishedCells } from "./published-cells.js";

export interface StandardCell {
  readonly source: string;
  readonly cell: string;
  /** Names of its dimensions, in order. */
  readonly dimensions: readonly string[];
}

export function standardCells(): readonly StandardCell[] {
  const folder = fileURLToPath(new URL("../../compiler/language/std/", import.meta.url));
  const files = readdirSync(folder).flatMap((file) => (file.endsWith(".cell") ? [file.slice(0, -".cell".length)] : []));
  const names = files.filter((name) => !Object.hasOwn(publishedCells, name));
  return names.flatMap((name) => {
    const source = standardCell(name);
    return check(source).cells.map(({ name: cell, dimensions }) => ({ source, cell, dimensions }));
  });
}

/** Given another cell these are the same text once more. */
const sameText: ReadonlySet<string> = new Set(
  ["DotLSTM", "GeneralGRU", "DotFeedGRU", "GeneralFeedLSTM"].map((name) => `Luong${name}`),
);

/** Every text of the standard library, and every cell that one is given, once: for tests that compile each in many ways. */
export function differentTexts(): readonly StandardCell[] {
  return standardCells().filter(({ cell }) => !sameText.has(cell));
}

/** Is it equations over whole sequences? These take sizes where cells take steps. */
export const isNetwork = ({ source, cell }: Pick<StandardCell, "source" | "cell">): boolean =>
  new RegExp(`^network ${cell}\\b`, "mu").test(source);

/** Of those the cells: what has steps. */
export const differentCells = (): readonly StandardCell[] => differentTexts().filter((entry) => !isNetwork(entry));

/** Sizes for the dimensions, different ones where a mix-up of two would go unnoticed otherwise. */
export function sizesFor(dimensions: readonly string[], variant: number): Record<string, number> {
  const choices = [
    [1, 1, 1, 1, 1, 1],
    [3, 4, 2, 5, 3, 4],
    [7, 5, 6, 3, 4, 2],
  ][variant]!;
  return Object.fromEntries(dimensions.map((name, i) => [name, choices[i % choices.length]!]));
}
