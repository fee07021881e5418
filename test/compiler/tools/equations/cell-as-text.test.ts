/** `explain --equations`: the printed text is the cell again, in the spelling of formulas. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/driver/compile.js";
import { cellAsLatex } from "../../../../compiler/tools/equations/cell-as-latex.js";
import { cellAsText } from "../../../../compiler/tools/equations/cell-as-text.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { lowerSource, type LowerResult } from "../../../../compiler/driver/pipeline.js";
import type { LoweredCell } from "../../../../compiler/program/base/lowered-cell.js";
import { linkCell } from "../../../../compiler/language/semantics/link-cell.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { flatten, randomInputs, randomSource, run } from "../../../support/evaluate-helpers.js";
import { shippedSteps } from "../../../support/shipped-cells.js";

type Files = Readonly<Record<string, string>>;

function lowered(source: string, cell: string, files: Files = {}): LowerResult {
  const result = lowerSource(source, { cell, file: "main.cell", readFile: (name) => files[name] }, "symbolic");
  expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return result;
}

function asText({ cell, written }: LowerResult, files: Files = {}): string {
  const { tree, typed } = written!;
  return cellAsText(
    linkCell(tree, (name) => files[name], typed.name),
    cell!,
  );
}

/** Everything that compilation goes by, as plain data: the graphs as text, so without places in the source. */
function meaning({ step, initial, declared, ...rest }: LoweredCell): unknown {
  return {
    ...rest,
    step: printFunction(step),
    initial: initial === undefined ? undefined : printFunction(initial),
    declared: declared.map(({ name, fn }) => ({ name, fn: printFunction(fn) })),
  };
}

function expectSame(source: string, cell: string, files: Files = {}): { text: string; again: LoweredCell } {
  const first = lowered(source, cell, files);
  const text = asText(first, files);
  const again = lowered(text, cell).cell!;
  expect(meaning(again), text).toEqual(meaning(first.cell!));
  // Printing is settled after one time.
  expect(asText(lowered(text, cell))).toBe(text);
  return { text, again };
}

const fuzzing = process.env["RUNS"] !== undefined;
const runs = Number(process.env["RUNS"] ?? 60);

