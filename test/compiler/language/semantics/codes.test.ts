import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/driver/compile.js";
import { semanticCodes } from "../../../../compiler/base/diagnostics/codes/semantics.js";
import { check } from "./support.js";

/** What is found when a module is made, with its sizes. */
const made: ReadonlySet<string> = new Set([
  "memory-limit",
  "not-entry-by-entry",
  "looks-ahead",
  "length-known-later",
  "integer-too-large",
  "no-segments",
]);

describe("examples of the table of diagnostics", () => {
  it.each(Object.entries(semanticCodes))("%s: its example gives exactly this code", (code, { example, severity }) => {
    const { diagnostics } = made.has(code)
      ? compile(example, { segments: code === "no-segments" })
      : check(example, { "example.cell": example }, "example.cell");
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(diagnostics[0]?.severity).toBe(severity);
  });
});
