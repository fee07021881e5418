/** Steps back in time as equations, also of cells with loops; every file of the gallery has them. */
import { readdirSync, readFileSync } from "node:fs";
import katex from "katex";
import { describe, expect, it } from "vitest";
import { check } from "../../../../compiler/driver/compile.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { linkCell } from "../../../../compiler/language/semantics/link-cell.js";
import { cellAsLatex } from "../../../../compiler/tools/equations/cell-as-latex.js";
import { cellAsText } from "../../../../compiler/tools/equations/cell-as-text.js";
import { isFuzzing } from "../../../support/fuzz.js";

interface Printed {
  readonly text: string;
  readonly latex: string;
}

function printed(source: string, cell: string, dimensions: Readonly<Record<string, number>> = {}): Printed {
  const { cell: lowered, written, diagnostics } = lowerSource(source, { cell, dimensions }, "symbolic");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const { tree, typed } = written!;
  const text = cellAsText(
    linkCell(tree, () => undefined, typed.name),
    lowered!,
  );
  return { text, latex: cellAsLatex(typed, lowered!) };
}

/** Lines of the step back. */
const backward = ({ text }: Printed): string[] => text.split("\n").flatMap((line) => /^\/\/ {3}(.*)$/u.exec(line)?.[1] ?? []); // prettier-ignore

const relaxing = `cell A(H) {
  input x: [H]
  state h: [H]
  param U: [H, H]
  u = h then tanh(U @ u + x) for 300
  h' = u
  output y = h'
}`;

describe("rounds that are a loop", () => {
  it("are an equation for each round", () => {
    expect(backward(printed(relaxing, "A"))).toEqual([
      "u⟨0⟩ = h",
      "u⟨r + 1⟩ = tanh(U · u⟨r⟩ + x)   for r < 300",
      "∂u = ∂h'⁺ + ∂y⁺",
      "∂u⟨300⟩ = ∂u",
      "k₁[r] = ∂u⟨r + 1⟩ ⊙ (1 − u⟨r + 1⟩²)   for r < 300",
      "∂u⟨r⟩ = Uᵀ · k₁[r]   for r < 300",
      "∂h = ∂u⟨0⟩",
      "k₂[r] = k₁[r] ⊗ u⟨r⟩   for r < 300",
      "∂U = ∑(k₂, axis = 0)",
      "∂x = ∑(k₁, axis = 0)",
    ]);
  });

  it("are said in the line above, where there are any", () => {
    expect(printed(relaxing, "A").text).toContain("// v⟨0⟩ is what rounds begin with, v⟨r + 1⟩ what round r gives");
    expect(printed(relaxing.replace("300", "3"), "A").text).not.toMatch(/⟨/u);
  });

  it("have a param of each round, several values, and another index where `r` is taken", () => {
    const source = `cell B(H, L) {
      input x: [H]
      state h: [H]
      param r: [L, H, H]
      u, g = (x, h) then (tanh(r[k] @ g) * u, sigmoid(r[k] @ u') * g) for k < L
      h' = g
      output y = h' * u
    }`;
    const lines = backward(printed(source, "B", { L: 200 }));
    expect(lines.slice(0, 6)).toEqual([
      "u⟨0⟩ = x",
      "g⟨0⟩ = h",
      "k₁[n] = tanh(r[n] · g⟨n⟩)   for n < 200",
      "u⟨n + 1⟩ = k₁[n] ⊙ u⟨n⟩   for n < 200",
      "k₂[n] = σ(r[n] · u⟨n + 1⟩)   for n < 200",
      "g⟨n + 1⟩ = k₂[n] ⊙ g⟨n⟩   for n < 200",
    ]);
    expect(lines).toContain("∂h = ∂g⟨0⟩");
    expect(lines.some((line) => line.startsWith("∂r[n] = "))).toBe(true);
  });

  it("of a function are called by a letter: its names are not those of the cell", () => {
    const source = `cell A(H) {
      input u: [H]
      fn settle(x: [n]): [n] { v = x then tanh(v + x) for 300 return v }
      output v = exp(settle(u))
    }`;
    const lines = backward(printed(source, "A"));
    expect(lines[0]).toBe("k₁⟨0⟩ = u");
    expect(lines.join("\n")).not.toMatch(/(^|\W)v⟨/u);
  });

  it("are LaTeX", () => {
    const { latex } = printed(relaxing, "A");
    expect(latex).toContain(
      "u_{t}^{\\langle r + 1 \\rangle} &= \\tanh\\left(U \\, u_{t}^{\\langle r \\rangle} + x_{t}\\right) && \\text{for } r < 300",
    );
    expect(latex).toContain("\\partial h_{t-1} &= \\left(\\partial u_{t}\\right)^{\\langle 0 \\rangle}");
  });
});

describe("the gallery", () => {
  const folder = "examples/gallery";
  const files = readdirSync(folder).filter((file) => file.endsWith(".cell"));
  /** All when fuzzing, else one of six, and those with as many rounds as make a loop. */
  const texts = files.map((file) => ({ file, source: readFileSync(`${folder}/${file}`, "utf8") }));
  const chosen = texts.filter(({ source }, i) => isFuzzing || i % 6 === 0 || /\bfor [2-9]\d/u.test(source));

  it(`is printed: ${chosen.length} of ${files.length} files`, () => {
    expect(chosen.length).toBeGreaterThanOrEqual(files.length / 6);
    expect(chosen.map(({ file }) => file)).toContain("diode-clipper.cell");
    for (const { file, source } of chosen) {
      for (const { name } of check(source).cells) {
        const { text, latex } = printed(source, name);
        expect(text, file).toContain(`// One step of ${name} back in time.`);
        for (const [environment] of latex.matchAll(/\\begin\{align\*\}[^]*?\\end\{align\*\}/gu))
          expect(
            () => katex.renderToString(environment, { displayMode: true, throwOnError: true }),
            file,
          ).not.toThrow();
      }
    }
  });
});
