import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codes, type CodeEntry } from "../../../../compiler/base/diagnostics/codes.js";
import { generatedFiles } from "../../../../compiler/generate.js";

describe("generated files", () => {
  test.each(generatedFiles().map(({ path, text }) => [path, text] as const))("%s is up to date", (path, text) => {
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, "utf8") === text, "run `npm run generate`").toBe(true);
  });
});

describe("the table of codes", () => {
  test.each(Object.entries<CodeEntry>(codes))("%s is complete", (code, entry) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(entry.summary).not.toMatch(/\.$/);
    expect(entry.explanation).toMatch(/[.!]$/);
    expect(entry.example.length).toBeGreaterThan(0);
  });
});
