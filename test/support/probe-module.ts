/**
 * Modules whose WebAssembly kernels are written by hand, to test what stands around kernels:
 *
 *     cell Probe() {
 *       input x: [2]   context m: [S]   state h: [6]   param w: [2]
 *       output y: [2]
 *     }
 *
 * `forward` gives y = x + w[0] and tells in h of the first example what the table says: B, T, S, full, changed, and
 * m[0]. `step` does the same. With `fused`, y = x - w[0].
 */
import { cellAxes } from "../../compiler/base/types/call-axes.js";
import { planLayout, type MemoryLayout } from "../../compiler/emit/wasm/memory/memory-layout.js";
import { ModuleBuilder } from "../../compiler/emit/wasm/assembler/module-builder.js";
import type { FunctionCode } from "../../compiler/emit/wasm/assembler/function-code.js";
import { printMemoryPlan } from "../../compiler/emit/wasm/memory/print-memory-plan.js";
import type { WasmKernels } from "../../compiler/emit/wasm/module/print-module.js";
import type { KernelBuffer, KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import { type Dim, dimConstant, dimSymbol, multiplyDims } from "../../compiler/base/types/dim.js";
import type { Manifest } from "../../runtime/module/manifest.js";

const doc = { documentation: "" };

export const probeManifest = (dtype: "f32" | "f64"): Manifest => ({
  format: "recell-module",
  version: 2,
  compiler: "0.0.0",
  cell: "Probe",
  documentation: "",
  target: "wasm",
  dtype,
  dimensions: {},
  axes: [
    { name: "B", kind: "batch", option: "batch" },
    { name: "T", kind: "sequence", option: "steps" },
    { name: "S", kind: "dimension", option: "sizes" },
  ],
  inputs: [{ name: "x", ...doc, axes: ["B", "T"], shape: [2], dtype: "real" }],
  contexts: [{ name: "m", ...doc, axes: ["B"], shape: ["S"] }],
  states: [{ name: "h", ...doc, axes: ["B"], shape: [6], initial: "zeros" }],
  params: [{ name: "w", ...doc, axes: [], shape: [2], initializer: { kind: "ones" } }],
  outputs: [{ name: "y", ...doc, axes: ["B", "T"], shape: [2] }],
  has: { step: true, gradient: false, jvp: false, hvp: false },
});

const B = dimSymbol("%B");
const T = dimSymbol("%T");
const S = dimSymbol("S");
const times = (...dims: Dim[]): Dim => dims.reduce(multiplyDims);

const sizes: readonly (readonly [string, Dim])[] = [
  ["context.m", times(B, S)],
  ["final.h", times(B, dimConstant(6))],
  ["initial.h", times(B, dimConstant(6))],
  ["input.x", times(B, T, dimConstant(2))],
  ["output.y", times(B, T, dimConstant(2))],
  ["param.w", dimConstant(2)],
  ["step.context.m", times(B, S)],
  ["step.input.x", times(B, dimConstant(2))],
  ["step.output.y", times(B, dimConstant(2))],
  ["step.state.h", times(B, dimConstant(6))],
];

export const probeKernel: KernelProgram = {
  axes: cellAxes(["S"]),
  buffers: sizes.map(([name, size], slot): KernelBuffer => {
    return { name, external: true, dtype: "real", size, place: { slot, offset: dimConstant(0) } };
  }),
  slots: sizes.map(([, size]) => ({ dtype: "real", sizes: [size] })),
  functions: [],
};

function kernels(layout: MemoryLayout, fused: boolean): Uint8Array {
  const real = layout.elementBytes === 4 ? "f32" : "f64";
  const module = new ModuleBuilder();
  module.ownMemory(1);
  const address = (code: FunctionCode, buffer: string): FunctionCode => {
    const place = layout.addressOf(buffer);
    return place.kind === "static" ? code.i32(place.bytes) : code.i32(0).memory("i32.load", place.word);
  };
  const entry = (name: string, timed: boolean, buffers: Record<"x" | "y" | "h" | "m", string>): void => {
    const { code } = module.function(name, [], [], true);
    const offset = code.local("i32");
    const word = (at: number): FunctionCode => code.i32(0).memory("i32.load", at);
    code.i32(0).set(offset);
    code.loop((again) => {
      address(code, buffers.y).get(offset).op("i32.add");
      address(code, buffers.x).get(offset).op("i32.add").memory(`${real}.load`, 0);
      address(code, "param.w").memory(`${real}.load`, 0);
      code.op(`${real}.${fused ? "sub" : "add"}`).memory(`${real}.store`, 0);
      code.get(offset).i32(layout.elementBytes).op("i32.add").tee(offset);
      word(layout.sizeWord("%B"));
      if (timed) word(layout.sizeWord("%T")).op("i32.mul");
      code
        .i32(2 * layout.elementBytes)
        .op("i32.mul")
        .op("i32.lt_u")
        .brIf(again);
    });
    const told = [...layout.symbols.map((symbol) => layout.sizeWord(symbol)), layout.fullWord, layout.changedWord];
    told.forEach((at, i) => {
      address(code, buffers.h);
      word(at)
        .op(`${real}.convert_i32_s`)
        .memory(`${real}.store`, i * layout.elementBytes);
    });
    address(code, buffers.h);
    address(code, buffers.m)
      .memory(`${real}.load`, 0)
      .memory(`${real}.store`, 5 * layout.elementBytes);
  };
  entry("forward", true, { x: "input.x", y: "output.y", h: "final.h", m: "context.m" });
  entry("step", false, { x: "step.input.x", y: "step.output.y", h: "step.state.h", m: "step.context.m" });
  return module.encode();
}

export function probeKernels(dtype: "f32" | "f64", options: { fused?: boolean } = {}): WasmKernels {
  const layout = planLayout(probeKernel, dtype, 64);
  const plan = printMemoryPlan(probeKernel, layout);
  const bytes = kernels(layout, false);
  return options.fused === true ? { plan, bytes, fused: kernels(layout, true) } : { plan, bytes };
}
