/** Sizes that are no polynomials get names, others stay. */
import { expect, it } from "vitest";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { nameSizes } from "../../../../compiler/passes/graph/name-sizes.js";
import { ComputedSizes } from "../../../../compiler/program/computed-sizes.js";

const axes = cellAxes(["S"]);
const context = shapeContext(axes);

function expectRewritten(pass: typeof nameSizes, before: string, after: string, sizes?: ComputedSizes): void {
  const [fn] = parseProgram(before, axes).functions;
  expect(printFunction(pass.run(fn!, { ...context, sizes }))).toBe(after);
}

const half = (size: string): string => `func f(%x: real[${size}, 2], %whole: real[S + 1]) -> (y: %y, z: %z) {
  %y: real[${size}, 2] = tanh %x
  %z: real[S + 1] = tanh %whole
}
`;

it("names what is computed, and leaves the rest", () => {
  const sizes = new ComputedSizes({ axes, dimensions: new Map() });
  expectRewritten(nameSizes, half("floor(S / 2)"), half("%floor(S / 2)"), sizes);
  expect(sizes.list.map(({ symbol }) => symbol)).toEqual(["%floor(S / 2)"]);
});

it("changes nothing where no size is computed", () => {
  expectRewritten(nameSizes, half("floor(S / 2)"), half("floor(S / 2)"));
});
