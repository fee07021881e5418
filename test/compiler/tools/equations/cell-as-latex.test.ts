/** `explain --latex`: what is printed is LaTeX, in the form of papers. */
import fc from "fast-check";
import katex from "katex";
import { describe, expect, it } from "vitest";
import { cellAsLatex } from "../../../../compiler/tools/equations/cell-as-latex.js";
import { nameLatex } from "../../../../compiler/tools/equations/latex-names.js";
import { plainName } from "../../../../compiler/tools/equations/formula.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { shippedCells, shippedSteps } from "../../../support/shipped-cells.js";

function latexOf(source: string, name?: string): string {
  const { cell, written, diagnostics } = lowerSource(source, name === undefined ? {} : { cell: name }, "symbolic");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return cellAsLatex(written!.typed, cell!);
}

const environments = (latex: string): string[] =>
  [...latex.matchAll(/\\begin\{align\*\}[^]*?\\end\{align\*\}/gu)].map(([text]) => text);

/** Everything but comments is an environment that KaTeX takes in its strictest way; returns the environments. */
function expectLatex(latex: string): string[] {
  expect(latex).toMatch(/^[\x20-\x7e\n]*$/u);
  const found = environments(latex);
  const rest = found.reduce((text, environment) => text.replace(environment, ""), latex);
  expect(rest.replace(/^%.*$/gmu, "").trim()).toBe("");
  for (const environment of found) {
    const options = { displayMode: true, throwOnError: true, strict: "error", output: "html" } as const;
    expect(() => katex.renderToString(environment, options), environment).not.toThrow();
  }
  return found;
}

/** The equations of the last cell forward, a line each. */
function forwardLines(latex: string): string[] {
  const all = environments(latex);
  const forward = all[all.length - 2] ?? "";
  return forward.split("\n").slice(1, -1).map((line) => line.trim().replace(/ \\\\$/u, "")); // prettier-ignore
}

const fuzzing = process.env["RUNS"] !== undefined;
const runs = Number(process.env["RUNS"] ?? 200);

describe("LaTeX that KaTeX takes", () => {
  it.each(shippedSteps())("of $cell", ({ source, cell }) => {
    const found = expectLatex(latexOf(source, cell));
    expect(found.length).toBeGreaterThanOrEqual(3);
  });

  it("of any cell", () => {
    fc.assert(
      fc.property(arbitraryCell({ equations: 5 }), ({ source, cell }) => {
        expectLatex(latexOf(source, cell));
      }),
      { numRuns: runs, ...(fuzzing ? {} : { seed: 1 }) },
    );
  });

  it("of delays, as states with the names of their equations", () => {
    const latex = latexOf(`cell A(N) { input x: real param d: real a = delay(x, by = N)
      output y = a + delay(x, by = 2 * d, most = N) }`);
    expectLatex(latex);
    expect(forwardLines(latex).filter((line) => /^[ay]_/u.test(line))).toEqual([
      String.raw`a_{t} &= \mathrm{a.past}_{t-1}\left[N - 1\right]`,
      String.raw`y_{t} &= a_{t} + \operatorname{delay}\left(\mathrm{y.past}_{t-1}, 2 \cdot d\right)`,
    ]);
  });

  it("is refused where it is wrong: this test can fail", () => {
    expect(() => expectLatex("\\begin{align*}\n x &= \\undefined_1_2\n\\end{align*}")).toThrow();
    expect(() => expectLatex("stray \\begin{align*}\n x &= 1\n\\end{align*}")).toThrow();
  });
});

