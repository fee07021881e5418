/** Arrays of one length that programs run on. */
import type { FloatArray } from "../../module/compiled-module.js";
import type { ElementProgram } from "./program.js";
import { bindPlain, type Kernel } from "./run-plain.js";
import { createWasmArrays } from "./run-wasm.js";

export type { Kernel };

interface BoundProgram {
  /** The numbers that all elements share, in the order of the program; read at each run. */
  readonly scalars: FloatArray;
  readonly run: Kernel;
}

export interface Arrays {
  readonly arrays: readonly FloatArray[];
  /** @param which The place of each array of the program among `arrays`. */
  bind(program: ElementProgram, which: readonly number[]): BoundProgram;
}

/** Compiling takes as long as dozens of updates of fewer elements by plain loops, whose bits are the same. */
const fewestCompiled = 2048;

/** @param length A multiple of four, as are the places between which programs run. */
export function createArrays(dtype: "f32" | "f64", count: number, length: number): Arrays {
  const make = (size: number): FloatArray => (dtype === "f32" ? new Float32Array(size) : new Float64Array(size));
  const wasm = length < fewestCompiled ? undefined : createWasmArrays(dtype, count, length);
  const arrays = wasm?.arrays ?? Array.from({ length: count }, () => make(length));
  return {
    arrays,
    bind(program, which) {
      const scalars = make(program.scalars.length);
      const plain = (): Kernel => bindPlain(program, which.map((place) => arrays[place]!), scalars); // prettier-ignore
      return { scalars, run: wasm?.bind(program, which, scalars) ?? plain() };
    },
  };
}
