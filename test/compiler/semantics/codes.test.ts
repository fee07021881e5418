import { describe, expect, it } from "vitest";
import { semanticCodes } from "../../../compiler/diagnostics/codes/semantics.js";
import { check } from "./support.js";

describe("examples of the table of diagnostics", () => {
  it.each(Object.entries(semanticCodes))("%s: its example gives exactly this code", (code, { example, severity }) => {
    const { diagnostics } = check(example, { "example.cell": example }, "example.cell");
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(diagnostics[0]?.severity).toBe(severity);
  });
});
