/** Products of one operand are joined, whatever sums they stand in. */
import { describe, expect, test } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { mergeProjections } from "../../../../compiler/passes/graph/merge-projections.js";
import { checkSequenceProgram } from "../../../support/check-sequence-program.js";
import { flatten, randomInputs, randomSource, run } from "../../../support/evaluate-helpers.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";
import { expectSameBitsOnTargets } from "../../../support/same-targets.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes([]));

/** A function of the vectors a, b, c and square matrices, in which `Fa` is the product of F and a. */
function graph(equations: string, outputs: string): GraphFunction {
  const vectors = ["a", "b", "c"];
  const matrices = ["F", "G", "P", "Q", "R", "S"];
  const products = matrices.flatMap((matrix) => vectors.map((vector) => [matrix, vector] as const));
  const used = products.filter(([matrix, vector]) => equations.includes(`%${matrix}${vector}`));
  const inputs = [
    ...vectors.map((name) => `%${name}: real[3]`),
    ...matrices.map((name) => `%${name}: shared real[3, 3]`),
  ];
  const lines = used.map(
    ([matrix, vector]) => `%${matrix}${vector}: real[3] = contract [0 1] [1] -> [0] %${matrix}, %${vector}`,
  );
  const text = `func f(${inputs.join(", ")}) -> (${outputs}) {\n${[...lines, equations].join("\n")}\n}`;
  return parseProgram(text).functions[0] as GraphFunction;
}

/** How many products are left, and how many sums. */
function count(fn: GraphFunction): { products: number; sums: number } {
  const text = printFunction(fn);
  const times = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return { products: times(/= contract/gu), sums: times(/= add/gu) };
}

describe.each([
  [
    "a product that belongs to two sums' groups",
    graph(
      "%y: real[3] = add %Fa, %Gb\n%p: real[3] = tanh %Pa\n%q: real[3] = tanh %Qb\n%z: real[3] = add %p, %q",
      "y: %y, z: %z",
    ),
    { products: 2, sums: 2 },
  ],
  [
    "two gates of two inputs: both sums go with the second product",
    graph("%y: real[3] = add %Fa, %Gb\n%z: real[3] = add %Pa, %Qb", "y: %y, z: %z"),
    { products: 2, sums: 1 },
  ],
  [
    "a complex product: the sums go with one group, whatever the order of their terms",
    graph("%y: real[3] = add %Fa, %Gb\n%z: real[3] = add %Fb, %Ga", "y: %y, z: %z"),
    { products: 2, sums: 1 },
  ],
  [
    "a circle over three groups: each sum would wait for the next",
    graph("%y: real[3] = add %Fa, %Gb\n%z: real[3] = add %Pb, %Qc\n%w: real[3] = add %Rc, %Sa", "y: %y, z: %z, w: %w"),
    { products: 3, sums: 2 },
  ],
  [
    "a circle of sums that share no term",
    graph(
      "%s: real[3] = tanh %Gb\n%y: real[3] = add %s, %Fa\n%t: real[3] = tanh %Pa\n%z: real[3] = add %t, %Qb",
      "y: %y, z: %z",
    ),
    { products: 2, sums: 2 },
  ],
  [
    "four products in a sum, twice",
    graph(
      "%1: real[3] = add %Fa, %Gb\n%y: real[3] = add %1, %Pc\n%2: real[3] = add %Qc, %Ra\n%z: real[3] = add %2, %Sb",
      "y: %y, z: %z",
    ),
    { products: 3, sums: 3 },
  ],
])("%s", (_, before, left) => {
  const after = mergeProjections.run(before, context);

  test("leaves a product for each operand", () => {
    expect(verifyFunction(after, context)).toEqual([]);
    expect(count(after)).toEqual(left);
    expect(printFunction(mergeProjections.run(before, context))).toBe(printFunction(after));
  });

  test("gives the same numbers", () => {
    const sizes = [new Map<string, number>(), new Map<string, number>()];
    const inputs = randomInputs(before, sizes, randomSource(7));
    const [expected, got] = [run(before, inputs, sizes), run(after, inputs, sizes)];
    for (const [name, value] of expected) {
      const wanted = flatten(value);
      for (const [i, x] of flatten(got.get(name)!).entries()) expect(x).toBeCloseTo(wanted[i] as number, 12);
    }
  });
});

