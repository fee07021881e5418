/** Checks of products, of what they overwrite, and of the panels that they read. */
import { describe, expect, it } from "vitest";
import { declarations, problemsOf } from "../../../support/kernel-problems.js";

const matrices = "y[i * 4 + j] = sum x[i * 4 + k] * z[j * 4 + k]";

/** A product after the copy that it reads. */
const packed = (from: string, runs = "1 strips of 3", between = ""): string => {
  const product = `product ${matrices.replace("i * 4 + j", "j").replace("i * 4 + k", "k")}`;
  const pack = `pack panels from ${from} over j < 3, k < 4 as ${runs}`;
  return [pack, between, between.startsWith("for") ? `  ${product}` : product].join("\n");
};
const inParts = "pack panels from z[r * 6 + j * 2 + k] over j < 3, k < 2 for r < 2 as 1 strips of 3";
const read = " packed in panels\n  columns j < 3\n  contracted k < 4";

/** A buffer that a tail overwrites, the sums of its product, and where it stores: an operand, what sums start from, copied rows. */
const overwriting: readonly (readonly [string, string, string, string?])[] = [
  ["x", "sum x[i * 4 + k] * z[j + k]", "x[i * 4 + u]"],
  ["z", "sum x[i * 4 + k] * z[j + k]", "z[u]"],
  ["y", "y[i * 4 + j] + sum x[i * 4 + k] * z[j + k]", "y[i * 4 + u]"],
  ["y", "sum x[i * 4 + k] copied to y * z[j + k]", "y[i * 4 + u]"],
  ["x", "sum x[i * 4 + k] * z[j] + sum x[i * 4 + k] copied to y * z[j + k]", "x[i * 4 + u]", "  earlier k < 4\n"],
];

describe("what is in order", () => {
  it.each([
    [
      "a tail that overwrites a left operand whose rows are copied, and one that overwrites another part of its rows",
      `
      product s = sum x[i * 4 + k] copied to y * z[j + k]
        rows i < 3
        columns j < 4
        contracted k < 4
        then for u < 4
          x[i * 4 + u] = s
      product s = sum x[i * 4 + k] * z[j + k]
        rows i < 3
        columns j < 2
        contracted k < 2
        then for u < 2
          x[i * 4 + u + 2] = s`,
    ],
    [
      "a product before all that it starts from and reads",
      `
      product x[i * 2 + j] = x[i * 2 + j + 6] + sum y[i + k] * x[j + k * 2 + 6]
        rows i < 3
        columns j < 2
        contracted k < 3`,
    ],
    [
      "a sum that starts from where it goes",
      `
      product y[i * 4 + j] = y[i * 4 + j] + sum x[i * 4 + k] * z[j + k]
        rows i < 3
        columns j < 4
        contracted k < 4
        stored add(y[i * 4 + j], sum)`,
    ],
    [
      "panels by other names, of terms in two axes, that are read in a loop and after it",
      `
      pack panels from z[i + k * 3 + l * 6] over i < 3, k < 2, l < 2 as 1 strips of 3
      for t < %T
        region work
          product y[j] = sum x[m] * z[j + m * 3 + n * 6] packed in panels
            columns j < 3
            contracted m < 2
            contracted n < 2
        x[t] = 1
      product y[j] = sum x[k] * z[j + k * 3 + l * 6] packed in panels
        columns j < 3
        contracted k < 2
        contracted l < 2`,
    ],
    [
      "panels of the matrices of two rounds, which are read from the last one",
      `
      pack panels from z[r * 6 + j * 2 + k] over j < 3, k < 2 for r < 2 as 1 strips of 3
      for n < 2
        product y[j] = sum x[k] * z[n * -6 + j * 2 + k + 6] packed in panels[n * -1 + 1 of 2]
          columns j < 3
          contracted k < 2`,
    ],
    [
      "panels that are packed again for what is written in each round",
      `
      for t < %T
        z[t] = 1
        pack panels from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3
        product y[j] = sum x[k] * z[j * 4 + k] packed in panels
          columns j < 3
          contracted k < 4`,
    ],
    [
      "a part of a row from another part of it",
      `product x[i * 4] = sum x[i * 4 + k + 1] * z[k]
        rows i < 3
        contracted k < 3`,
    ],
  ])("%s", (_, body) => {
    expect(problemsOf(body)).toEqual([]);
  });
});