describe("the form of papers", () => {
  const shipped = (name: string): string => latexOf(shippedCells().find(({ cell }) => cell === name)!.source, name);

  it("LSTM, as in Hochreiter and Schmidhuber with Gers's forget gate", () => {
    expect(forwardLines(shipped("LSTM"))).toEqual([
      "i_{t} &= \\sigma\\left(W_{i} \\, x_{t} + U_{i} \\, h_{t-1} + b_{i}\\right)",
      "f_{t} &= \\sigma\\left(W_{f} \\, x_{t} + U_{f} \\, h_{t-1} + b_{f}\\right)",
      "g_{t} &= \\tanh\\left(W_{g} \\, x_{t} + U_{g} \\, h_{t-1} + b_{g}\\right)",
      "o_{t} &= \\sigma\\left(W_{o} \\, x_{t} + U_{o} \\, h_{t-1} + b_{o}\\right)",
      "c_{t} &= f_{t} \\odot c_{t-1} + i_{t} \\odot g_{t}",
      "h_{t} &= o_{t} \\odot \\tanh\\left(c_{t}\\right)",
      "y_{t} &= h_{t}",
    ]);
  });

  it("a spike, with the derivative that it declares", () => {
    const latex = shipped("LIF");
    expect(latex).toContain(
      "\\mathrm{D} \\operatorname{spike}\\left(v, \\mathrm{steepness}\\right) \\left[\\mathrm{dv}, \\mathrm{\\_dsteepness}\\right] &= \\frac{\\mathrm{dv}}{",
    );
    expect(latex).toContain("\\partial v_{t} &= \\partial v^{+}_{t} + \\frac{\\partial s_{t}}{k_{1}^{2}}");
  });

  it("GRU, and its derivative", () => {
    const latex = shipped("GRU");
    expect(forwardLines(latex)).toEqual([
      "r_{t} &= \\sigma\\left(W_{r} \\, x_{t} + U_{r} \\, h_{t-1} + b_{r}\\right)",
      "z_{t} &= \\sigma\\left(W_{z} \\, x_{t} + U_{z} \\, h_{t-1} + b_{z}\\right)",
      "n_{t} &= \\tanh\\left(W_{n} \\, x_{t} + b_{n} + r_{t} \\odot \\left(U_{n} \\, h_{t-1} + c_{n}\\right)\\right)",
      "h_{t} &= \\left(1 - z_{t}\\right) \\odot n_{t} + z_{t} \\odot h_{t-1}",
      "y_{t} &= h_{t}",
    ]);
    expect(latex).toContain("\\partial h_{t} &= \\partial h^{+}_{t} + \\partial y^{+}_{t}");
    expect(latex).toContain(
      "\\partial h_{t-1} &= \\partial h_{t} \\odot z_{t} + U_{n}^{\\top} \\, \\partial c_{n} + U_{r}^{\\top} \\, \\partial b_{r} + U_{z}^{\\top} \\, \\partial b_{z}",
    );
    expect(latex).toContain("  W_{r}, W_{z}, W_{n} &\\in \\mathbb{R}^{H \\times I} && \\text{param} \\\\");
  });

  it("functions that read values of the cell", () => {
    const latex = latexOf(`cell A(H) {
      input x: [H]
      state h: [H]
      param U: [H, H]
      param g: [H]
      gain = exp(g)
      fn layer(v: [H]): [H] { return gain * tanh(U @ v) }
      h' = layer(h + x)
      output y = h'
    }`);
    expectLatex(latex);
    expect(latex).toContain(
      "\\operatorname{layer}\\left(v\\right) &= \\mathrm{gain} \\odot \\tanh\\left(U \\, v\\right)",
    );
    expect(forwardLines(latex)).toContain("h_{t} &= \\operatorname{layer}\\left(h_{t-1} + x_{t}\\right)");
  });

  it("index equations, with the functions that they call and the time of what they read", () => {
    const latex = latexOf(`cell A(N, H) {
      input x: [H]
      param W: [N, H, H]
      fn twice(v: [n]): [n] { return v + v }
      u[n] = twice(W[n] @ x)
      output y = sum(u, axis = 0)
    }`);
    expectLatex(latex);
    expect(latex).toContain("\\operatorname{twice}\\left(v\\right) &= v + v");
    expect(forwardLines(latex)[1]).toMatch(/^y_\{t\} &= .*u_\{t\}/u);
  });

  it("complex numbers, whose derivatives are those of their parts", () => {
    const latex = latexOf(`cell A(N) {
      input x: [N]
      state h: complex[N]
      param b, c: complex
      a = exp(2i * b) / (1i + conj(c))
      h' = a * h + x
      output y = re(h') + abs(h)
    }`);
    expectLatex(latex);
    expect(latex).toContain("h_{t} &\\in \\mathbb{C}^{N} && \\text{state}");
    expect(latex).toContain("b, c &\\in \\mathbb{C} && \\text{param}");
    const forward = forwardLines(latex).join("\n");
    expect(forward).toContain(String.raw`a &= \frac{\exp\left(2 \mathrm{i} \cdot b\right)}{\mathrm{i} + \overline{c}}`);
    expect(forward).toContain(String.raw`\operatorname{Re}\left(h_{t}\right) + \left|h_{t-1}\right|`);
    expect(latex).toContain(String.raw`\partial \operatorname{Im} b &= `);
    expect(latex).toContain(String.raw`\partial \operatorname{Re} h^{+}_{t}`);
    expect(latex).not.toContain("^{(");
  });

  it("every construction of the language", () => {
    const latex = latexOf(`
      fn scale(v: [n], by: real): [n] { m = mean(v) s = sum(v) return by * (v - m) / s }
      cell All(H, N, eps: real = 1e-5) {
        input x: [H]
        input token: index(N)
        context m: [S, H]
        state h: [H] = h_0
        state long_memory: [H]
        param h_0, v: [H]
        param E: [N, H]
        param W_ih, W_hh: [H, H]
        param gamma_n, mu_hat: [H]
        param a, hidden_size: real
        clipped = if x < -1 then -1 else if x > 1 and not (a == 0) then 1 else x
        fixed = sqrt(square(a)) / abs(a + eps)
        alpha = softmax(m @ h)
        parts = concat(x[:1], E[token][1:], axis = 0)
        wide = max(W_ih @ transpose(W_hh), axis = 1) ^ 2
        h' = scale(clipped + 2 * x @ W_ih, a) * gamma_n + mu_hat * parts + wide
        long_memory' = alpha @ m + fixed * (v @ h) + E[0, H - 1] + floor(x) + exp(-h') - hidden_size
        output y = reshape(h, [1, H]) + ones([1, H])
      }`);
    expectLatex(latex);
    const lines = latex.split("\n").map((line) => line.trim().replace(/ \\\\$/u, ""));
    for (const line of [
      "\\operatorname{scale}\\left(v, \\mathrm{by}\\right) &= \\frac{\\mathrm{by} \\cdot \\left(v - m\\right)}{s}",
      "&\\quad \\text{where } m = \\operatorname{mean}\\left(v\\right)",
      "&\\quad \\text{and } s = \\operatorname{sum}\\left(v\\right)",
      "\\mathrm{eps} &= 10^{-5}",
      "\\mathrm{token}_{t} &\\in \\{0, \\dots, N - 1\\} && \\text{input}",
      "m &\\in \\mathbb{R}^{S \\times H} && \\text{context}",
      "h_{t-1} &= h_{0} && \\text{at } t = 1",
      "a, \\mathrm{hidden\\_size} &\\in \\mathbb{R} && \\text{param}",
      "\\mathrm{clipped}_{t} &= \\begin{cases} -1 & \\text{if } x_{t} < -1 \\\\ 1 & \\text{if } x_{t} > 1 \\land \\lnot \\left(a = 0\\right) \\\\ x_{t} & \\text{otherwise} \\end{cases}",
      "\\mathrm{fixed} &= \\frac{\\sqrt{a^{2}}}{\\left|a + \\mathrm{eps}\\right|}",
      "\\alpha_{t} &= \\operatorname{softmax}\\left(m \\, h_{t-1}\\right)",
      "\\mathrm{parts}_{t} &= \\left[x_{t}\\left[0{:}1\\right];\\, E\\left[\\mathrm{token}_{t}\\right]\\left[1{:}H\\right]\\right]",
      "\\mathrm{wide} &= \\left(\\max_{\\mathrm{axis}\\,1}\\left(W_{ih} \\, W_{hh}^{\\top}\\right)\\right)^{2}",
      "h_{t} &= \\operatorname{scale}\\left(\\mathrm{clipped}_{t} + W_{ih}^{\\top} \\, \\left(2 \\cdot x_{t}\\right), a\\right) \\odot \\gamma_{n} + \\hat{\\mu} \\odot \\mathrm{parts}_{t} + \\mathrm{wide}",
      "y_{t} &= \\operatorname{reshape}_{1 \\times H}\\left(h_{t-1}\\right) + \\mathbf{1}_{1 \\times H}",
    ]) {
      expect(lines).toContain(line);
    }
    expect(latex).toContain(
      "\\mathrm{long\\_memory}_{t} &= m^{\\top} \\, \\alpha_{t} + \\mathrm{fixed} \\cdot v^{\\top} h_{t-1}",
    );
  });

  it("a value of the author's called sigma leaves σ to it", () => {
    const latex = latexOf("cell A(H) { input x: [H] param sigma: [H] output y = sigmoid(x) * sigma }");
    expect(latex).toContain("\\operatorname{sigmoid}\\left(x_{t}\\right) \\odot \\sigma");
  });

  it("used cells: their equations once, their values by path", () => {
    const latex = latexOf(
      `
      cell In(H) { input x: [H] state s: [H] param w_1: [H] s' = s + w_1 * x output y = s' }
      cell Out(H) { input x: [H] use low_er = In(H) use b = In(H) output y = b(low_er(x)) + low_er.s }`,
      "Out",
    );
    expect(latex.match(/^% In: one step$/gmu)).toHaveLength(1);
    expect(latex).toContain("\\mathrm{low\\_er} &= \\operatorname{In}\\left(H\\right)");
    expect(latex).toContain(
      "y_{t} &= \\mathrm{b}\\left(\\mathrm{low\\_er}\\left(x_{t}\\right)\\right) + s^{(\\mathrm{low\\_er})}_{t-1}",
    );
    expect(latex).toContain("\\partial w^{(\\mathrm{b})}_{1} &= ");
    expectLatex(latex);
  });
});

