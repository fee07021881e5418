/** Loops whose rounds depend on each other give something else in lanes; others give the same. */
import { describe, expect, test } from "vitest";
import { evaluateKernels } from "../../../../compiler/ir/kernel/evaluate.js";
import { parseKernel } from "../../../../compiler/ir/kernel/parse.js";

function run(loop: string): number[] {
  const text = `
axes %T steps T
slot 0: real[8]
slot 1: real[8]
buffer x: real[8] slot 0 external
buffer y: real[8] slot 1 external
kernel f {
${loop.replace(/^/gmu, "  ")}
}
`;
  const { buffers, run } = evaluateKernels(parseKernel(text), { batch: 1, steps: 1, sizes: {} });
  buffers["x"]!.set([1e16, 1, -1e16, 1, 0.5, 0.6, 0.7, 0.8]);
  buffers["y"]!.fill(0);
  run("f");
  return [...buffers["y"]!];
}

const inLanes = (loop: string): string => loop.replace(/^for .*$/mu, "$& in lanes");

describe("the same in lanes", () => {
  test.each([
    ["an element each", "for i < 7\n  let v = exp(x[i])\n  y[i] = v"],
    ["what is added to an element each", "for i < 7\n  y[i] += x[i]\n  y[i] += y[i]"],
    ["sums in parts, and extremes", "var s = 0 in four parts by i\nvar m = -Infinity\nfor i < 7\n  s = sum(s, x[i])\n  s = sum(s, mul(x[i], x[i]))\n  m = max(m, x[i])\ny[0] = s\ny[1] = m"], // prettier-ignore
    ["steps with a state of their own", "for i < 5\n  var s = x[i]\n  for t < 3\n    set s = mul(s, x[t])\n  y[i] = s"],
    ["as many steps as each has", "for i < 5\n  for t < i reverse\n    y[i] = add(mul(y[i], 2), x[t])"],
  ])("%s", (_, loop) => {
    expect(run(inLanes(loop))).toEqual(run(loop));
  });
});

describe("something else in lanes", () => {
  test.each([
    ["what another round stores", "for i < 7\n  y[i + 1] = add(y[i], x[i])"],
    ["what another round stores later", "for i < 7\n  y[i] = x[i]\n  y[i + 1] = 2"],
    ["one element for all", "for i < 7\n  y[0] = x[i]"],
    ["what all add to", "for i < 7\n  y[0] += x[i]"],
    ["a sum in one chain", "var s = 0\nfor i < 7\n  s = sum(s, x[i])\ny[0] = s"],
    ["a state of all", "var s = 1\nfor i < 7\n  set s = add(mul(s, 2), x[i])\ny[0] = s"],
    ["what another round stores in its steps", "for i < 5\n  for t < 3\n    y[i + t] = x[i]"],
  ])("%s", (_, loop) => {
    expect(run(inLanes(loop))).not.toEqual(run(loop));
  });
});
