/** What a printer of loops is given: by its type, and by the check that stands in front of it. */
import { expect, it, test } from "vitest";
import { loopsOnly } from "../../../../compiler/ir/kernel/loops-only.js";
import { parseUnplanned } from "../../../../compiler/ir/kernel/parse.js";
import type { KernelProgram, LoopStatement } from "../../../../compiler/ir/kernel/kernel-program.js";
import { printKernelProgram } from "../../../../compiler/emit/js/print-kernel.js";
import { planMemory } from "../../../../compiler/passes/kernel/plan-memory.js";

const kernelsOf = (body: string): KernelProgram =>
  planMemory(
    parseUnplanned(`buffer x: real[4] external persistent
buffer w: real[4] external persistent
buffer p: real[4] external persistent
buffer y: real[1] external persistent
kernel f of one %T {
${body}
}
`),
  );

const product = `    product y[0] = sum x[k] * w[k]
      contracted k < 4`;

it("loops pass as they are, with another type", () => {
  const kernels = kernelsOf("  region r\n    for i < 4\n      y[0] += x[i]");
  const loops: KernelProgram<LoopStatement> = loopsOnly(kernels);
  expect(loops).toEqual(kernels);
  // @ts-expect-error -- Without the check they may have products.
  const unchecked: KernelProgram<LoopStatement> = kernels;
  // What is known to be loops is kernels like any other.
  const back: KernelProgram = loops;
  expect([unchecked, back]).toEqual([kernels, kernels]);
});

test.each([
  ["product", `  region r\n${product}`],
  ["product", `  for t < %T\n    region r\n${product.replace(/^/gmu, "    ")}`],
  ["pack", "  region r\n    pack p from w[j] over i < 1, j < 4 as 1 strips of 1"],
  ["windows", '  windows of "s" steps of %T from "f" on, 64 rows\n    region r\n      y[0] = 0'],
])("a %s is refused at any depth", (kind, body) => {
  const message = `f has a ${kind}, which a target of loops does not know`;
  const kernels = kernelsOf(body);
  expect(() => loopsOnly(kernels)).toThrow(message);
  expect(() => printKernelProgram(kernels, "f32")).toThrow(message);
});
