import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseProgram } from "../../compiler/ir/graph/parse.js";
import { printProgram } from "../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../compiler/ir/graph/shape-rules.js";
import { beforeKernels, graphPasses } from "../../compiler/passes/graph/passes.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";

const text = readFileSync(new URL("../../spec/graph-ir.md", import.meta.url), "utf8");

describe("spec/graph-ir.md", () => {
  const blocks = [...text.matchAll(/```graph\n(.*?)```/gsu)].map((match) => match[1] as string);

  it.each(blocks)("example %# parses, verifies and prints as written", (block) => {
    const program = parseProgram(block);
    for (const fn of program.functions) expect(verifyFunction(fn, shapeContext(cellAxes([])))).toEqual([]);
    expect(printProgram(program).trim()).toBe(block.trim());
  });

  it("lists every pass with its summary", () => {
    const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    const listed = new Map(rows.map(([, name = "", summary = ""]) => [name, summary]));
    for (const { name, summary } of [...graphPasses, ...beforeKernels]) {
      expect(listed.get(`\`${name}\``), `the row | \`${name}\` | ${summary} |`).toBe(summary);
    }
  });
});
