import { describe, expect, it } from "vitest";
import type { FloatType } from "../../../compiler/math/expr.js";
import { mathFunctions, mathNames } from "../../../compiler/math/functions.js";
import { printMathPrelude } from "../../../compiler/math/print-js.js";
import { argumentRows, argumentsFor, compileMath, evaluated } from "./support.js";

const dtypes: readonly FloatType[] = ["f32", "f64"];

describe.each(dtypes)("printed JavaScript gives the evaluator's bits (%s)", (dtype) => {
  const printed = compileMath(dtype);

  it.each(mathNames)("%s", (name) => {
    const evaluate = evaluated(name, dtype);
    const rows = argumentRows(name, dtype, 3000);
    const different = rows.filter((row) => !Object.is(printed[name](...row), evaluate(...row)));
    expect(different).toEqual([]);
  });

  it("f32 results are float32", () => {
    if (dtype === "f64") return;
    for (const name of mathNames.filter((n) => mathFunctions[n].arity === 1)) {
      for (const x of argumentsFor(dtype, 300)) {
        const y = printed[name](x);
        expect(y).toBe(Math.fround(y));
      }
    }
  });
});

describe("the prelude", () => {
  it("is the same for the same set of names", () => {
    expect(printMathPrelude(["tanh", "exp"], "f64")).toBe(printMathPrelude(["exp", "tanh", "exp"], "f64"));
  });

  it("declares only what is needed", () => {
    expect(printMathPrelude([], "f32")).toBe("");
    expect(printMathPrelude(["sign"], "f32")).not.toContain("$pow2");
    expect(printMathPrelude(["tanh"], "f32")).not.toContain("$pow2 ");
    expect(printMathPrelude(["tanh"], "f32")).toContain("$pow2f");
    expect(printMathPrelude(["log"], "f64")).toContain("function $mantissa");
  });

  it.each(dtypes)("each function alone is complete (%s)", (dtype) => {
    for (const name of mathNames) expect(compileMath(dtype, [name])[name](0.5, 0.25, 0.75)).not.toBeNaN();
  });

  it("reads like this", () => {
    expect(printMathPrelude(["sigmoid"], "f32")).toMatchInlineSnapshot(`
      "/** 2^(i - 127) at index i, the float32 of exponent field i. */
      const $pow2f = new Float64Array(256);
      $pow2f[127] = 1;
      for (let i = 127; i < 254; i++) $pow2f[i + 1] = $pow2f[i] * 2;
      for (let i = 127; i > 1; i--) $pow2f[i - 1] = $pow2f[i] * 0.5;
      $pow2f[255] = Infinity;

      /** 1/(1 + e^-x); in [0, 1], 0 where e^-x overflows. */
      function $sigmoid(x) {
        const t = x < -89 ? -89 : x;
        const v = 87 < t ? 87 : t;
        const z = fround(fround(v * -1.4426950216293335) + 12583039);
        const n = z - 12583039;
        const s = fround(v + n * 0.693145751953125 + fround(n * 0.000001428606765330187));
        const s2 = fround(s * s);
        const t_2 = fround(fround(fround(s * -0.008368677459657192) + 0.04166826605796814) + fround(s2 * 0.0013820730382576585));
        const q = fround(fround(fround(s * -0.1666652113199234) + 0.4999999403953552) + fround(s2 * t_2));
        return fround(1 / fround(fround(fround(fround(s2 * q) - s) + 1) * $pow2f[(n + 127) & 255] + 1));
      }
      "
    `);
  });
});
