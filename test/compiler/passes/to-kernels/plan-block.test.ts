/** Levels of a block are found in order: a chain of products as long as a cell costs no stack. */
import { expect, test } from "vitest";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
import { programOf } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

test("a chain of 4,000 products", () => {
  const b = new GraphBuilder("step", shapeContext(cellAxes([])));
  const size = dimConstant(2);
  const weights = b.input("param.W", { dtype: "real", shape: [size, size], shared: true });
  let value = b.input("step.input.x", { dtype: "real", shape: [size], shared: false });
  for (let i = 0; i < 4000; i++) value = b.contract(weights, value, { a: [0, 1], b: [1], result: [0], parts: 1 });
  const fn = b.finish([{ name: "step.output.y", value }]);
  const kernels = lowerProgram(programOf(fn, "step"), { runtimeDimensions: [] });
  expect(kernels.functions[0]?.body).toHaveLength(4000);
});
