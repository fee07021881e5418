/** Sums in four parts, written out for targets without vectors, against the definition in spec/kernel-ir.md. */
import { describe, expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import { interleaveSumsPass } from "../../../../compiler/passes/kernel/interleave-sums.js";
import { scalar16 } from "../../../../compiler/passes/kernel/target.js";
import { dedent, expectStatements } from "../../../support/kernel-text.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { flatten } from "../../../support/evaluate-helpers.js";
import { programOf, runFunction } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

/** A matrix of `rows`, each summed over `columns`. */
const total = (rows: string, columns: string) =>
  parseProgram(
    `func f(%input.x: real[${rows}, ${columns}]) -> (output.y: %y) { %y: real[${rows}] = reduce sum axes [1] %input.x }`,
    cellAxes(["S"]),
  ).functions[0]!;
const both = parseProgram(
  `func f(%input.x: real[3, S]) -> (output.y: %y) { %y: real[] = reduce sum axes [0, 1] %input.x }`,
  cellAxes(["S"]),
).functions[0]!;

function lowered(columns: string): KernelProgram {
  return lowerProgram(programOf(total("2", columns)), { runtimeDimensions: ["S"] });
}

test("lowering says which loop counts the parts", () => {
  expect(printKernelFunction(lowered("5").functions[0]!)).toContain("var sum = 0 in four parts by j");
});

describe("interleave-sums", () => {
  const buffers = `
    buffer x: real[6] external persistent
    buffer y: real[1] external persistent`;

  test("a known number of elements: rounds of four, and each element that is left", () => {
    expectStatements(
      interleaveSumsPass,
      scalar16,
      buffers,
      `
      var s = 0 in four parts by j
      for j < 6
        s = sum(s, x[j])
      y[0] = s`,
      `
      var s0 = 0
      var s1 = 0
      var s2 = 0
      var s3 = 0
      for j < 4 from 0 step 4
        s0 = sum(s0, x[j])
        s1 = sum(s1, x[j + 1])
        s2 = sum(s2, x[j + 2])
        s3 = sum(s3, x[j + 3])
      for j < 6 from 4 step 4
        s0 = sum(s0, x[j])
      for j < 6 from 5 step 4
        s1 = sum(s1, x[j])
      y[0] = add(add(s0, s2), add(s1, s3))`,
    );
  });

  test("fewer than four elements have no rounds", () => {
    expectStatements(
      interleaveSumsPass,
      scalar16,
      buffers,
      `
      var s = 0 in four parts by j
      for j < 2
        s = sum(s, x[j])
      y[0] = s`,
      `
      var s0 = 0
      var s1 = 0
      var s2 = 0
      var s3 = 0
      for j < 2 from 0 step 4
        s0 = sum(s0, x[j])
      for j < 2 from 1 step 4
        s1 = sum(s1, x[j])
      y[0] = add(add(s0, s2), add(s1, s3))`,
    );
  });

  test("whatever reads a sum adds up its parts, and names of a round are told apart", () => {
    expectStatements(
      interleaveSumsPass,
      scalar16,
      `${buffers}
    buffer z: real[2] external persistent`,
      `
      var s = 0 in four parts by j
      var t = 1
      var u = 1
      for j < 4
        index k = remainder(j, 2)
        let v = x[k]
        s = sum(s, v)
      t = sum(t, s)
      set u = mul(s, 2)
      let w = neg(s)
      for i < 2
        z[i] = (i < 1 ? s : w)
      y[0] = add(t, u)`,
      `
      var s0 = 0
      var s1 = 0
      var s2 = 0
      var s3 = 0
      var t = 1
      var u = 1
      for j < 4 from 0 step 4
        index k = remainder(j, 2)
        let v = x[k]
        s0 = sum(s0, v)
        index kPart1 = remainder(j + 1, 2)
        let vPart1 = x[kPart1]
        s1 = sum(s1, vPart1)
        index kPart2 = remainder(j + 2, 2)
        let vPart2 = x[kPart2]
        s2 = sum(s2, vPart2)
        index kPart3 = remainder(j + 3, 2)
        let vPart3 = x[kPart3]
        s3 = sum(s3, vPart3)
      t = sum(t, add(add(s0, s2), add(s1, s3)))
      set u = mul(add(add(s0, s2), add(s1, s3)), 2)
      let w = neg(add(add(s0, s2), add(s1, s3)))
      for i < 2
        z[i] = (i < 1 ? add(add(s0, s2), add(s1, s3)) : w)
      y[0] = add(t, u)`,
    );
  });

  test("parts, integers and names of a round are called as nothing else is", () => {
    expectStatements(
      interleaveSumsPass,
      scalar16,
      `
      buffer x: real[4*%B] external persistent
      buffer y: real[%B] external persistent`,
      `
      let sum2 = x[0]
      let vPart1 = x[1]
      let jSize = x[2]
      for b < examples
        let jRest = x[b * 4]
        var sum = 0 in four parts by j
        for j < %T of b
          let v = x[b * 4 + j]
          sum = sum(sum, v)
        y[b] = add(add(sum, sum2), add(vPart1, add(jSize, jRest)))`,
      `
      let sum2 = x[0]
      let vPart1 = x[1]
      let jSize = x[2]
      for b < examples
        let jRest = x[b * 4]
        var sum0 = 0
        var sum1 = 0
        var sum22 = 0
        var sum3 = 0
        index jSize2 = %T of b
        index jRest2 = remainder(jSize2, 4)
        for j < jRest2 * (-1) + jSize2 from 0 step 4
          let v = x[b * 4 + j]
          sum0 = sum(sum0, v)
          let vPart12 = x[b * 4 + j + 1]
          sum1 = sum(sum1, vPart12)
          let vPart2 = x[b * 4 + j + 2]
          sum22 = sum(sum22, vPart2)
          let vPart3 = x[b * 4 + j + 3]
          sum3 = sum(sum3, vPart3)
${["sum0", "sum1", "sum22"].map((sum, n) => `        for j < jSize2 from jRest2 * (-1) + jSize2${n === 0 ? "" : ` + ${n}`} step 4\n          let v = x[b * 4 + j]\n          ${sum} = sum(${sum}, v)`).join("\n")}
        y[b] = add(add(add(add(sum0, sum22), add(sum1, sum3)), sum2), add(vPart1, add(jSize, jRest)))`,
    );
  });

  test("also in pieces of long sums", () => {
    const pieces = (sum: string): string => `
      pieces of %T from f
${dedent(sum).replace(/^/gmu, "        ")}
      where done is 64, into carried
        y[0] = x[0]
      where carried
        y[0] = x[1]`;
    expectStatements(
      interleaveSumsPass,
      scalar16,
      buffers,
      pieces("var s = 0 in four parts by j\nfor j < 4\n  s = sum(s, x[j])\ny[0] = s"),
      pieces(
        `var s0 = 0\nvar s1 = 0\nvar s2 = 0\nvar s3 = 0
for j < 4 from 0 step 4
${[0, 1, 2, 3].map((n) => `  s${n} = sum(s${n}, x[j${n === 0 ? "" : ` + ${n}`}])`).join("\n")}
y[0] = add(add(s0, s2), add(s1, s3))`,
      ),
    );
  });

  test("what is in one part stays as it is", () => {
    const text = `
      var s = 0
      for j < 6
        s = sum(s, x[j])
      y[0] = s`;
    expectStatements(interleaveSumsPass, scalar16, buffers, text, text);
  });
});

/** The definition, one element at a time. */
function inParts(rows: readonly (readonly number[])[], round: (x: number) => number): number {
  const parts = [0, 0, 0, 0];
  for (const row of rows) for (const [n, x] of row.entries()) parts[n % 4] = round(parts[n % 4]! + x);
  return round(round(parts[0]! + parts[2]!) + round(parts[1]! + parts[3]!));
}

describe.each(["f32", "f64"] as const)("%s", (dtype) => {
  const round = dtype === "f32" ? Math.fround : (x: number): number => x;
  const random = createRandom(7);
  const draw = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () =>
      Array.from({ length: columns }, (_, n) => Math.fround(random.normal(1) * [1e4, 1, 1e-3][n % 3]!)),
    );

  test.each(Array.from({ length: 11 }, (_, n) => n))("%i elements are added as the definition says", (n) => {
    const x = draw(2, n);
    const values = new Map([["input.x", { examples: [tensor([2, n], x.flat())] }]]);
    const known = runFunction(total("2", String(n)), values, [new Map()], { dtype, runtimeDimensions: [] });
    expect(flatten(known.outputs.get("output.y")!)).toEqual(x.map((row) => inParts([row], round)));
    const sizes = [new Map([["S", n]])];
    const open = runFunction(total("2", "S"), values, sizes, { dtype, runtimeDimensions: ["S"], extra: 2 });
    expect(flatten(open.outputs.get("output.y")!)).toEqual(x.map((row) => inParts([row], round)));
  });

  test("over two axes the innermost counts, and a row whose length a call gives is a block", () => {
    const x = draw(3, 7);
    const values = new Map([["input.x", { examples: [tensor([3, 7], x.flat())] }]]);
    const result = runFunction(both, values, [new Map([["S", 7]])], { dtype, runtimeDimensions: ["S"] });
    let [sum, lost] = [0, 0];
    for (const row of x) {
      const term = round(inParts([row], round) - lost);
      const after = round(sum + term);
      lost = round(round(after - sum) - term);
      sum = after;
    }
    expect(flatten(result.outputs.get("output.y")!)).toEqual([sum]);
  });
});
