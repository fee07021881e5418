/**
 * Passes on kernels as text: kernels in and kernels out, which are in order and give the same numbers, and what graphs in text are
 * lowered to, which still means the graph.
 */
import { expect } from "vitest";
import { evaluateKernels } from "../../compiler/ir/kernel/evaluate.js";
import { KernelSyntaxError, parseKernelBody, parseUnplanned } from "../../compiler/ir/kernel/parse.js";
import { printKernel, printKernelFunction } from "../../compiler/ir/kernel/print.js";
import type { KernelProgram, Statement } from "../../compiler/ir/kernel/kernel-program.js";
import type { UnplannedKernels } from "../../compiler/ir/kernel/unplanned.js";
import { verifyNames } from "../../compiler/ir/kernel/verify-names.js";
import { verifyKernel } from "../../compiler/ir/kernel/verify.js";
import { planMemory } from "../../compiler/passes/kernel/plan-memory.js";
import { simd128, type VectorTarget } from "../../compiler/passes/kernel/target.js";
import type { KernelPass, PlannedPass } from "../../compiler/passes/kernel/kernel-pass.js";
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
  const left = lines.find((line) => line.slice(0, margin).trim() !== "");
  if (left !== undefined) throw new Error(`stands further to the left than the first line of its text: ${left.trim()}`);
  return lines.map((line) => line.slice(margin)).join("\n");
}

/** Reads a text of kernels after lines of our own; what is wrong with it is said with the line that it is about. */
function read<T>(parse: (text: string) => T, before: string, text: string): T {
  const whole = `${before}${dedent(text)}`;
  try {
    return parse(whole);
  } catch (error) {
    if (!(error instanceof KernelSyntaxError)) throw error;
    const [line = "", above = "nothing"] = whole.split("\n").slice(0, error.line).reverse();
    throw new Error(`${error.message.replace(/^line \d+: /u, "")}: "${line}", below "${above}"`, { cause: error });
  }
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

/** What `change` makes of statements. */
export function rewritten(text: string, change: (statements: readonly Statement[]) => readonly Statement[]): string {
  return statementsOf(change(parseKernelBody(text)));
}

function statementsOf(body: readonly Statement[]): string {
  return dedent(printKernelFunction({ name: "f", body }).split("\n").slice(1, -2).join("\n"));
}

/** The pass makes `after` of `before`, kernels whose buffers have no places yet. */
export function expectKernels(pass: KernelPass<VectorTarget>, before: string, after: string): void {
  const axes = "axes %T steps T\n";
  const given = read(parseUnplanned, axes, before);
  read(parseUnplanned, axes, after);
  const made = pass.run(given, { dtype: "f32", machine: simd128 });
  expect(dedent(printKernel(made))).toBe(`${axes}${dedent(after)}`);
  expect(numbersOf(made)).toEqual(numbersOf(given));
}

/** The pass makes `after` of the statements of a kernel with these buffers. */
export function expectStatements<Machine>(
  pass: PlannedPass<Machine>,
  machine: Machine,
  buffers: string,
  before: string,
  after: string,
): void {
  const region = dedent(before).replace(/^/gmu, "    ");
  const given = planMemory(
    read(parseUnplanned, `axes %T steps T\n${dedent(buffers)}\n`, `kernel f {\n  region r\n${region}\n}\n`),
  );
  const made = pass.run(given, { dtype: "f32", machine });
  const [only] = made.functions[0]?.body ?? [];
  expect(only?.kind === "region" ? statementsOf(only.body) : "").toBe(dedent(after));
  expect(numbersOf(made)).toEqual(numbersOf(given));
}

/** What the caller sees after each kernel has run on some numbers. */
function numbersOf(kernels: UnplannedKernels | KernelProgram): Record<string, readonly number[]> {
  const program = "slots" in kernels ? kernels : planMemory(kernels);
  if (!("slots" in kernels)) expect(verifyNames(kernels)).toEqual([]);
  const [batch, steps] = [3, 4];
  expect(verifyKernel(program, new Map([["%B", batch], ["%T", steps]]))).toEqual([]); // prettier-ignore
  const { buffers, run } = evaluateKernels(program, { batch, steps, sizes: {} });
  for (const [k, [, buffer]] of Object.entries(buffers).entries()) {
    for (const at of buffer.keys()) buffer[at] = Math.sin(7 * k + at);
  }
  buffers["lengths"]?.set([4, 0, 3]);
  for (const { name } of program.functions) run(name);
  return Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [name, [...buffer]]));
}