const complex = `
cell Complex(N) {
  input x: [N]
  state re, im: [N]
  param F, G: [N, N]
  re' = F @ re - G @ im + x
  im' = F @ im + G @ re
  output y = re'
}`;
const quaternion = `
cell Quaternion(N) {
  input x: [N]
  state r, i, j, k: [N]
  param A, B, C, D: [N, N]
  r' = tanh(A @ r - B @ i - C @ j - D @ k + x)
  i' = tanh(A @ i + B @ r + C @ k - D @ j)
  j' = tanh(A @ j - B @ k + C @ r + D @ i)
  k' = tanh(A @ k + B @ j - C @ i + D @ r)
  output y = r' + k'
}`;

test("a complex state: the targets agree to the bit", async () => {
  const options = { dimensions: { N: 5 } } as const;
  expectSameBitsOnTargets(await cell(complex, { ...options, target: "js" }), await cell(complex, options), 3);
});

test.each([
  ["a complex state", complex],
  ["quaternions", quaternion],
])("%s: all derivatives agree with each other", (_, source) => {
  const { cell: lowered } = lowerSource(source, { dimensions: { N: 2 } }, "all sizes");
  const errors = checkSequenceProgram(lowered!, [new Map([["%T", 3]])], 5);
  expect(errors.invalid).toEqual([]);
  expect(errors.forward).toBeLessThan(1e-12);
  expect(errors.transpose).toBeLessThan(1e-12);
  expect(errors.second).toBeLessThan(1e-6);
});

describe("merge-projections", () => {
  const head = (outputs = "y: %y, z: %z", own = "shared "): string =>
    `func f(%x: real[2], %W: ${own}real[3, 2], %V: ${own}real[1, 2], %b: shared real[3], %c: shared real[1]) -> (${outputs}) {`;
  const products = (y: string, z: string): string => `
    %${y}: real[3] = contract [0 1] [1] -> [0] %W, %x
    %${z}: real[1] = contract [0 1] [1] -> [0] %V, %x`;
  const wide = `
    %5: shared real[4, 2] = concat axis 0 %W, %V
    %6: real[4] = contract [0 1] [1] -> [0] %5, %x`;
  const parts = (of: string): string => `
    %y: real[3] = slice axis 0 start 0 length 3 %${of}
    %z: real[1] = slice axis 0 start 3 length 1 %${of}
  }`;

  test("products of one operand are slices of one product with the weights one below the other", () => {
    expectRewritten(mergeProjections, `${head()}${products("y", "z")}\n}`, `${head()}${wide}${parts("6")}`);
  });

  test("what each is added to joins as well", () => {
    const sums = "\n%y: real[3] = add %b, %Wx\n%z: real[1] = add %c, %Vx\n}";
    const joined = "\n%7: shared real[4] = concat axis 0 %b, %c\n%8: real[4] = add %7, %6";
    expectRewritten(
      mergeProjections,
      `${head()}${products("Wx", "Vx")}${sums}`,
      `${head()}${wide}${joined}${parts("8")}`,
    );
  });

  test("a product without a sum starts from zeros beside one that has one", () => {
    const zeros = "\n%7: shared real[] = constant real 0\n%8: shared real[1] = broadcast [1] axes [] %7";
    const joined = "\n%9: shared real[4] = concat axis 0 %b, %8\n%10: real[4] = add %9, %6";
    expectRewritten(
      mergeProjections,
      `${head()}${products("Wx", "z")}\n%y: real[3] = add %b, %Wx\n}`,
      `${head()}${wide}${zeros}${joined}${parts("10")}`,
    );
  });

  test("weights that belong to the example are left alone", () => {
    expectUnchanged(mergeProjections, `${head("y: %y, z: %z", "")}${products("y", "z")}\n}`);
  });
});
