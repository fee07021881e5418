/** Sums in four parts, written out for targets without vectors, against the definition in spec/kernel-ir.md. */
import { describe, expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import { affineConstant } from "../../../../compiler/ir/kernel/affine.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import type { KernelProgram, Statement } from "../../../../compiler/ir/kernel/types.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { interleaveSums } from "../../../../compiler/passes/kernel/interleave-sums.js";
import { createRandom } from "../../../../runtime/random.js";
import { flatten } from "../../../support/evaluate-helpers.js";
import { programOf, runFunction } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";

/** A matrix of `rows`, each summed over `columns`. */
const total = (rows: string, columns: string) =>
  parseProgram(
    `func f(%input.x: real[${rows}, ${columns}]) -> (output.y: %y) { %y: real[${rows}] = reduce sum axes [1] %input.x }`,
    ["S"],
  ).functions[0]!;
const both = parseProgram(
  `func f(%input.x: real[3, S]) -> (output.y: %y) { %y: real[] = reduce sum axes [0, 1] %input.x }`,
  ["S"],
).functions[0]!;

function lowered(columns: string): KernelProgram {
  return lowerProgram(programOf(total("2", columns)), { runtimeDimensions: ["S"] });
}

function expanded(columns: string): string {
  const body = lowered(columns).functions[0]!.body.flatMap((statement) =>
    statement.kind === "region" ? interleaveSums(statement.body) : [],
  );
  return printKernelFunction({ name: "f", body });
}

test("lowering says which loop counts the parts", () => {
  expect(printKernelFunction(lowered("5").functions[0]!)).toContain("var sum = 0 in four parts by j");
});

test("a known number of elements: rounds of four, and each element that is left", () => {
  expect(expanded("6")).toBe(`kernel f {
  for b < examples
    for i < 2
      var sum0 = 0
      var sum1 = 0
      var sum2 = 0
      var sum3 = 0
      for j < 4 from 0 step 4
        sum0 = sum(sum0, input.x[b * 12 + i * 6 + j])
        sum1 = sum(sum1, input.x[b * 12 + i * 6 + j + 1])
        sum2 = sum(sum2, input.x[b * 12 + i * 6 + j + 2])
        sum3 = sum(sum3, input.x[b * 12 + i * 6 + j + 3])
      for j < 6 from 4 step 4
        sum0 = sum(sum0, input.x[b * 12 + i * 6 + j])
      for j < 6 from 5 step 4
        sum1 = sum(sum1, input.x[b * 12 + i * 6 + j])
      output.y[b * 2 + i] = add(add(sum0, sum2), add(sum1, sum3))
}
`);
});

test("fewer than four elements have no rounds", () => {
  expect(expanded("3")).not.toContain("< 0");
  expect(expanded("3").match(/for j/g)).toHaveLength(3);
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

describe("the verifier finds", () => {
  const sizes = new Map([["%B", 2], ["%T", 1], ["S", 5]]); // prettier-ignore
  const change = (statements: readonly Statement[], rule: (statement: Statement) => Statement): Statement[] =>
    statements.map((statement) => {
      const changed = rule(statement);
      if (changed.kind !== "for" && changed.kind !== "region") return changed;
      return { ...changed, body: change(changed.body, rule) };
    });
  const problems = (rule: (statement: Statement) => Statement): string => {
    const kernel = lowered("S");
    const functions = kernel.functions.map((fn) => ({ ...fn, body: change(fn.body, rule) }));
    return verifyKernel({ ...kernel, functions }, sizes).join("\n");
  };

  test("nothing in what lowering makes", () => {
    expect(problems((statement) => statement)).toBe("");
  });

  test("parts counted by another loop", () => {
    expect(
      problems((statement) =>
        statement.kind === "accumulator" ? { ...statement, lanes: { variable: "i" } } : statement,
      ),
    ).toContain("sum is in parts by i, but the loop around it runs over j");
  });

  test("a loop that does not start at 0", () => {
    expect(
      problems((statement) =>
        statement.kind === "for" && statement.variable === "j" ? { ...statement, from: affineConstant(1) } : statement,
      ),
    ).toContain("the loop over j counts the parts of sumPart and does not run from 0 in steps of 1");
  });

  test("a sum without an accumulator", () => {
    expect(
      problems((statement) => (statement.kind === "accumulate" ? { ...statement, name: "other" } : statement)),
    ).toContain("other is added to and no accumulator");
  });
});