describe("names", () => {
  const plain = (text: string, time?: "state" | "step"): string =>
    nameLatex(plainName(text), new Map(time === undefined ? [] : [[text, time]])).text;

  it.each([
    ["W_ih", "W_{ih}"],
    ["h_tilde", "\\tilde{h}"],
    ["sigma", "\\sigma"],
    ["Gamma_1", "\\Gamma_{1}"],
    ["Alpha", "\\mathrm{A}"],
    ["b_out", "b_{\\mathrm{out}}"],
    ["W_beta_2", "W_{\\beta,2}"],
    ["memory", "\\mathrm{memory}"],
    ["hidden_size", "\\mathrm{hidden\\_size}"],
    ["_x", "\\mathrm{\\_x}"],
  ])("%s is %s", (name, latex) => {
    expect(plain(name)).toBe(latex);
  });

  it("of used cells stand above the line, with their places in an array", () => {
    const used = (place: number | undefined) => ({ ...plainName("W_z"), path: [{ name: "rnn", place }] });
    expect(nameLatex(used(undefined), new Map()).text).toBe("W^{(\\mathrm{rnn})}_{z}");
    expect(nameLatex(used(2), new Map([["rnn.W_z", "step"]])).text).toBe("W^{(\\mathrm{rnn}.\\mathrm{2})}_{z,t}");
  });

  it("of a part of a complex value say which", () => {
    const part = { ...plainName("x"), part: "re" } as const;
    expect(nameLatex(part, new Map([["x", "state"]])).text).toBe("\\operatorname{Re} x_{t-1}");
  });

  it("a state is of the step before", () => {
    expect(plain("h_1", "state")).toBe("h_{1,t-1}");
    expect(plain("h_t", "step")).toBe("h_{\\mathrm{t},t}");
  });

  it("different names look different", () => {
    const words = fc.constantFrom("h", "H", "t", "1", "10", "12", "2", "ih", "i", "alpha", "Alpha", "A", "omicron", "o", "hat", "tilde", "out", "memory", "x1", ""); // prettier-ignore
    const name = fc
      .array(words, { minLength: 1, maxLength: 4 })
      .map((list) => list.join("_"))
      .filter((text) => /^[A-Za-z_]\w*$/u.test(text));
    const named = fc.tuple(name, fc.constantFrom(undefined, "state" as const, "step" as const));
    fc.assert(
      fc.property(named, named, (a, b) => {
        fc.pre(String(a) !== String(b));
        expect(plain(...a)).not.toBe(plain(...b));
      }),
      { numRuns: 5000, seed: 1 },
    );
  });
});
