/** Right cells in which some gradient is zero whatever the numbers: what all examples share, and what is each one's own. */
import { describe, expect, it } from "vitest";
import { checkGradients } from "../../../../compiler/index.js";
import { failures } from "../../../support/gradient-failures.js";

/** Each with what has no gradient. */
const cells: readonly (readonly [string, string, readonly string[]])[] = [
  ["a context that is not read", "cell A { input x: real context c: real output y = x * x }", ["c"]],
  [
    "a mask that is only compared",
    "cell A { input x: [2] context c: [2] state h: [2] h' = if c > 0 then tanh(x + h) else h output y = h' }",
    ["c"],
  ],
  [
    "a table read through stop_gradient",
    "cell A { input x: [2] context c: [2, 2] state h: [2] h' = tanh(stop_gradient(c) @ h + x) output y = h' }",
    ["c"],
  ],
  [
    "a context that only makes an initial state",
    "cell A { input x: [2] context c: [2] state h: [2] = tanh(c) h' = tanh(x + h) output y = h' }",
    [],
  ],
  [
    "a context of run-time size",
    "cell A { input x: real context c: [S] output y = x * sum(if c > 0 then 1 else 0.5) }",
    ["c"],
  ],
  ["an input that is only rounded", "cell A { input x: [2] input z: [2] output y = x * x * floor(z) }", ["z"]],
  ["a parameter", "cell A { input x: [2] param w: [2] output y = x * x * stop_gradient(w) }", ["w"]],
  ["a state", "cell A { input x: [2] state h: [2] h' = x output y = if h > 0 then x * x else x }", ["h"]],
  ["integers", "cell A(V) { input k: index(V) input z: real param w: [V] output y = w[k] * sign(z) }", ["z"]],
];

describe("a right cell with a gradient that is zero", () => {
  it.each(cells)("%s", async (_, text) => {
    // Three examples or two: what only the first one had would be missing.
    const report = await checkGradients(text, { seed: 1, runs: 2, coordinates: 2, target: "js" });
    expect(failures(report)).toEqual([]);
    expect(report).toMatchObject({ passed: true, fault: undefined });
  });
});
