/** Finished kernels as the text of a target, for people. */
import { layoutOf } from "./pipeline.js";
import { at } from "../base/at.js";
import { printDim } from "../base/types/dim.js";
import { extentsOf } from "../base/types/call-axes.js";
import { printKernelProgram } from "../emit/js/print-kernel.js";
import { disassemble } from "../emit/wasm/assembler/disassemble.js";
import { printWasmKernels } from "../emit/wasm/kernels/print-kernels.js";
import type { MemoryLayout } from "../emit/wasm/memory/memory-layout.js";
import type { KernelProgram } from "../ir/kernel/kernel-program.js";
import type { RealType } from "../ir/ops/number-range.js";
import { type KernelTargetName, vectorPasses } from "../passes/kernel/passes.js";

/** What people look at of finished kernels. */
interface TargetTexts {
  readonly code: (kernel: KernelProgram, dtype: RealType) => string;
  /** Where there is one memory. */
  readonly layout?: (kernel: KernelProgram, dtype: RealType) => string;
}

const ofVectors: TargetTexts = { code: printWasmText, layout: printWasmLayout };

export const targetTexts: Readonly<Record<KernelTargetName, TargetTexts>> = {
  js: { code: printKernelProgram },
  wasm: ofVectors,
  "wasm-fma": ofVectors,
};

/** WebAssembly as text, with the names of regions. */
function printWasmText(kernel: KernelProgram, dtype: RealType): string {
  const layout = layoutOf(kernel, dtype);
  return disassemble(printWasmKernels(kernel, { dtype, layout, target: vectorPasses.machine, names: true }));
}

/** The one memory of an instance: what has an address of its own, and what follows from the capacity. */
function printWasmLayout(kernel: KernelProgram, dtype: RealType): string {
  const layout = layoutOf(kernel, dtype);
  const words = [
    ...layout.symbols.map((symbol): [number, string] => [layout.sizeWord(symbol), `the size ${symbol}`]),
    [layout.fullWord, "has every example the sizes of the call?"],
    [layout.changedWord, "may parameters have changed?"],
    [layout.zeroWord, "0"],
  ] as [number, string][];
  const buffers = [...kernel.axes.map(extentsOf), ...kernel.buffers.map(({ name }) => name)];
  return [
    ...words.map(([word, what]) => `word ${word}: ${what}\n`),
    ...layout.addresses.map((_, i) => `${printAddress(layout, i)}\n`),
    ...layout.segments.map((_, i) => `${printSegment(layout, i)}\n`),
    ...buffers.map((name) => `${name}: ${placeOf(layout, name)}\n`),
    `fixed part ends at byte ${layout.fixedEnd}\n`,
  ].join("");
}

function printAddress({ addresses }: MemoryLayout, i: number): string {
  const { word, segment, offset } = at(addresses, i);
  const shift = offset.terms.length === 0 ? "" : ` + ${printDim(offset)} elements`;
  return `word ${word}: address of segment ${segment}${shift}`;
}

function printSegment({ segments }: MemoryLayout, i: number): string {
  const { elementBytes, sizes, most } = at(segments, i);
  const all = sizes.map(printDim);
  const largest = all.length === 1 ? all.join("") : `the largest of ${all.join(", ")}`;
  const limit = most === undefined ? "" : `, at most ${printDim(most)}`;
  return `segment ${i}: ${largest}${limit} elements of ${elementBytes} bytes`;
}

function placeOf(layout: MemoryLayout, name: string): string {
  const address = layout.addressOf(name);
  return address.kind === "static" ? `byte ${address.bytes}` : `at the address in word ${address.word}`;
}
