/** Cells that ship, one of each text: those of the standard library and of the examples; the gallery and the networks have tests of their own. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "../../compiler/driver/compile.js";
import { differentTexts, isNetwork } from "./standard-cells.js";

export interface ShippedCell {
  readonly source: string;
  readonly cell: string;
}

export function shippedCells(): readonly ShippedCell[] {
  return [...differentTexts(), ...exampleCells()];
}

/** Those that have a step: no networks. */
export const shippedSteps = (): readonly ShippedCell[] => shippedCells().filter((entry) => !isNetwork(entry));

function exampleCells(): ShippedCell[] {
  const folder = fileURLToPath(new URL("../../examples/", import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".cell") && !/^(gallery|networks)/u.test(file),
  );
  return files.flatMap((file) => {
    const source = readFileSync(`${folder}/${file}`, "utf8");
    return check(source).cells.map(({ name }) => ({ source, cell: name }));
  });
}
