/** What is done with what is found: places, files with errors, whole files. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../../../compiler/index.js";
import { upgrade } from "../../../../compiler/tools/upgrade/upgrade.js";

describe("a file", () => {
  it("tells each place of the text as it was", async () => {
    const text =
      "cell A(H) {\n  input x: [H]\n  param b: [H] ~ constant(0.5) // half\n  output y = stack(\n    stack(x, b),\n    stack(b, x))\n}\n";
    const { notes, text: now } = await upgrade(text, "spelling");
    expect(notes).toEqual([
      { line: 3, column: 18, was: "constant(0.5)", now: "0.5" },
      { line: 4, column: 14, was: "stack( [x, b], [b, x])", now: "[[x, b], [b, x]]" },
      { line: 5, column: 5, was: "stack(x, b)", now: "[x, b]" },
      { line: 6, column: 5, was: "stack(b, x)", now: "[b, x]" },
    ]);
    expect(now).toContain("param b: [H] ~ 0.5 // half");
  });

  it("keeps comments and documentation where they belong", async () => {
    const text =
      "cell A(H) {\n  input x: [H]\n\n  /// the last one\n  state p: [H]\n  param b: [H]\n\n  p' = x // moves\n\n  output y = stack(x, // first\n    p + b)\n" +
      "  output z = reshape(/* why */ x, [H, 1])\n}\n";
    const { text: now, notes } = await upgrade(text, "tensors");
    expect(now).toContain("/// the last one\n  p = delay(x, by = 1)");
    expect(now).toContain("// moves");
    expect(now).toContain("// first\n  output y = [x, p + b]");
    expect(now).toContain("reshape(x, [H, 1])");
    expect(notes.map(({ was, left }) => [was, left])).toContainEqual(["reshape(/* why */ x, [H, 1])", "a comment in it would be lost"]); // prettier-ignore
  });

  it("leaves what no cell of the file uses, and says so", async () => {
    const text = "fn f(v: [n]): [2, n] {\n  return stack(v, v)\n}\n";
    const { text: now, notes } = await upgrade(text, "spelling");
    expect(now).toBe(text);
    expect(notes).toEqual([
      {
        line: 2,
        column: 10,
        was: "stack(v, v)",
        now: "[v, v]",
        left: "no cell of this file that can be compared uses it, so nothing tells what it means",
      },
    ]);
  });

  it("changes nothing in a file with errors", async () => {
    const { text, notes, diagnostics } = await upgrade("cell A(H) { output y = stack(x, x) }", "tensors");
    expect([text, notes, diagnostics[0]?.code]).toEqual([undefined, [], "unknown-name"]);
  });
});

describe("published cells in the first version of the language", () => {
  const folder = join(import.meta.dirname, "../../../fixtures/old-spellings");
  const readFile = (path: string): string => readFileSync(join(folder, basename(path)), "utf8");

  it("are upgraded, and have nothing older in them then", async () => {
    const files = ["09_gated_deltanet.cell", "22_ltc.cell", "34b_lmu_formula.cell", "65_fdn_reverb.cell"];
    let made = 0;
    for (const file of files) {
      const { text = "", notes } = await upgrade(readFile(file), "tensors", { file, readFile });
      made += notes.filter(({ left }) => left === undefined).length;
      expect(check(text, { file, readFile }).diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      const again = await upgrade(text, "tensors", { file, readFile });
      expect(again.text).toBe(text);
      expect(again.notes.every(({ left }) => left !== undefined)).toBe(true);
    }
    expect(made).toBeGreaterThan(20);
  });
});