describe("what is not", () => {
  it.each([
    [`product y[i] = sum x[i + k] * z[i]\n  rows i < 3\n  contracted k < 4`, "the right operand z moves with the rows"],
    [
      `product y[i] = sum x[i] * z[k]\n  columns i < 3\n  contracted k < 4`,
      "the left operand x moves with the columns",
    ],
    [`product x[i] = sum x[i] * z[k]\n  rows i < 3\n  contracted k < 4`, "x is an operand and the result"],
    [
      `product x[i * 2 + j] = sum y[i + k] * x[j + k * 2 + 5]\n  rows i < 3\n  columns j < 2\n  contracted k < 3`,
      "x is an operand and the result",
    ],
    [
      `product x[i * 4] = sum x[i * 4 + k + 1] * z[k]\n  rows i < 2\n  contracted k < 4`,
      "x is an operand and the result",
    ],
    [`product y[k] = sum x[k] * z[k]\n  contracted k < 4`, "y moves with a contracted axis"],
    [`product y[i] = x[k] + sum x[k] * z[k]\n  rows i < 3\n  contracted k < 4`, "k is not bound"],
    [`product y[0] = sum x[k] * z[k]\n  contracted k < 4\n  stored add(sum, x[k])`, "k is not bound"],
    [
      `product y[0] = sum x[k] * z[k]\n  contracted k < 4\n  stored lt(sum, 1)`,
      "a bool value where a real one belongs",
    ],
    [`product y[0] = sum x[k] * z[m] + sum x[m] * z[m]\n  earlier k < 4\n  contracted m < 4`, "m is not bound"],
    [
      `product s, t = sum x[k] * z[j + k]\n  columns j < 5\n  contracted k < 4\n  then for u < 2\n    y[u] = s`,
      "a tail of 2 strips of 2 for 5 columns",
    ],
    [
      `product s = sum x[k] * z[j + k]\n  columns j < 2\n  contracted k < 4\n  then for u < 2\n    y[u] = t`,
      "the value t is not bound",
    ],
    [
      `product s = sum x[k] * z[j + k]\n  columns j < 2\n  contracted k < 4\n  then for u < 2\n    y[j] = s`,
      "j is not bound",
    ],
    [
      `product s = sum x[k] * z[j + k]\n  columns j < 2\n  contracted k < 4\n  stored 1\n  then for u < 2\n    y[u] = s`,
      "a product with a tail stores no sum",
    ],
    [`product y[i] = sum x[i * 4 + k] copied to w * z[k]\n  rows i < 3\n  contracted k < 4`, "no buffer w"],
    [
      `product y[i] = sum x[i * 4 + k] copied to panels * z[k]\n  rows i < 4\n  contracted k < 4`,
      "panels of 13 elements for 4 rows of 4",
    ],
    [
      `product y[i] = sum x[i * 4 + k] copied to w * z[k]\n  rows i < %T of b\n  contracted k < 4`,
      "rows are copied to w, whose size a call decides",
    ],
    ...["k < 1", "k < 4 from 1"].map((axis) => [
      `product y[i] = sum x[i * 4 + k] copied to w in lanes * z[k]\n  rows i < 3\n  contracted ${axis}`,
      "rows are copied to w in lanes, and not some elements from the first on",
    ]),

    ...overwriting.map(([name, sums, to, earlier = ""]) => [
      `product s = ${sums}\n  rows i < 3\n  columns j < 4\n${earlier}  contracted k < 4\n  then for u < 4\n    ${to} = s`,
      `a tail stores to ${name}, and its product still reads it`,
    ]),
    [
      `${packed("z[j * 4 + k]").replace("y[j]", "s")}${read}\n  then for u < 3\n    panels[u] = s`,
      "a tail stores to panels, and its product still reads it",
    ],
    [
      `${packed("z[j * 4 + k]").replace("y[j]", "panels[j]")}${read}`,
      "panels is the result, and its product still reads it",
    ],
    [
      `product y[i] = y[i * -1 + 2] + sum x[i * 4 + k] * z[k]\n  rows i < 3\n  contracted k < 4`,
      "y is the result, and its product still reads it",
    ],
    // One column is stored before another is summed.
    ...["0", "4"].map((start) => [
      `product y[i * 8 + j + 2] = y[i * 8 + j + ${start}] + sum x[k] * z[j * 4 + k]\n  rows i < 1\n  columns j < 3\n  contracted k < 4`,
      "y is the result, and its product still reads it",
    ]),
    [
      `product y[i] = sum x[i * 4 + k] copied to z * z[k]\n  rows i < 3\n  contracted k < 4`,
      "rows are copied to z, which their product uses itself",
    ],

    [`product ${matrices} packed in panels\n  columns j < 3\n  contracted k < 4`, "panels is read and was not packed"],
    [`${packed("x[j * 4 + k]")} packed in panels\n  columns j < 3\n  contracted k < 4`, "panels holds x, not z"],
    [
      `${packed("z[j * 4 + k]")} packed in panels\n  columns j < 2\n  contracted k < 4`,
      "panels has 3 columns of 4 terms in strips of 3, and 2 columns of 4 terms in strips of 2 are read",
    ],
    [
      `${packed("z[j * 4 + k]", "3 strips of 1")} packed in panels\n  columns j < 3\n  contracted k < 4`,
      "panels has 3 columns of 4 terms in strips of 1, and 3 columns of 4 terms in strips of 3 are read",
    ],
    ["pack panels from z[j * 4 + k] over j < 3, k < 4 as 2 strips of 2", "3 columns of z as 2 strips of 2"],
    ["pack x from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3 where changed", "x of 12 elements for panels of 13"],
    ["pack y from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3", "y is no buffer of panels"],
    [
      "product y[j] = sum x[k] * z[j * 4 + k] packed in x\n  columns j < 3\n  contracted k < 4",
      "x is no buffer of panels",
    ],
    [
      `${packed("z[j * 4 + k]").replace("* z[j * 4 + k]", "* z[k * 3 + j]")} packed in panels\n  columns j < 3\n  contracted k < 4`,
      "panels holds z[j * 4 + k], and z[j + k * 3] is read",
    ],
    [
      `${packed("z[j * 3 + k]")} packed in panels\n  columns j < 3\n  contracted k < 4`,
      "panels holds z[j * 3 + k], and z[j * 4 + k] is read",
    ],
    [
      "pack panels from z[j] over j < 3, k < 4, l < 1 as 1 strips of 3\nproduct y[j] = sum x[k] * z[j] packed in panels\n  columns j < 3\n  contracted k < 2\n  contracted l < 2",
      "panels has 3 columns of 4 * 1 terms in strips of 3, and 3 columns of 2 * 2 terms in strips of 3 are read",
    ],
    [
      `${packed("z[j * 4 + k]", "1 strips of 3", "z[0] = 1")}${read}`,
      "panels is read, and z was written after it was packed",
    ],
    [
      `${packed("z[j * 4 + k]", "1 strips of 3", "region r\n  panels[0] = 1")}${read}`,
      "panels is read, and panels was written after it was packed",
    ],
    [
      `${packed("z[j * 4 + k]", "1 strips of 3", "for t < %T")}${read.replace(/\n/gu, "\n  ")}\n  z[0] = 1`,
      "panels is read, and z was written after it was packed",
    ],
    [`for t < %T\n  ${packed("z[j * 4 + k]")}${read}`, "panels is read and was not packed"],
    [`for i < 0\n  ${packed("z[j * 4 + k]")}${read}`, "panels is read and was not packed"],
    ["pack z from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3", "z is packed into itself"],
    ["index n = 0\npack panels from z[j * 4 + k + n] over j < 3, k < 4 as 1 strips of 3", "panels of z move with n"],
    [
      `${inParts}\nfor n < 2\n  product y[j] = sum x[k] * z[n * 6 + j * 2 + k] packed in panels\n    columns j < 3\n    contracted k < 2`,
      "panels has 2 parts, and one of none is read",
    ],
    [
      `${inParts}\nfor n < 2\n  product y[j] = sum x[k] * z[n * 6 + j * 2 + k] packed in panels[n of 3]\n    columns j < 3\n    contracted k < 2`,
      "panels has 2 parts, and one of 3 is read",
    ],
    [
      `${inParts}\nfor n < 2\n  product y[j] = sum x[k] * z[n * 6 + j * 2 + k] packed in panels[n + 1 of 2]\n    columns j < 3\n    contracted k < 2`,
      "panels[n + 1 of 2] may be outside of panels",
    ],
    [
      `${inParts}\nfor n < 2\n  product y[j] = sum x[k] * z[n * 6 + j * 2 + k] packed in panels[n * -1 + 1 of 2]\n    columns j < 3\n    contracted k < 2`,
      "panels holds z[j * 2 + k + n * (-6) + 6], and z[j * 2 + k + n * 6] is read",
    ],
    [inParts.replace("r < 2", "r < 3"), "z of 12 elements at 0 to 17"],
    [inParts.replace("r < 2", "r < %T"), "panels of z, whose size a call decides"],
    ["pack panels from z[j * 5 + k] over j < 3, k < 4 as 1 strips of 3", "z of 12 elements at 0 to 13"],
  ])("%j", (body, problem) => {
    expect(problemsOf(body)).toContain(`f: ${problem}`);
  });

  it("is panels of no vector, and of two widths in one product", () => {
    const none = declarations.replace("panels of 1", "panels of 0");
    expect(problemsOf(packed("z[j * 4 + k]") + read, none)).toContain("f: panels has panels of 0 vectors");
    const wide = `${declarations}slot 6: real[24]\nbuffer wide: real[24] slot 6 in panels of 2\n`;
    const text = `
      pack panels from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3
      pack wide from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3
      product y[j] = sum x[k] * z[j * 4 + k] packed in panels + sum x[k] * z[j * 4 + k] packed in wide
        columns j < 3
        earlier k < 4
        contracted k < 4`;
    expect(problemsOf(text, wide)).toEqual(["f: one product reads panels of 1 and 2 vectors"]);
    expect(problemsOf(text, wide.replace("panels of 2", "panels of 1"))).toEqual([]);
  });

  it("is a tail that writes to the matrix in which its operand lies", () => {
    const parts = `${declarations}buffer v: real[6] slot 4 + 6 within z\n`;
    const body = (to: string): string =>
      `product s = sum x[i * 4 + k] * z[j + k]\n  rows i < 3\n  columns j < 3\n  contracted k < 4\n  then for u < 3\n    ${to} = s`;
    expect(problemsOf(body("v[u]"), parts)).toEqual([]);
    const met = parts.replace("slot 4 + 6", "slot 4 + 5");
    expect(problemsOf(body("v[u]"), met)).toEqual(["f: a tail stores to v, and its product still reads it"]);
  });
});
