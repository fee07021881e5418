/** Texts nobody would write: the compiler answers all of them, soon, and never with an exception. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DiagnosticCollector } from "../../../compiler/base/diagnostics/diagnostic.js";
import { innerGradient } from "../../../compiler/passes/autodiff/inner-gradient.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import { lowerNamed } from "../../../compiler/program/lowering/ast-to-graph.js";
import { analyze } from "../../../compiler/language/semantics/analyze.js";
import type { Span } from "../../../compiler/base/source/span.js";
import type { SourceFileNode } from "../../../compiler/language/syntax/ast.js";
import { parse } from "../../../compiler/language/syntax/parse.js";
import { arbitraryCell } from "../../../compiler/tools/testing/fast-check.js";
import { arbitrarySourceFile } from "../../support/arbitrary-ast.js";
import { fuzzParameters } from "../../support/fuzz.js";
import { mutated } from "../../support/mutate-text.js";
import { check } from "../language/semantics/support.js";
import { lower, tryLower } from "./support.js";

const texts = readdirSync("compiler/language/std")
  .filter((file) => file.endsWith(".cell"))
  .map((file) => readFileSync(`compiler/language/std/${file}`, "utf8"));

function judge(tree: SourceFileNode, collector = new DiagnosticCollector()): void {
  const program = analyze(tree, () => undefined, collector);
  const hasErrors = collector.hasErrors;
  for (const [name, cell] of program.cells) {
    // Reports and soundness tell the same story.
    if (!hasErrors) expect(cell.sound, name).toBe(true);
    for (const size of [undefined, 1, 3]) {
      const dimensions = new Map(size === undefined ? [] : cell.dimensions.map((dimension) => [dimension.name, size]));
      const lowering = new DiagnosticCollector();
      const lowered = lowerNamed(program, name, { dimensions }, innerGradient, lowering);
      if (cell.sound && lowered === undefined) expect(lowering.hasErrors).toBe(true);
    }
  }
}

/** Spans as a parser would give them: the arbitrary trees have none that make sense. */
function withSpans<T>(value: T, span: Span): T {
  if (Array.isArray(value)) return value.map((item) => withSpans(item as unknown, span)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withSpans(item as unknown, span)]);
  return { ...(Object.fromEntries(entries) as T), span, ...("operatorSpan" in value && { operatorSpan: span }) };
}

describe("hostile texts", () => {
  it("mutations of good cells", () => {
    fc.assert(
      fc.property(mutated(texts), (text) => {
        const collector = new DiagnosticCollector();
        judge(parse(text, "main.cell", collector), collector);
      }),
      fuzzParameters(500, 4),
    );
  });

  it("any syntax tree", () => {
    fc.assert(
      fc.property(arbitrarySourceFile, (tree) => {
        judge(withSpans(tree, { file: "main.cell", start: 0, end: 1 }));
      }),
      fuzzParameters(300, 4),
    );
  });

  it("random good cells have no errors, at no size", () => {
    fc.assert(
      fc.property(arbitraryCell(), ({ source, cell, dimensions }) => {
        const { diagnostics } = lowerSource(source, { cell }, "symbolic");
        expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
        for (const size of [1, 3]) lower(source, Object.fromEntries(dimensions.map((name, i) => [name, size + i])));
      }),
      fuzzParameters(60, 4),
    );
  });

  it("long chains and large files end soon", () => {
    const count = 20_000;
    const chain = Array.from({ length: count }, (_, i) => `e${i} = e${i + 1} + x`).join("\n");
    expect(tryLower(`cell A { input x: real ${chain} e${count} = x output y = e0 }`).codes).toEqual([]);
    const { diagnostics } = check(`cell A { input x: real ${chain} e${count} = e0 output y = e0 }`);
    expect(diagnostics.map(({ code }) => code)).toEqual(["cycle"]);
    const cycles = Array.from({ length: 3000 }, (_, i) => `e${i} = e${i + 1} + e0`).join("\n");
    expect(check(`cell A { input x: real ${cycles} e3000 = x output y = e0 }`).diagnostics.length).toBeLessThan(40);
    const functions = Array.from({ length: 3000 }, (_, i) => `fn f${i}(x: real): real { return f${i + 1}(x) }`).join(
      "\n",
    );
    expect(check(`${functions} fn f3000(x: real): real { return x }`).diagnostics.map(({ code }) => code)).toContain(
      "program-too-large",
    );
    const uses = Array.from(
      { length: 3000 },
      (_, i) => `cell C${i}(H) { input x: [H] use c = C${i + 1}(H) output y = c(x) }`,
    ).join("\n");
    expect(check(`${uses} cell C3000(H) { input x: [H] output y = x }`).diagnostics.map(({ code }) => code)).toContain(
      "program-too-large",
    );
  });

  it("deep nesting of every kind", () => {
    const deep = 180;
    const nested = (open: string, inner: string, close: string): string =>
      open.repeat(deep) + inner + close.repeat(deep);
    for (const expression of [
      nested("tanh(", "x", ")"),
      nested("(x + ", "x", ")"),
      nested("-", "x", ""),
      nested("f(", "x", ")"),
      nested("if x > 0 then x else ", "x", ""),
      "x" + " + x".repeat(480),
      "x" + " ^ x".repeat(480),
    ]) {
      expect(
        tryLower(`fn f(v: [n]): [n] { return 2 * v } cell A(H) { input x: [H] output y = ${expression} }`, { H: 2 })
          .codes,
      ).toEqual([]);
    }
    const through = Array.from(
      { length: 90 },
      (_, i) => `fn f${i + 1}(x: real): real { return ${nested("(x + ", `f${i}(x)`, ")")} }`,
    ).join("\n");
    expect(
      tryLower(`fn f0(x: real): real { return x } ${through} cell A { input x: real output y = f5(x) }`).codes,
    ).toContain("program-too-large");
    expect(
      tryLower(
        `fn f0(x: real): real { return x } ${through.split("\n").slice(0, 4).join("\n")} cell A { input x: real output y = f4(x) }`,
      ).codes,
    ).toEqual([]);
  });
});
