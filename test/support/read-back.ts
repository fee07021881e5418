/** What is printed of graphs and kernels is read back: nothing of them is lost on the way. */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { KernelTargetName } from "../../compiler/passes/kernel/passes.js";
import type { SizedAxis } from "../../compiler/base/types/call-axes.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { parseProgram } from "../../compiler/ir/graph/parse.js";
import { printFunction } from "../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { parseKernel } from "../../compiler/ir/kernel/parse.js";
import { printKernel } from "../../compiler/ir/kernel/print.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import type { EntryProgram } from "../../compiler/program/entry.js";
import type { Program } from "../../compiler/program/program.js";
import { kernelStages } from "./kernel-stages.js";

export function expectKernelReadBack(kernel: KernelProgram): void {
  const text = printKernel(kernel);
  const parsed = parseKernel(text);
  // Says what differs only where something does: comparing for people takes most of the time.
  if (!isDeepStrictEqual(parsed, kernel)) expect(parsed).toStrictEqual(kernel);
  expect(printKernel(parsed)).toBe(text);
}

export function expectStagesReadBack(program: EntryProgram, target: KernelTargetName): void {
  for (const { kernel } of kernelStages(program, target)) expectKernelReadBack(kernel);
}

/** The function without what the text does not hold: where its operations come from. */
export function expectGraphReadBack(fn: GraphFunction, axes: readonly SizedAxis[]): void {
  const text = printFunction(fn);
  const [parsed, ...more] = parseProgram(text, axes).functions;
  expect(more).toEqual([]);
  const again = printFunction(parsed!);
  if (again !== text) expect(again).toBe(text);
  const names = (one: GraphFunction): unknown => [one.name, one.inputs.map((id) => one.names[id]), one.outputNames];
  expect(names(parsed!)).toEqual(names(fn));
}

/** After every stage of every entry, or some; returns how many functions that were. */
export function expectEntriesReadBack(program: Program, stages?: readonly string[]): number {
  const texts = new Set<string>();
  buildEntries(program, {
    ...{ gradient: true, jvp: true, hvp: false },
    observe: ({ stage, fn }) => {
      if (stages?.includes(stage) === false) return;
      const text = printFunction(fn);
      if (texts.has(text)) return;
      texts.add(text);
      expectGraphReadBack(fn, program.axes);
    },
  });
  return texts.size;
}
