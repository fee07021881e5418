import { describe, expect, it } from "vitest";
import type { FloatType } from "../../../../compiler/base/math/expr.js";
import { mathFunctions, type MathName, mathNames } from "../../../../compiler/base/math/functions.js";
import { printInlined, printMathHelpers } from "../../../../compiler/base/math/print-js.js";
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
});

it("f32 results are float32", () => {
  const printed = compileMath("f32");
  for (const name of mathNames.filter((n) => mathFunctions[n].arity === 1)) {
    for (const x of argumentsFor("f32", 300)) {
      const y = printed[name](x);
      expect(y).toBe(Math.fround(y));
    }
  }
});

describe("a function in a kernel", () => {
  it("is a block without calls of functions but those of Math", () => {
    for (const dtype of dtypes) {
      for (const name of mathNames) {
        const f = mathFunctions[name][dtype];
        const args = f.params.map((_, i) => `a[${i}]`);
        const text = printInlined(f, args, "$result").join("\n");
        expect(text.replace(/\b(?:fround|Math\.\w+)\(/g, "")).not.toMatch(/\w\(/);
      }
    }
  });

  it("hides no name that its arguments mention", () => {
    const { f32 } = mathFunctions.tanh;
    const text = printInlined(f32, ["$t + $z"], "$n").join("\n");
    expect([...text.matchAll(/const (\$\w+)/g)].map(([, name]) => name)).not.toContain("$n");
    expect(text).not.toMatch(/const \$[tz] /);
  });

  it("has the tables that it reads, and no others", () => {
    const helpers = (name: MathName, dtype: FloatType): string => printMathHelpers([mathFunctions[name][dtype]]);
    expect(printMathHelpers([])).toBe("");
    expect(helpers("sign", "f32")).toBe("");
    expect(helpers("tanh", "f32")).not.toContain("$pow2 ");
    expect(helpers("tanh", "f32")).toContain("$pow2f");
    expect(helpers("tanh", "f32")).toContain("const fround = Math.fround;");
    expect(helpers("tanh", "f64")).not.toContain("fround");
    expect(printMathHelpers([], true)).toBe("const fround = Math.fround;\n");
    expect(helpers("log", "f64")).toContain("const $words");
  });

  it.each(dtypes)("each function alone is complete (%s)", (dtype) => {
    for (const name of mathNames) expect(compileMath(dtype, [name])[name](0.5, 0.25, 0.75)).not.toBeNaN();
  });

  it("reads like this", () => {
    const { f32 } = mathFunctions.sigmoid;
    expect(`\n${printMathHelpers([f32])}\n${printInlined(f32, ["a[i]"], "$sigmoid").join("\n")}\n`)
      .toMatchInlineSnapshot(`
      "
      const fround = Math.fround;

      /** 2^(i - 127) at index i, the float32 of exponent field i. */
      const $pow2f = new Float64Array(256);
      $pow2f[127] = 1;
      for (let i = 127; i < 254; i++) $pow2f[i + 1] = $pow2f[i] * 2;
      for (let i = 127; i > 1; i--) $pow2f[i - 1] = $pow2f[i] * 0.5;
      $pow2f[255] = Infinity;

      let $sigmoid;
      {
        const $x = a[i];
        const $t = $x < -89 ? -89 : $x;
        const $v = 87 < $t ? 87 : $t;
        const $z = fround(fround($v * -1.4426950216293335) + 12583039);
        const $n = $z - 12583039;
        const $s = fround($v + $n * 0.693145751953125 + fround($n * 0.000001428606765330187));
        const $s2 = fround($s * $s);
        const $t_2 = fround(fround(fround($s * -0.008368677459657192) + 0.04166826605796814) + fround($s2 * 0.0013820730382576585));
        const $q = fround(fround(fround($s * -0.1666652113199234) + 0.4999999403953552) + fround($s2 * $t_2));
        $sigmoid = fround(1 / fround(fround(fround(fround($s2 * $q) - $s) + 1) * $pow2f[($n + 127) & 255] + 1));
      }
      "
    `);
  });
});
