/** A module is what the calls on the page make one after the other: nothing happens to it beside them. */
import { expect, test } from "vitest";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { buildKernels, emitModule, layoutOf, lowerSource } from "../../../compiler/driver/pipeline.js";
import { printKernelProgram } from "../../../compiler/emit/js/print-kernel.js";
import { printWasmKernels } from "../../../compiler/emit/wasm/kernels/print-kernels.js";
import { scalarPasses, vectorPasses } from "../../../compiler/passes/kernel/passes.js";
import { SegmentsError } from "../../../compiler/program/segments/find-segments.js";

const source = 'import { GRU } from "std/gru"\ncell Own(I, H) { input x: [I] use g = GRU(I, H) output y = g(x) }';
const options = { dtype: "f32", gradient: true, jvp: false, hvp: false, fma: false, wasmFile: true } as const;

function program(text: string) {
  const { program: lowered, diagnostics } = lowerSource(text, { cell: "Own", dimensions: { I: 2, H: 3 } }, "all sizes");
  expect(diagnostics).toEqual([]);
  return lowered!;
}

test("the kernels of a module are those of its entries, for each target", () => {
  const entries = buildEntries(program(source), options);
  const js = emitModule(program(source), { ...options, target: "js", wasmFile: false });
  expect(js.text).toContain(printKernelProgram(buildKernels(entries, { passes: scalarPasses, dtype: "f32" }), "f32"));
  const kernel = buildKernels(entries, { passes: vectorPasses, dtype: "f32" });
  const layout = layoutOf(kernel, "f32");
  const bytes = printWasmKernels(kernel, { dtype: "f32", layout, target: vectorPasses.machine });
  const [file] = emitModule(program(source), { ...options, target: "wasm" }).wasmFiles;
  // After them it says of which build it is.
  expect(Buffer.from(bytes).equals(file!.bytes.subarray(0, bytes.length))).toBe(true);
});

test("each stage of kernels is seen once, in order, and `rewrite` is given those with memory", () => {
  const seen: string[] = [];
  const observe = (stage: string): unknown => seen.push(stage);
  const rewrite = <Kernel>(kernel: Kernel): Kernel => (seen.push("rewrite"), kernel);
  buildKernels(buildEntries(program(source), options), { passes: scalarPasses, dtype: "f32", observe, rewrite });
  const names = (passes: readonly { readonly name: string }[]): string[] => passes.map(({ name }) => name);
  const { beforeMemory, afterMemory } = scalarPasses;
  expect(seen).toEqual(["kernels", ...names(beforeMemory), "memory", "rewrite", ...names(afterMemory)]);
});

test("a text with errors ends before there is a program, with what was found", () => {
  const failed = lowerSource("cell Own(I, H) { input x: [I] output y = z }", {}, "symbolic");
  expect(failed).toMatchObject({ program: undefined, cell: undefined, network: undefined, written: undefined });
  expect(failed.diagnostics.map(({ code }) => code)).toEqual(["unknown-name"]);
});

test("what an imported cell is made of is found in its file", () => {
  const readFile = (path: string) => (path === "b.cell" ? source : undefined);
  const text = 'import { Own } from "./b.cell"\ncell Other(H) { input x: [H] output y = q }';
  expect(lowerSource(text, { readFile, cell: "Own" }, "symbolic").diagnostics.map(({ code }) => code)).toEqual(["unused-import", "unknown-name"]);
  const { program: there, sources } = lowerSource('import { Own } from "./b.cell"', { readFile, cell: "Own" }, "symbolic");
  expect([there?.name, [...sources.keys()].includes("b.cell")]).toEqual(["Own", true]);
}); // prettier-ignore

test("segments of what looks ahead are refused", () => {
  const ahead = "network Own(; T) { input x: [T] param a: [] ~ zeros output y = a * reverse(x) }";
  const { program: lowered } = lowerSource(ahead, {}, "symbolic");
  expect(() => emitModule(lowered!, { ...options, target: "js", segments: true })).toThrow(SegmentsError);
});
