/** Whatever the text, the compiler answers with diagnostics: it does not throw, hang, or blow the stack. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { standardSources } from "../../compiler/std/sources.js";
import { check, compile } from "../../compiler/index.js";
import { mutated } from "../support/mutate-text.js";

const sources = [...standardSources.values()];
const runs = Number(process.env["RUNS"] ?? 400);

describe("hostile sources", () => {
  it("mutated cells are checked without throwing", () => {
    fc.assert(
      fc.property(mutated(sources), (text) => {
        for (const diagnostic of check(text).diagnostics)
          expect(diagnostic.span.start).toBeLessThanOrEqual(text.length + 1);
      }),
      { numRuns: runs },
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

  it("a chain of thousands of equations compiles", () => {
    const links = Array.from({ length: 3000 }, (_, i) => `e${i + 1} = e${i} * 0.5 + x`).join("\n");
    const text = `cell Chain(I) { input x: [I] state h: [I] e0 = h\n${links}\nh' = tanh(e3000) output y = h' }`;
    expect(compile(text, { dimensions: { I: 2 } }).files.length).toBeGreaterThan(0);
  });

  it("so does one that does not depend on the state, and one of constants", () => {
    const links = Array.from({ length: 3000 }, (_, i) => `e${i + 1} = e${i} * 0.5 + 1`).join("\n");
    const text = `cell Chain(I) { input x: [I] state h: [I] e0 = x\n${links}\nh' = tanh(e3000 + h) output y = h' }`;
    expect(compile(text, { dimensions: { I: 2 } }).files.length).toBeGreaterThan(0);
  });
});
