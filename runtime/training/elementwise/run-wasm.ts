/** Programs as WebAssembly, on arrays of a memory of their own. */
import { attempt } from "../../base/webassembly.js";
import type { FloatArray } from "../../module/compiled-module.js";
import { encodeWasm } from "./encode-wasm.js";
import type { ElementProgram } from "./program.js";
import type { Kernel } from "./run-plain.js";

const page = 65536;
const cacheLine = 64;
/** There are at most so many scalars. They lie in front of the arrays, and those of the program that runs are there. */
const mostScalars = 32;

/** Arrays in one memory, of a whole number of vectors each. */
interface WasmArrays {
  readonly arrays: readonly FloatArray[];
  /** @returns Nothing where the host compiles no such code: an older one, or a page whose policy forbids it. */
  bind(program: ElementProgram, which: readonly number[], scalars: FloatArray): Kernel | undefined;
}

/** @returns Nothing where the host has no WebAssembly, or no memory as large. */
export function createWasmArrays(dtype: "f32" | "f64", count: number, length: number): WasmArrays | undefined {
  const Floats = dtype === "f32" ? Float32Array : Float64Array;
  const size = Floats.BYTES_PER_ELEMENT;
  const stride = Math.ceil((length * size) / cacheLine) * cacheLine;
  const places = Array.from({ length: count }, (_, i) => mostScalars * size + i * stride);
  const pages = Math.ceil((mostScalars * size + count * stride) / page);
  const memory = attempt(() => new WebAssembly.Memory({ initial: pages, maximum: pages }));
  if (memory === undefined) return undefined;
  const shared = new Floats(memory.buffer, 0, mostScalars);
  return {
    arrays: places.map((place) => new Floats(memory.buffer, place, length)),
    bind(program, which, scalars) {
      const bytes = encodeWasm(program, { dtype, scalars: 0, arrays: which.map((place) => places[place]!) });
      const module = attempt(() => new WebAssembly.Module(bytes));
      if (module === undefined) return undefined;
      const { exports } = new WebAssembly.Instance(module, { host: { memory } });
      const run = exports["run"] as Kernel;
      return (from, to) => {
        shared.set(scalars);
        run(from * size, to * size);
      };
    },
  };
}
