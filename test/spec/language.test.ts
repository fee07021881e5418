/** Every block of code in the language reference compiles, or fails with the code it shows. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/driver/compile.js";
import { generatedFiles } from "../../compiler/generate.js";
import { builtinNames } from "../../compiler/language/semantics/builtins.js";
import { check } from "../compiler/language/semantics/support.js";
import { tryLower } from "../compiler/program/support.js";

const page = readFileSync("spec/language.md", "utf8");
/** `error=code`, or sizes of dimensions that count rounds, `L=3`. */
const blocks = [...page.matchAll(/^```cell((?: \w+=\S+)*)\n([^]*?)^```$/gm)].map(([, told = "", text = ""]) => ({
  error: /error=(\S+)/.exec(told)?.[1],
  sizes: Object.fromEntries([...told.matchAll(/\b([A-Z])=(\d+)/g)].map(([, name, size]) => [name, Number(size)])),
  text,
  title: text
    .split("\n")
    .find(
      (line) =>
        line.startsWith("cell") || line.startsWith("network") || line.startsWith("import") || line.startsWith("fn"),
    ),
}));

/** Of a module of the last network, for these sizes. */
function compiledCodes(text: string, dimensions: Readonly<Record<string, number>>): string[] {
  const name = [...text.matchAll(/^network (\w+)/gm)].pop()?.[1] ?? "";
  return compile(text, { cell: name, dimensions, target: "js", gradient: true }).diagnostics.map(({ code }) => code);
}

describe("spec/language.md", () => {
  it.each(blocks)("$title ($error)", ({ error, sizes, text }) => {
    const checked = check(text).diagnostics;
    const isOfSizes = error !== undefined && checked.length === 0;
    const diagnostics = isOfSizes ? tryLower(text, sizes).diagnostics : checked;
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toHaveLength(error === undefined ? 0 : 1);
    const isNetwork = /^network/m.test(text);
    if (error === undefined) expect(isNetwork ? compiledCodes(text, sizes) : tryLower(text, sizes).codes).toEqual([]);
    else expect(diagnostics[0]?.code).toBe(error);
  });

  it("has no block that this test does not see", () => {
    expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
    expect(blocks.length).toBeGreaterThan(25);
  });
});

describe("spec/operations.md", () => {
  const text = readFileSync("spec/operations.md", "utf8");
  it("is up to date and has every function", () => {
    expect(text).toBe(generatedFiles().find(({ path }) => path === "spec/operations.md")?.text);
    for (const name of builtinNames) expect(text).toContain(`\`${name}(`);
  });
});
