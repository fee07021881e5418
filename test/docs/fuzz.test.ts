/** `npm run fuzz` runs every test that draws more, or looks at more, where there is time. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sourceImports } from "../support/source-imports.js";

it("lists the files that are written for it, and no others", () => {
  const path = join(import.meta.dirname, "../../package.json");
  const { scripts } = JSON.parse(readFileSync(path, "utf8")) as { scripts: { fuzz: string } };
  const [command, ...listed] = scripts.fuzz.split(/ (?=test\/)/u);
  expect(command).toBe("vitest run --mode fuzz");
  const written = sourceImports(["test"]).flatMap(({ from, to }) =>
    to === "test/support/fuzz.ts" && from.endsWith(".test.ts") ? [from] : [],
  );
  expect(written.length).toBeGreaterThan(20);
  expect(listed).toEqual(written.sort());
});
