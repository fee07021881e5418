/** Passes on kernels as text: what graphs in text are lowered to, after some passes, and whether it still means the graph. */
import { expect } from "vitest";
import { printKernelFunction } from "../../compiler/ir/kernel/print.js";
import type { KernelProgram } from "../../compiler/ir/kernel/types.js";
import type { KernelPass, PlannedPass } from "../../compiler/passes/kernel/kernel-pass.js";
import type { VectorTarget } from "../../compiler/passes/kernel/target.js";
import { functionOf } from "./graph-text.js";
import { lowerProgram } from "./kernels.js";
import { compareEntries, evaluated, programOf } from "./run-kernel.js";

/** Three examples, one of them without any step. */
const examples = [4, 0, 3].map((steps) => new Map([["%T", steps], ["S", 1 + (steps % 3)]])); // prettier-ignore

/** The kernels of one function, after exactly these passes. */
export function kernelOf(text: string, passes: readonly KernelPass<VectorTarget>[] = []): KernelProgram {
  return lowerProgram(programOf(functionOf(text)), { runtimeDimensions: ["S"], passes });
}

export function planned<Machine>(kernel: KernelProgram, pass: PlannedPass<Machine>, machine: Machine): KernelProgram {
  return pass.run(kernel, { dtype: "f32", machine });
}

/** The body of the only entry, without the indentation of a function. */
export function bodyOf(kernel: KernelProgram): string {
  return kernel.functions.map((fn) => dedent(printKernelFunction(fn).split("\n").slice(1, -2).join("\n"))).join("\n");
}

/** Without empty lines around, and as far to the left as its first line. */
export function dedent(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const margin = /^ */u.exec(lines[0] ?? "")![0].length;
  return lines.map((line) => line.slice(margin)).join("\n");
}

/** Kernels give the numbers of the graph that they were lowered from. */
export function expectMeaning(kernel: KernelProgram, text: string): void {
  const options = { dtype: "f64", runtimeDimensions: ["S"] } as const;
  const errors = compareEntries(programOf(functionOf(text)), examples, options, (padding) =>
    evaluated(kernel, padding),
  );
  expect(errors.size).toBeGreaterThan(0);
  for (const [name, error] of errors) expect(error, name).toBeLessThan(1e-12);
}
