/** Whatever the text, the compiler answers with diagnostics: it does not throw, hang, or blow the stack. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { standardSources } from "../../compiler/language/std/sources.js";
import { check, compile } from "../../compiler/index.js";
import { fuzzParameters } from "../support/fuzz.js";
import { mutated } from "../support/mutate-text.js";

const sources = [...standardSources.values()];

describe("hostile sources", () => {
  it("mutated cells are checked without throwing", () => {
    fc.assert(
      fc.property(mutated(sources), (text) => {
        for (const diagnostic of check(text).diagnostics)
          expect(diagnostic.span.start).toBeLessThanOrEqual(text.length + 1);
      }),
      fuzzParameters(300, 4),
    );
  });

  it.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "class", "function", "await", "arguments", "eval", "default", "undefined", "NaN", "globalThis", "fround"])(
    "%s is a name like any other",
    (name) => {
      const text = `cell C(I, H) { input ${name}: [I] state s_${name}: [H] param W: [H, I] q_${name} = W @ ${name} s_${name}' = tanh(q_${name} + s_${name}) output o_${name} = q_${name} }`;
      const result = compile(text, { dimensions: { I: 2, H: 3 } });
      const errors = result.diagnostics.filter(({ severity }) => severity === "error");
      expect(errors).toEqual([]);
    },
  ); // prettier-ignore

  const chain = (length: number, first: string, link: string): string => {
    const links = Array.from({ length }, (_, i) => `e${i + 1} = e${i} * 0.5 + ${link}`).join("\n");
    return `cell Chain(I) { input x: [I] state h: [I] e0 = ${first}\n${links}\nh' = tanh(e${length} + h) output y = h' }`;
  };

  it("initial values count as operations, too", () => {
    const links = Array.from({ length: 300 }, (_, i) => `e${i + 1} = e${i} * 0.5 + 1`).join("\n");
    const text = `cell Chain(I) { input x: [I] param e0: [I] state h: [I] = e300\n${links}\nh' = x + h output y = h' }`;
    const { diagnostics } = compile(text, { dimensions: { I: 2 }, maxOperations: 400 });
    expect(diagnostics.map(({ code }) => code)).toContain("program-too-large");
  });

  it.each([["h", "x"], ["x", "1"], ["1", "x"]])("a long chain of equations from %s by way of %s compiles", (first, link) => {
    const { files, diagnostics } = compile(chain(2000, first, link), { dimensions: { I: 2 } });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  }); // prettier-ignore

  it("a chain that is too long is refused, not a crash", () => {
    const { diagnostics } = compile(chain(20_000, "h", "x"), { dimensions: { I: 2 } });
    expect(diagnostics.map(({ code }) => code)).toContain("program-too-large");
  });

  it.each([
    ["names that nothing declares", (i: number) => `e${i} = unknown${i} + x`, "unknown-name"],
    ["one name again and again", () => "e = x", "duplicate-name"],
    ["dimensions that nothing declares", (i: number) => `e${i} = x[Dim${i}]`, "unknown-dimension"],
    ["functions that nothing declares", (i: number) => `e${i} = func${i}(x)`, "unknown-function"],
    ["names that nothing uses", (i: number) => `e${i} = x`, "unused-name"],
  ])("tens of thousands of reports come soon: %s", (_, line, code) => {
    const lines = Array.from({ length: 32_000 }, (__, i) => line(i)).join("\n");
    const { diagnostics } = check(`cell A(H) { input x: [H]\n${lines}\noutput y = x }`);
    expect(diagnostics.filter((diagnostic) => diagnostic.code === code).length).toBeGreaterThan(30_000);
  });

  it("vectors that are doubled again and again are named in a few words", () => {
    const calls = (count: number): string => "twice(".repeat(count) + "x" + ")".repeat(count);
    const text = `fn twice(v: [n]): [2 * n] { return concat(v, v) } cell A(H) { input x: [H] output y = ${calls(28)} }`;
    const { files, diagnostics } = compile(text, { dimensions: { H: 1 } });
    expect(diagnostics).toEqual([]);
    expect(files[0]?.text.length).toBeLessThan(500_000);
  });
});
