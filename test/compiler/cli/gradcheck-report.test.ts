/** What people read of a fault that is in no rule: the pass, on what, and where it shows. */
import { expect, test } from "vitest";
import { printReport } from "../../../compiler/cli/gradcheck-report.js";
import { checkGradients } from "../../../compiler/index.js";
import type { Fault } from "../../../compiler/tools/gradcheck/fault.js";

const source = "cell A(H) { input x: [H] param a: [H] output y = a * x }";
const report = await checkGradients(source, { dimensions: { H: 2 }, runs: 1, precisions: ["f64"] });
const common = {
  ...{ stage: "pass", mode: "reverse", operation: "simplify", entry: "backward", run: 2, operand: undefined },
  ...{ equation: "grad.param.a", analytic: 1, numeric: -1, example: 1, step: undefined, index: [0] },
  place: { span: { file: "a.cell", start: 50, end: 55 }, line: 1, column: 51, text: "a * x" },
  counterexample: { dimensions: { H: 2 }, batch: 2, steps: 1, lengths: [1, 1], sizes: {}, values: {}, cotangents: {} },
} as const satisfies Fault;

const printed = (fault: Fault): string => {
  const lines = printReport({ ...report, passed: false, fault }, false).split("\n");
  const first = lines.findIndex((line) => line.startsWith("the pass "));
  return lines
    .slice(
      first,
      lines.findIndex((line) => line.startsWith("  case: ")),
    )
    .join("\n");
};

test("a pass that runs several times has a number", () => {
  expect(printed(common)).toBe(`the pass simplify:2 changes the meaning of reverse mode, in backward
  a.cell:1:51  a * x
  in grad.param.a (example 1, element [0])
  after    1
  before   -1`);
});

test("a pass on kernels has a target", () => {
  const fault = { ...common, stage: "kernel", mode: "value", operation: "fuse-tails", entry: "step", run: 1 } as const;
  expect(printed({ ...fault, target: "wasm" })).toContain(
    "the pass fuse-tails, on kernels for wasm, changes the meaning of the values, in step\n",
  );
  expect(printed({ ...fault, target: "js", problem: "no buffer x" })).toContain(
    "the pass fuse-tails, on kernels for js, breaks kernels (no buffer x), in step\n",
  );
});
