import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeMathFunctions } from "../../../../compiler/base/math/describe.js";
import type { FloatType } from "../../../../compiler/base/math/expr.js";
import type { MathName } from "../../../../compiler/base/math/functions.js";
import { mathFunctions, mathNames } from "../../../../compiler/base/math/functions.js";
import { compileMath, ErrorMeter, readReferences } from "./support.js";

const spec = readFileSync(new URL("../../../../spec/numerics.md", import.meta.url), "utf8");

/** The cells of the table whose first heading is `function`, without the columns' padding. */
function tableOf(markdown: string): string[][] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => /^\| function\s+\|/.test(line));
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  return lines.slice(start, start + length).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
}

describe("spec/numerics.md", () => {
  const [head, , ...rows] = tableOf(spec) as [string[], string[], ...string[][]];

  it("shows the bounds that the functions state", () => {
    const [expectedHead, , ...expected] = tableOf(describeMathFunctions() + "\n");
    expect(head).toEqual(expectedHead);
    expect(rows, "the rows of spec/numerics.md, which are written by hand, beside those of describe.ts").toEqual(
      expected,
    );
  });

  it.each(["f32", "f64"] as FloatType[])("shows bounds that hold, read from the page (%s)", (dtype) => {
    const math = compileMath(dtype);
    const column = head.indexOf(`${dtype} ulp`);
    const round = dtype === "f32" ? Math.fround : (x: number): number => x;
    const references = readReferences();
    for (const row of rows) {
      const name = /`(\w+)\(/.exec(row[0]!)![1] as MathName;
      const meter = new ErrorMeter(dtype);
      // These round nothing.
      if (name !== "sign" && name !== "clamp") expect(references[name]?.length, name).toBeGreaterThan(10);
      for (const recorded of references[name] ?? []) {
        const args = recorded.slice(0, -2);
        if (args.every((x) => round(x) === x))
          meter.add(math[name](...args), recorded.at(-2)!, recorded.at(-1)!, ...args);
      }
      expect(meter.worst.ulp, name).toBeLessThanOrEqual(Number(row[column]));
    }
  });

  it("has a row for every function", () => {
    expect(
      rows.map((row) => /`(\w+)\(/.exec(row[0]!)![1]),
      "rows of spec/numerics.md",
    ).toEqual([...mathNames]);
    for (const name of mathNames) expect(mathFunctions[name].f32.params).toHaveLength(mathFunctions[name].arity);
  });
});