describe("the printed equations, read back in", () => {
  it.each(shippedSteps())("are $cell", ({ source, cell }) => {
    const { text } = expectSame(source, cell);
    expect(text).not.toMatch(/^import|@|<=|>=|!=|sigmoid\(/mu);
    // The modules are the same but for where their source stood.
    const dimensions = Object.fromEntries(lowered(source, cell).written!.typed.dimensions.map(({ name }) => [name, 4]));
    const options = { cell, dimensions, file: "main.cell", gradient: false };
    expect(compile(text, options).files).toEqual(compile(source, options).files);
  });

  it("are any cell, and compute the same", () => {
    const sizes = [new Map(Object.entries({ I: 2, H: 3, S: 2 }))];
    fc.assert(
      fc.property(arbitraryCell({ equations: 5 }), fc.nat(1e6), ({ source, cell }, seed) => {
        const { again } = expectSame(source, cell);
        const { step } = lowered(source, cell).cell!;
        const values = randomInputs(step, sizes, randomSource(seed));
        const numbers = (fn: typeof step): unknown => [...run(fn, values, sizes)].map(([, value]) => flatten(value));
        expect(numbers(again.step)).toEqual(numbers(step));
      }),
      { numRuns: runs, ...(fuzzing ? {} : { seed: 1 }) },
    );
  });

  it("keep the names that the author gave, in letters", () => {
    const source = `
      cell Names(H) {
        input x: [H]
        state h_1, h_tilde: [H]
        param alpha, mu_hat, W_beta, sigma_12: [H]
        param sigma: real = 0
        h_1' = sigmoid(alpha * x) * h_1 ^ 2 + sigma * sigma_12 ^ -1
        h_tilde' = if x <= 0 and not (x != 1) then 2 * h_tilde else -mu_hat * W_beta ^ h_1
        output y = h_tilde' + sum(h_1')
      }`.replace(" = 0", "");
    const { text } = expectSame(source, "Names");
    const [cell = "", backward = ""] = text.split("\n// ");
    expect(cell).toContain("state h₁, h̃: [H]");
    expect(cell).toContain("h₁' = σ(α ⊙ x) ⊙ h₁² + σ ⊙ σ₁₂⁻¹");
    expect(cell).toContain("h̃'  = if x ≤ 0 ∧ ¬(x ≠ 1) then 2 × h̃ else −μ̂ ⊙ W_β ^ h₁");
    expect(cell).toContain("output y = h̃' + ∑(h₁')");
    expect(backward).toContain("One step of Names back in time");
    expect(text).toContain("∂h̃' = ∂h̃'⁺ + ∂y⁺");
  });

  it("come back also where formulas have no way to write them", () => {
    const names = ["h_hat_tilde", "gate_hat", "_1", "h__1", "h_1_2", "Alpha", "omicron", "a_", "sigma_sigma", "Sigma"];
    const params = names.map((name) => `param ${name}: [H]`).join("\n");
    const source = `cell Odd(H) { input x: [H]\n${params}\noutput y = x * ${names.join(" * ")} }`;
    expectSame(source, "Odd");
  });
});

describe("a cell of several files", () => {
  it("is one text; names that two files use for different things are told apart", () => {
    const files = {
      "a.cell":
        "fn norm(v: [n]): [n] { return v / sum(v) }\nfn tanh(v: [n]): [n] { return 2 * v }\n" +
        "cell Gate(H) { input x: [H] output y = norm(x) + tanh(x) }",
      "b.cell":
        'import { Gate as Other } from "./a.cell"\nfn norm(v: [n]): [n] { return v - sum(v) }\n' +
        "cell Gate(H) { input x: [H] use o = Other(H) fn norm_2(v: [n]): [n] { return norm(v) } output y = norm_2(o(x)) }",
    };
    const source = `
      import { Gate } from "./b.cell"
      import { norm } from "./a.cell"
      cell Main(H) {
        input x: [H]
        use g = Gate(H)
        output y = norm(g(tanh(x)))
      }`;
    const { text } = expectSame(source, "Main", files);
    expect(text.match(/^fn \w+|^cell \w+/gmu)).toHaveLength(6);
  });

  it("needs no file of the standard library", () => {
    const source = `
      import { LSTM as Layer } from "std/lstm"
      cell Deep(I, H) {
        input x: [I]
        use below = Layer(I, H)
        use above = Layer(H, H)
        output y = above(below(x))
      }`;
    const { text } = expectSame(source, "Deep");
    expect(text).toContain("use below = LSTM(I, H)");
    expect(text).toContain("∂above.c' = ∂above.c'⁺");
  });
});

describe("one step back", () => {
  const backward = (source: string): string[] => {
    const text = asText(lowered(source, "A"));
    const lines = text.split("\n").flatMap((line) => /^\/\/ {3}(.*)$/u.exec(line)?.[1] ?? []);
    return lines;
  };

  it("is written in what the author named", () => {
    const source =
      "cell A(I, H) { input x: [I] state h: [H] param W: [H, I] param U: [H, H] h' = tanh(W @ x + U @ h) output y = h' }";
    expect(backward(source)).toEqual([
      "∂h' = ∂h'⁺ + ∂y⁺",
      "k₁ = ∂h' ⊙ (1 − h'²)",
      "∂U = k₁ ⊗ h",
      "∂h = Uᵀ · k₁",
      "∂W = k₁ ⊗ x",
      "∂x = Wᵀ · k₁",
    ]);
  });

  it("does not take a name of the author's for a derivative, nor use one for its own", () => {
    const source =
      "cell A(H) { input x, k_1, residual: [H] param d_x, grad_x, t: [H] d_h = tanh(x * d_x) output y = exp(d_h * grad_x) * k_1 * residual * t }";
    const lines = backward(source);
    expect(lines.join("\n")).toContain("∂d_h");
    expect(lines.join("\n")).toMatch(/^u₁ = /mu);
    expect(lines.some((line) => line.startsWith("∂d_x = "))).toBe(true);
  });
});

it("writes a sum of 3,000 equations in formulas of no more than some levels", () => {
  const chain = Array.from({ length: 3000 }, (_, i) => `  a${i + 1} = a${i} + ${i % 2 === 0 ? "x" : "h"}`);
  const source = `cell Long(H) {
  input x: [H]
  state h: [H]
  a0 = h * x
${chain.join("\n")}
  h' = tanh(a3000)
}
`;
  const result = lowered(source, "Long");
  const text = asText(result);
  expect(text).toContain("∂x = ");
  const longest = text.split("\n").reduce((most, line) => Math.max(most, line.length), 0);
  expect(longest).toBeLessThan(2000);
  expect(cellAsLatex(result.written!.typed, result.cell!)).toContain("\\partial");
});
