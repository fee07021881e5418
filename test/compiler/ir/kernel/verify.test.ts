import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { arbitraryGraph, graphDimensions } from "../../../support/arbitrary-graph.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { declarations, kernelSizes, problemsOf } from "../../../support/kernel-problems.js";
import { lstmProgram } from "../../../support/lstm-program.js";
import { programOf } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";

test("lowered random functions are valid: bound variables, accesses in bounds, no overlap", () => {
  fc.assert(
    fc.property(arbitraryGraph(), ({ fn }) => {
      const kernel = lowerProgram(programOf(fn), { runtimeDimensions: graphDimensions });
      expect(verifyKernel(kernel, kernelSizes), printKernel(kernel)).toEqual([]);
    }),
    fuzzParameters(200),
  );
});

test("the kernels of an LSTM are valid, and the same every time", () => {
  const lstm = lowerProgram(lstmProgram(3, 5), { runtimeDimensions: [] });
  expect(verifyKernel(lstm, kernelSizes)).toEqual([]);
  expect(printKernel(lowerProgram(lstmProgram(3, 5), { runtimeDimensions: [] }))).toBe(printKernel(lstm));
});

describe("what is in order", () => {
  it.each([
    [
      "a rest of what is left, block by block",
      `for b < examples
        index n = %T of b
        index rest = remainder(n, 8)
        for i < n + rest * (-1) step 8
          x[i + 7] = 0
        index rest4 = remainder(rest, 4)
        for j < n + rest4 * (-1) from n + rest * (-1) step 4
          x[j + 8] = 0
        for k < n from n + rest4 * (-1)
          x[k + 8] = 0`,
    ],
    [
      "rows read backwards, by quotient and rest",
      `for i < 12
        index row = divide(i, 4)
        index rest = remainder(i, 4)
        y[i] = x[row * 4 + rest * (-1) + 3]`,
    ],
    [
      "the size of an example backwards",
      `for b < examples
        index n = %T of b
        for t < %T of b
          x[n + t * (-1) + 8 - 1] = 1`,
    ],
    [
      "the size of an example and five more, backwards",
      `for b < examples
        index n = S + 5 of b
        for i < S of b
          x[n + i * (-1) - 6] = 1
        for j < 5
          x[n + j * (-1) - 1] = 1`,
    ],
    [
      "the last of two parts of the size of an example, backwards",
      `for b < examples
        index n = %T of b
        for t < %T of b
          y[t] = add(x[n * 2 + t * (-1) - 1], x[n + t * (-2) + 3])`,
    ],
    [
      "rows of the size of an example backwards, and as many rows of three",
      `for b < examples
        index n = S of b
        index all = S*S of b
        index threes = 3*S of b
        for i < S of b
          index row = multiply(i, n)
          for j < S of b
            x[all + row * (-1) + j * (-1) - 1] = 1
          for k < 3
            x[threes + i * (-3) + k * (-1) - 1] = 1`,
    ],
    [
      "three rows of the size of an example backwards, and three for each of its places",
      `for b < examples
        index n = S of b
        index threes = 3*S of b
        index all = 3*S*S of b
        for k < 3
          index row = multiply(k, n)
          for i < S of b
            x[threes + i * (-1) + row * (-1) - 1] = 1
            index inner = multiply(i * 3 + k, n)
            for j < S of b
              x[all + inner * (-1) + j * (-1) - 1] = 1`,
    ],
    ["a list of those that go on", "for t < %T\n  select list[0 .. active] from examples where t < %T and y"],
    [
      "a list and its count, panels and what reads them",
      `for t < %T
        select list[0 .. active] from examples where t < %T
        region work
          pack panels from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3 where changed
          product y[i * 4 + j] = sum x[i * 4 + k] * z[j * 4 + k] packed in panels
            rows i < examples list[0 .. active]
            columns j < 3
            contracted k < 4`,
    ],
    [
      "sides of a choice that are read where they are taken",
      `for i < 12
        y[i] = (i < 3 ? x[i + 9] : x[i - 3])`,
    ],
    [
      "blocks of the size of an example, the last of which is short",
      `for b < examples
        for block < 2
          for i < %T of b beyond block * 3, at most 3
            x[i + block * 3 + b * 4] = 1`,
    ],
    [
      "blocks of the size of an example backwards, each in pairs and what is left of them",
      `for b < examples
        index n = %T of b
        for block < 2
          index part = %T of b beyond block * 3, at most 3
          index rest = remainder(part, 2)
          for i < part + rest * (-1) from 0 step 2
            x[n + i * (-1) + block * (-3) - 2] = 0
          for i < part from part + rest * (-1)
            x[n + i * (-1) + block * (-3) - 1] = 0`,
    ],
    [
      "sides of a choice that read the size of an example backwards",
      `for b < examples
        index n = %T of b
        for t < %T of b
          y[t] = (n + t * (-1) < n ? x[n + t * (-1) + 8] : x[n + t * (-1) - 1])`,
    ],
    ["no steps of a loop", "for i < 0\n  x[99] = 1"],
  ])("%s", (_, body) => {
    expect(problemsOf(body)).toEqual([]);
  });
});

