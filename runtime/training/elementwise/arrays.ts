/** Arrays of one length that programs run on. */
import type { FloatArray } from "../../module/compiled-module.js";
import type { ElementProgram } from "./program.js";
import { bindPlain, type Kernel } from "./run-plain.js";

export type { Kernel };

export interface BoundProgram {
  /** The numbers that all elements share, in the order of the program; read at each run. */
  readonly scalars: FloatArray;
  readonly run: Kernel;
}

export interface Arrays {
  readonly arrays: readonly FloatArray[];
  /** @param which The place of each array of the program among `arrays`. */
  bind(program: ElementProgram, which: readonly number[]): BoundProgram;
}

export function createArrays(dtype: "f32" | "f64", count: number, length: number): Arrays {
  const make = (size: number): FloatArray => (dtype === "f32" ? new Float32Array(size) : new Float64Array(size));
  const arrays = Array.from({ length: count }, () => make(length));
  return {
    arrays,
    bind(program, which) {
      const scalars = make(program.scalars.length);
      return { scalars, run: bindPlain(program, which.map((place) => arrays[place]!), scalars) }; // prettier-ignore
    },
  };
}
