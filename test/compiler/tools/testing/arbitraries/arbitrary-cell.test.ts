/** Random cells are well-typed, cover the language and shrink to little. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "../../../../../compiler/index.js";
import { builtinNames } from "../../../../../compiler/language/semantics/builtins.js";
import { drawFunctionNamed } from "../../../../../compiler/language/semantics/draw-functions.js";
import { arbitraryCell } from "../../../../../compiler/tools/testing/arbitraries/arbitrary-cell.js";

const seed = 1;

describe("random cells", () => {
  it("are well-typed for all sizes", () => {
    fc.assert(
      fc.property(arbitraryCell(), ({ source, cell, dimensions }) => {
        const result = check(source);
        expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(result.cells.find(({ name }) => name === cell)?.dimensions).toEqual(dimensions);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("cover the language", () => {
    const text = fc.sample(arbitraryCell(), { seed, numRuns: 600 }).map(({ source }) => source).join("\n"); // prettier-ignore
    // Draws of one kind stand for all of them, which are told apart before anything is derived.
    const others = [...builtinNames].filter((name) => drawFunctionNamed(name) === undefined);
    const missing = others.filter((name) => !text.includes(`${name}(`));
    expect(missing, "in no random cell: forms are in tools/testing/arbitraries/term-forms.ts").toEqual([]);
    const operators = ["+", "-", "*", "/", "@", "<", "<=", ">", ">=", "==", "!=", "and", "or", "then"];
    expect(operators.filter((operator) => !text.includes(` ${operator} `))).toEqual([]);
    for (const piece of [
      "^",
      "not ",
      "(-",
      "fn scaled",
      "fn layer",
      "fn weighed",
      "use inner",
      "state c",
      "context m",
      "context g",
      "state n: real",
      "state h: [H] = g",
      "index(3)",
      "[:, 0]",
      "H - 1",
      "derivative(dv, dw)",
      "spike(",
      "rounded(",
      "unit(",
      "versor(",
      "quotient(",
      "+ delay(e0, by = 2)",
      "most = 3)",
      "a, b = parted(v, w)",
      "sized(sized(",
      "tilted[1]",
      "by = (v, w)",
      "pile[1 - layer_of](piled)",
      "implicit",
      "solve(M, [mean(v), mean(w)])",
      "use around = Around(Pile, H)",
      "use second = first",
      "normal([H], q, 0.5)",
      "dropout(r, 0.3)",
      "bernoulli([H], 0.6)",
      "narrow(place + 1, H, place)",
      "narrow(k, H, 0)",
      "w[order]",
      "v[(2 * i + 1) mod n]",
      "(2 * k + j + 1) mod n",
      "one_hot(m, n)",
      "0.5 * z * z + 0.25i",
      "0.5 * exp(1i * r)",
      "both', beside' = exchange(both, r)",
      "up, down, level = spread(r, q)",
      "[slots']",
    ]) {
      expect(text).toContain(piece);
    }
  });

  it("have sums of two products of the same vectors with different matrices", () => {
    const texts = fc.sample(arbitraryCell(), { seed, numRuns: 250 }).map(({ source }) => source);
    const product = String.raw`\((\w) @ ((?:[a-z]\w*\()?[\w.' *]+\)?)\)`;
    const sum = new RegExp(String.raw`= \(${product} [-+] ${product}\)$`, "gmu");
    const pairs = texts.filter((text) => {
      const sums = [...text.matchAll(sum)].map(([, F, a, G, b]) => ({
        matrices: [F, G],
        vectors: [a, b].sort().join(),
      }));
      return sums.length > 1 && sums.every(({ vectors }) => vectors === sums[0]?.vectors);
    });
    expect(pairs.length).toBeGreaterThan(7);
  });

  it("without kinks where they are to be smooth", () => {
    const text = fc.sample(arbitraryCell({ smooth: true }), { seed, numRuns: 200 }).map(({ source }) => source).join("\n"); // prettier-ignore
    // When rounds stop has no part in an implicit derivative.
    expect(text.replaceAll(/ until .* implicit$/gmu, "")).not.toMatch(
      /\b(abs|relu|elu|max|min|clamp|floor|round|sign|stop_gradient|spike|rounded|versor|capped|bounded)\(|\bif\b(?! [ik] == )/u,
    );
  });

  it("shrink to a tiny text that still has what was looked for", () => {
    for (const wanted of [
      "erf(",
      "logsumexp(",
      "table[k]",
      "inner(",
      "@ transpose(",
      "unit(",
      "context g",
      "state n",
      " = ((F @ ",
    ]) {
      const result = fc.check(
        fc.property(arbitraryCell(), ({ source }) => !source.includes(wanted)),
        { seed, numRuns: 2000 },
      );
      const source = result.counterexample?.[0].source ?? "";
      expect(source).toContain(wanted);
      expect(check(source).diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      const body = source.slice(source.indexOf("cell Random"));
      expect(body.split("\n").length, body).toBeLessThanOrEqual(12);
      expect(body.length, body).toBeLessThan(260);
    }
  });

  it("print as a text to be pasted", () => {
    const [random] = fc.sample(arbitraryCell(), { seed, numRuns: 1 });
    expect(fc.stringify(random)).toBe(`\n${random?.source ?? ""}`);
  });
});
