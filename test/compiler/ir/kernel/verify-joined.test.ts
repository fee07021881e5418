/** The mark of products that go over examples in one loop stands where these follow each other, and nowhere else. */
import { describe, expect, it } from "vitest";
import { declarations, problemsOf } from "../../../support/kernel-problems.js";

const wide = declarations.replaceAll(/real\[12\]/gu, "real[8*%B*%T]");

const rows = (line: string, axes = "rows t < %T of b", loop = "for b < examples", above = ""): string =>
  [loop, ...(above === "" ? [] : [`  ${above}`]), `  product ${line}`, ...axes.split("; ").map((axis) => `    ${axis}`)]
    .concat("    joined t of b")
    .join("\n");
const out = "y[b * (2*%T) + t * 2]";
const left = "x[b * (4*%T) + k + t * 4]";
const inRow = "rows t < %T of b; contracted k < 4";
const good = `${out} = sum ${left} * z[k]`;

const piece = (access: string, inner: string, index = ""): string =>
  [
    "pieces of examples first .. end, %T from from, last first",
    ...(index === "" ? [] : [`  ${index}`]),
    `  product z[i] = sum ${access} * x[0]`,
    "    rows i < 2",
    "    contracted b < end from first",
    `    contracted ${inner}`,
    "    joined t of b",
    "where done is 64, into carried",
    "where carried",
  ].join("\n");
const ofPiece = "y[b * (2*%T) + from * 2 + i + t * 2]";

describe("what is in order", () => {
  it.each([
    ["rows that follow each other", rows(good, inRow)],
    ["sums that start where they go", rows(`${out} = ${out} + sum ${left} * z[k]`, inRow)],
    ["another part of the same rows", rows(`y[b * (8*%T) + t * 8] = sum y[b * (8*%T) + k + t * 8 + 1] * z[k]`, inRow)],
    [
      "numbers of other axes",
      rows(`${out} = real(i) + sum ${left} * z[k]`, "rows t < %T of b; columns i < 1; contracted k < 4"),
    ],
    [
      "steps that begin after 0 where nothing runs",
      `for q < 0\n${piece("y[b * (2*%T) + n * 2 + t * 2]", "t < %T of b beyond n, at most 64", "index n = 1").replaceAll(/^/gmu, "  ")}`,
    ],
    ["steps of a piece", piece(ofPiece.replace(" + i", ""), "t < %T of b beyond from, at most 64")],
  ])("%s", (_, body) => {
    expect(problemsOf(body, wide)).toEqual([]);
  });
});

const apart = (buffer: string): string => `t is joined, and an example of ${buffer} does not follow the one before`;
const nowhere = "t of b is joined, and neither rows of a loop over examples nor steps of a piece";

describe("what is not", () => {
  it.each([
    ["a gap between examples", rows(good.replace("b * (4*%T)", "b * (5*%T)"), inRow), apart("x")],
    ["rows of the first example for all", rows(good.replace("b * (4*%T) + ", ""), inRow), apart("x")],
    ["a start of each example", rows(`${out} = z[b] + sum ${left} * z[k]`, inRow), apart("z")],
    ["another loop", rows(good, inRow, "for b < 3"), nowhere],
    ["a statement beside it", rows(good, inRow, "for b < examples", "z[0] = 0"), nowhere],
    ["columns that are meant", rows(good.replace("t * 2", "t"), "columns t < %T of b; contracted k < 4"), nowhere],
    [
      "an axis that ends with the example",
      rows(good.replace("k + ", "").replace("z[k]", "z[0]"), "rows t < %T of b; contracted k < S of b"),
      "t is joined, and k ends where an example says",
    ],
    [
      "a number of the row",
      rows(`${out} = real(t) + sum ${left} * z[k]`, inRow),
      "t is joined, and what is stored tells one from another",
    ],
    [
      "a choice by the example",
      rows(`${out} = sum ${left} * z[k]`, `${inRow}`).concat("\n    stored (b < 1 ? sum : 0)"),
      "t is joined, and what is stored tells one from another",
    ],
    [
      "what is read for the example before after it is written",
      rows("y[b * (2*%T) + t * 2] = sum y[b * (2*%T) + k + t * 2 + 2*%T] * z[k]", "rows t < %T of b; contracted k < 2"),
      "y is an operand and the result",
    ],
    [
      "steps that begin after 0",
      piece("y[b * (2*%T) + n * 2 + t * 2]", "t < %T of b beyond n, at most 64", "index n = 1"),
      "steps t are joined and begin after 0",
    ],
    ["steps with a gap", piece("y[b * (3*%T) + t * 2]", "t < %T of b beyond from, at most 64"), apart("y")],
  ])("%s", (_, body, problem) => {
    expect(problemsOf(body, wide).join("\n")).toContain(`f: ${problem}`);
  });
});
