/** Which loops run in the lanes of vectors, and what stays round by round. */
import { describe, expect, it } from "vitest";
import { chooseLanes } from "../../../../compiler/passes/kernel/choose-lanes.js";
import { simd128 } from "../../../../compiler/passes/kernel/target.js";
import { expectStatements } from "../../../support/kernel-text.js";
import { problemsOf } from "../../../support/kernel-problems.js";

const buffers = `
  buffer lengths: index[%B] external persistent
  buffer x: real[16*%B] external persistent
  buffer y: real[16*%B] external persistent
  buffer whole: real[8] external persistent
  buffer part: real[8] within whole external persistent`;

const expectChosen = (before: string, after: string): void => {
  expectStatements(chooseLanes, simd128, buffers, before, after);
};
const expectLeft = (text: string): void => {
  expectChosen(text, text);
};

describe("choose-lanes", () => {
  it("takes the innermost loop, whose elements each have a place", () => {
    expectChosen(
      `
      for b < examples
        for i < 16
          let s = exp(x[b * 16 + i])
          y[b * 16 + i] = s`,
      `
      for b < examples
        for i < 16 in lanes
          let s = exp(x[b * 16 + i])
          y[b * 16 + i] = s`,
    );
  });

  it("takes sums that are kept in parts by the variable, and extremes", () => {
    expectChosen(
      `
      var s = 0 in four parts by i
      for i < 16
        s = sum(s, x[i])
      var m = -Infinity
      for i < 16
        m = max(m, x[i])
      y[0] = add(s, m)`,
      `
      var s = 0 in four parts by i
      for i < 16 in lanes
        s = sum(s, x[i])
      var m = -Infinity
      for i < 16 in lanes
        m = max(m, x[i])
      y[0] = add(s, m)`,
    );
  });

  it("takes examples whose steps follow each other with a state in a variable, and the loop inside where rounds are left", () => {
    expectChosen(
      `
      for b < examples
        var s = 0
        for t < 4
          set s = tanh(add(s, x[b * 16 + t]))
          y[b * 16 + t] = s`,
      `
      for b < examples in lanes
        var s = 0
        for t < 4
          set s = tanh(add(s, x[b * 16 + t]))
          y[b * 16 + t] = s`,
    );
  });

  it("takes the copy that a product makes of its left operand, but of single elements", () => {
    const product = (mark: string, depth: number): string => `
      product s = sum y[b * 16 + k] copied to x${mark} * whole[k]
        rows b < examples
        columns i < 2
        contracted k < ${depth}
        then for u < 2
          y[b * 16 + u] = s`;
    expectChosen(product("", 8), product(" in lanes", 8));
    expectLeft(product("", 1));
  });

  it.each([
    ["a sum in one chain", "var s = 0\nfor i < 16\n  s = sum(s, x[i])\ny[0] = s"],
    ["a loop of one round", "for i < 1\n  y[i] = x[i]"],
    ["one that begins elsewhere", "for i < 16 from 2\n  y[i] = x[i]"],
    ["one in larger steps", "for i < 16 step 2\n  y[i] = x[i]"],
    ["one from the end", "for i < 16 reverse\n  y[i] = x[i]"],
    ["what another round stores", "for i < 15\n  y[i] = y[i + 1]"],
    ["what another round stores in a part of the buffer", "for i < 7\n  whole[i] = part[i + 1]"],
    ["where another round stores", "for i < 15\n  y[i] = x[i]\n  y[i + 1] = 2"],
  ])("leaves alone %s", (_, text) => {
    expectLeft(text);
  });
});

it("a loop in lanes whose rounds depend on each other is told by the verifier", () => {
  expect(problemsOf("for i < 12 in lanes\n  y[i] = x[i]")).toEqual([]);
  expect(problemsOf("for i < 11 in lanes\n  y[i] = y[i + 1]")).toEqual([
    "f: rounds of the loop over i depend on each other and run in lanes",
  ]);
  expect(problemsOf("var s = 0\nfor i < 12 in lanes\n  s = sum(s, x[i])\ny[0] = s")).toEqual([
    "f: rounds of the loop over i depend on each other and run in lanes",
  ]);
});
