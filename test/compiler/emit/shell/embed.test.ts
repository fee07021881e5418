import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { shellModule, stripTools } from "../../../../compiler/emit/shell/embed.js";
import { smallShell } from "../../../../compiler/emit/shell/shell.generated.js";

const folder = new URL("../../../../compiler/emit/shell/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");

test("shell.generated.ts is up to date: run `npm run generate`", () => {
  expect(read("shell.generated.ts")).toBe(shellModule((part) => read(`${part}.js`)));
});

test("lines are short also where the shell is small, as hosts show the one that throws an error", () => {
  const longest = Object.values(smallShell).flatMap((text) => text.split("\n").map((line) => line.length));
  expect(Math.max(...longest)).toBeLessThan(400);
});

test("what only tools read is left out", () => {
  const source = [
    'import { a } from "./a.js";',
    "",
    '/** @import { T } from "./types.js" */',
    "",
    "/**",
    " * Doubles.",
    " * @param {number} x",
    " * @returns {number}",
    " */",
    "export function double(x) {",
    "  /** @type {number[]} */",
    "  const list = [];",
    "  const y = /** @type {number} */ (a(x));",
    "  return 2 * /** @type {number} */ (y ?? 0);",
    "}",
    "",
  ].join("\n");
  expect(stripTools(source)).toBe(
    [
      "// Doubles.",
      "function double(x) {",
      "  const list = [];",
      "  const y = a(x);",
      "  return 2 * (y ?? 0);",
      "}",
    ].join("\n"),
  );
});
