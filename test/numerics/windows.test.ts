/**
 * Convolutions and windows over axes that differ from example to example: an example has the bits in a batch, padded with NaN, that it has
 * alone, on both targets; what the graph means; gradients against differences, with `jvp` and `hvp` on both targets.
 */
import { describe, expect, it } from "vitest";
import { cell, checkGradients } from "../../compiler/index.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import { expectSameBitsOnTargets } from "../support/same-targets.js";
import { expectAlone, type RaggedCall } from "../support/several-axes.js";

const convolutions = [
  "tanh(conv(x, W, pad = causal, dilation = 2))",
  "tanh(conv(x, W, pad = 1, stride = 2))",
  "tanh(conv(x, D, groups = 2, pad = [2, 2], stride = 3, dilation = 2))",
  "tanh(conv(x, E, groups = 2, pad = same))",
  "tanh(conv(z, Q, pad = 1, stride = [2, 1]))",
];
const windows = [
  "max(windows(z, [2, 3], pad = [1, 0], stride = [2, 1], fill = -inf), axis = [2, 3])",
  "max(windows(x, 2, stride = 2), axis = 1)",
  "mean(windows(x, 3, stride = 2, pad = [2, 1], dilation = 2), axis = 1)",
  "mean(tanh(windows(x, 18, pad = causal, stride = 2, dilation = 2)), axis = 1)",
];

const network = (list: readonly string[], least = ""): string => `network Windows(; T${least}) {
  input x: [T, 2]
  input z: [T, 3, 2]
  param W: [4, 2, 3]
  param D: [2, 1, 3]
  param E: [4, 1, 3]
  param Q: [2, 2, 3, 3]
  param V: [2, 2, 2]
  row[t] = max(windows(conv(z[t], V, pad = [1, 0]), 2, stride = 3, pad = [2, 0]), axis = 1)
${list.map((value, i) => `  output y_${i} = ${value}`).join("\n")}
  output rest = sum(x, axis = [0, 1]) + sum(z, axis = [0, 1, 2]) + sum(tanh(row), axis = [0, 1, 2]) + sum(W, axis = [0, 1, 2]) * sum(D, axis = [0, 1, 2])
    + sum(E, axis = [0, 1, 2]) * sum(Q, axis = [0, 1, 2, 3])
}`;

/** The shortest sizes, which leave no window; all that are needed; and padding beyond the longest. */
const callsFrom = (least: number): RaggedCall[] => [
  { each: { T: [5, 0, 1, 3].map((size) => size + least) } },
  { each: { T: [least] } },
  { each: { T: [2, 4].map((size) => size + least) }, padded: { T: 7 + least } },
];

async function expectRight(text: string, least: number): Promise<void> {
  const { program, diagnostics } = lowerSource(text, { cell: "Windows", dtype: "f64" }, "all sizes");
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message)).toEqual([]);
  await expectAlone(program!, callsFrom(least));
}

describe("an example has what it has alone", () => {
  it.each([
    ["convolutions", convolutions],
    ["windows", windows],
  ])("of %s", async (_, list) => {
    await expectRight(network(list), 0);
  });

  it("of windows without zeros around", async () => {
    await expectRight(network(["tanh(conv(x, W))", "tanh(windows(x, 3, stride = 2))"], " >= 2"), 2);
  });
});

it("has right derivatives, forward and back", async () => {
  const text = network([...convolutions.slice(1, 3), ...windows.slice(0, 2)]);
  const report = await checkGradients(text, { seed: 1, runs: 1, precisions: ["f64"] });
  const failed = report.tensors.flatMap(({ name, methods }) => methods.flatMap((m) => (m.passed ? [] : [`${name} ${m.method}`]))); // prettier-ignore
  expect(failed).toEqual([]);
});

it("has the same bits on both targets, in second derivatives, too", async () => {
  const text = network([convolutions[1]!, windows[0]!, windows[2]!]);
  const options = { jvp: true, hvp: true };
  const [js, wasm] = await Promise.all([
    cell(text, { ...options, target: "js" }),
    cell(text, { ...options, target: "wasm" }),
  ]);
  expectSameBitsOnTargets(js, wasm, 5);
});