/** A problem for each line of the list at the head of verify.ts, in its order. */
describe("what is not", () => {
  it.each([
    ["x[i] = 1", "i is not bound"],
    [
      "for b < examples\n  index n = S + 5 of b\n  for i < S of b\n    x[n + i * (-1) - 7] = 1",
      "x of 12 elements at -1 to 0",
    ],
    ["x[0] = v", "the value v is not bound"],
    ["for i < 3\n  for i < 3\n    x[i] = 1", "i is bound twice"],
    ["let v = 1\nlet v = 2", "v is bound twice"],
    ["for i < 3\n  let i = 2", "i is bound twice"],
    ["for i < 3\n  let v = 2\nx[0] = v", "the value v is not bound"],
    ["let v = 2\nregion r\n  x[0] = v", "the value v is not bound"],
    ["index n = %T of b", "b is not bound"],
    ["for t < %T of b beyond 0, at most 3\n  x[t] = 1", "b is not bound"],
    ["index n = multiply(k, 3)", "k is not bound"],
    ["index n = divide(3, k)", "k is not bound"],
    ["x[0] = (k < 3 ? 1 : 2)", "k is not bound"],
    ["x[0] = real(k)", "k is not bound"],
    ["index places[0] = k", "k is not bound"],
    ["select list[0 .. n] from examples where t < %T", "t is not bound"],
    ["pieces of %T of b from s\nwhere d is 64, into c\nwhere c", "b is not bound"],
    ["pieces of examples a .. e\nwhere d is 64, into c\n  x[a] = 1\nwhere c", "a is not bound"],
    ["pieces of examples a .. e after n, m\nwhere d is 64, into c\nwhere c", "n is not bound"],
    ["pieces of examples d .. e\nwhere d is 64, into c\nwhere c", "d is bound twice"],
    [
      "windows of n steps of %T from s on, 8 rows\n  windows of n steps of %T from t on, 8 rows\n    region r",
      "n is bound twice",
    ],

    ["let v = lt(1, 2)\nx[0] = add(v, 1)", "v is bool, not real"],
    ["let v = 1\nx[0] = select(bool v, 1, 2)", "v is real, not bool"],
    ["x[0] = add(true, 1)", "a bool value where a real one belongs"],
    ["x[0] = select(1, 2, 3)", "a real value where a bool one belongs"],
    ["x[0] = (1 < 2 ? 1 : true)", "a bool value where a real one belongs"],
    ["x[0] += true", "a bool value where a real one belongs"],
    ["var v = 0\nv = max(v, true)", "a bool value where a real one belongs"],

    [
      "for b < examples\n  for c < 2\n    for i < %T of b beyond c * 3, at most 3\n      x[i + c * 3 + b * 4 + 1] = 1",
      "x of 12 elements at 1 to 12",
    ],
    [
      "for b < examples\n  index n = %T of b\n  for i < n + 1\n    x[n + i * (-1) - 1] = 1",
      "x of 12 elements at -5 to 3",
    ],
    [
      "for b < examples\n  index n = %T of b\n  for t < n\n    x[n * 2 + t * (-1) - 2] = 1",
      "x of 12 elements at -1 to 6",
    ],
    [
      "for b < examples\n  index n = %T of b\n  for t < n\n    y[t] = (n + t * (-1) < n ? x[n + t * (-1) - 2] : 0)",
      "x of 12 elements at -1 to 1",
    ],
    [
      "for b < examples\n  index n = %T of b\n  index rest = remainder(n, 2)\n  for i < n + rest * (-1) step 2\n    x[n + i * (-1) - 3] = 1",
      "x of 12 elements at -1 to 1",
    ],
    [
      "for b < examples\n  index n = %T of b\n  for c < 3\n    index part = %T of b beyond c * 3, at most 3\n    for i < part from -1\n      x[n + i * (-1) + c * (-3)] = 1",
      "x of 12 elements at -8 to 5",
    ],
    [
      "for b < examples\n  index n = S of b\n  index all = S*S of b\n  for i < S of b\n    index row = multiply(i, n)\n    for j < S of b\n      x[all + row * (-1) + j * (-1) - 2] = 1",
      "x of 12 elements at -1 to 2",
    ],
    [
      "for b < examples\n  index n = S of b\n  index all = 3*S of b\n  for i < S of b\n    for k < 3\n      x[all + i * (-3) + k * (-1) - 2] = 1",
      "x of 12 elements at -1 to 4",
    ],
    [
      "for b < examples\n  index n = S of b\n  index all = 3*S of b\n  for k < 4\n    index row = multiply(k, n)\n    for i < S of b\n      x[all + i * (-1) + row * (-1) - 1] = 1",
      "x of 12 elements at -8 to 5",
    ],
    ["for i < 4\n  x[i * 4] = 1", "x of 12 elements at 0 to 12"],
    ["for i < 12\n  y[i] = (i < 3 ? x[i + 10] : x[i - 3])", "x of 12 elements at 10 to 12"],
    ["for i < 8 from 0 step 3\n  x[i + 6] = 1", "x of 12 elements at 6 to 12"],
    ["for t < 9\n  x[t - 1] = 1", "x of 12 elements at -1 to 7"],
    ["x[0] = w[0]", "no buffer w"],
    ["x[0] = places[0]", "places holds index elements, not real ones"],
    ["places[0] = 1", "places holds index elements, not real ones"],
    ["index x[0] = 1", "x holds real elements, not index ones"],
    ["index n = x[0]", "x holds real elements, not index ones"],
    ["index n = places[12]", "places of 12 elements at 12 to 12"],

    ["index n = divide(5, 0)", "divide by what may be 0"],
    ["for i < 3\n  index n = remainder(5, i)", "remainder by what may be 0"],
    ["for i < 3\n  index n = divide(5, i - 1)", "divide by what may be -1"],

    ["for i < (N)\n  x[0] = 1", "a call has no size N"],
    ["zero x of 12 where an example is short in N", "a call has no size N"],
    ["for t < %T\n  select list[0 .. n] from examples where t < N", "a call has no size N"],

    ["for b < examples list[0 .. n]\n  x[b] = 1", "n is not bound"],
    ["index n = 2\nfor b < examples list[0 .. n]\n  x[b] = 1", "list[0 .. n] is not what a select made"],
    // Who comes after a loop, or begins a round of it, has what some round has selected.
    [
      "index k = 0\nselect list[0 .. n] from examples where k < %T\nfor t < %T\n  select list[0 .. m] from examples where t < %T\nregion r\n  for b < examples list[0 .. n]\n    x[b] = 1",
      "list[0 .. n] is not what a select made",
    ],
    [
      "index k = 0\nselect list[0 .. n] from examples where k < %T\nfor t < %T\n  region r\n    for b < examples list[0 .. n]\n      x[b] = 1\n  select list[0 .. m] from examples where t < %T",
      "list[0 .. n] is not what a select made",
    ],
    [
      "index k = 0\nselect list[0 .. n] from examples where k < %T\nindex list[0] = 1\nfor b < examples list[0 .. n]\n  x[b] = 1",
      "list[0 .. n] is not what a select made",
    ],
    ["for t < %T\n  select x[0 .. n] from examples where t < %T", "x holds real elements, not index ones"],
    [
      "for t < %T\n  select list[0 .. n] from examples where t < %T and list",
      "list holds index elements, not real ones",
    ],

    ["v = sum(v, 1)", "v is added to and no accumulator"],
    ["let v = 0\nv = sum(v, 1)", "v is added to and no accumulator"],
    ["for i < 3\n  var v = 0\nv = sum(v, 1)", "v is added to and no accumulator"],
    ["var v = 0\nregion r\n  v = sum(v, 1)", "v is added to and no accumulator"],
    ["var v = 0 in four parts by i\nv = sum(v, 1)", "v is in parts by i, but the loop around it runs over nothing"],
    ["var v = 0 in four parts by i\nset v = 1", "v is in parts and given another value"],
    ["let v = 1\nset v = 2", "v is given another value and no variable"],
    [
      "var v = 0 in four parts by i\nfor i < 8 step 2\n  v = sum(v, x[i])",
      "the loop over i counts the parts of v and does not run from 0 in steps of 1",
    ],

    ["x[0] = fused sqrt(x[1])", "sqrt has no multiply-adds to fuse"],
    ["x[0] = fused clamp(x[1], 0, 1)", "clamp has no multiply-adds to fuse"],

    ["for i < 3 step 0\n  x[i] = 1", "a loop over i in steps of 0"],
    ["windows of n steps of %T from s on, 0 rows", "windows of 0 rows"],
    // In the last window alone, and in the first one alone.
    ["windows of n steps of %T from s on, 6 rows\n  x[s * 6] = 1", "x of 12 elements at 12 to 12"],
    ["windows of n steps of %T from s on, 6 rows\n  x[s * -6 + 12] = 1", "x of 12 elements at 12 to 12"],
    ["region r\n  region s", "the region s stands in a region"],
    ["region r\n  windows of n steps of %T from s on, 3 rows", "windows stand in a region"],

    ["zero x of 13 where an example is short in %T", "x of 12 elements is cleared up to 13"],
  ])("%j", (body, problem) => {
    expect(problemsOf(body)).toContain(`f: ${problem}`);
  });
});

describe("of many steps", () => {
  const long = (steps: number) => new Map([...kernelSizes, ["%T", steps]]);
  const pieces = (body: string, carry: string): string => `
    pieces of %T from s
      ${body}
    where d is 64, into c
      ${carry}
    where c`;

  it.each([
    ["the last piece", 64, "x[s] = 1", "", []],
    ["the last piece", 65, "x[s] = 1", "", ["f: x of 12 elements at 64 to 64"]],
    // Totals are moved where there are many.
    ["what moves totals", 1023, "", "x[c * 12] = 1", []],
    ["what moves totals", 1024, "", "x[c * 12] = 1", ["f: x of 12 elements at 0 to 12"]],
  ])("%s of %d steps lies inside", (_, steps, body, carry, problems) => {
    expect(problemsOf(pieces(body, carry), declarations, long(steps))).toEqual(problems);
  });
});

it("those that go on are told by one number for each example", () => {
  const few = declarations.replace("buffer x: real[12] slot 0", "buffer x: real[2] slot 0");
  const body = "for t < %T\n  select list[0 .. n] from examples where t < %T and x";
  expect(problemsOf(body, few)).toEqual(["f: x of 2 elements for 3 examples"]);
  expect(problemsOf(body)).toEqual([]);
});
