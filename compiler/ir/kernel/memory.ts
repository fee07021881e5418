/** The memory of a kernel program as the evaluator has it: slots hold what their buffers share, and every access is checked. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { evaluateDim } from "../../base/types/dim.js";
import { bufferSize } from "./buffer-size.js";
import type { KernelProgram } from "./kernel-program.js";

export type BufferArray = Float64Array | Int32Array;

/** What stands in a buffer before anything is written. */
const unwritten = { real: NaN, index: 2 ** 31 - 1 } as const;

export class KernelMemory {
  readonly buffers: ReadonlyMap<string, BufferArray>;

  /** @param capacity sizes of `%B`, `%T` and run-time dimensions */
  constructor({ buffers, slots }: KernelProgram, capacity: ReadonlyMap<string, number>) {
    const arenas = slots.map(({ dtype, sizes, most }) => {
      const size = Math.max(...sizes.map((dim) => bufferSize({ size: dim, ...(most && { most }) }, capacity)));
      return dtype === "real"
        ? new Float64Array(size).fill(unwritten.real)
        : new Int32Array(size).fill(unwritten.index);
    });
    this.buffers = new Map(
      buffers.map((buffer) => {
        const from = evaluateDim(buffer.place.offset, capacity);
        const to = from + bufferSize(buffer, capacity);
        const arena = arenas[buffer.place.slot];
        invariant(arena !== undefined && to <= arena.length, `${buffer.name} does not fit into its slot`);
        const elements = arena.subarray(from, to);
        return [buffer.name, buffer.zeros === true ? elements.fill(0) : elements];
      }),
    );
  }

  get(buffer: string): BufferArray {
    const found = this.buffers.get(buffer);
    invariant(found !== undefined, `no buffer ${buffer}`);
    return found;
  }

  read(buffer: string, at: number): number {
    return this.get(buffer)[this.checked(buffer, at)] as number;
  }

  write(buffer: string, at: number, value: number): void {
    this.get(buffer)[this.checked(buffer, at)] = value;
  }

  private checked(buffer: string, at: number): number {
    const { length } = this.get(buffer);
    invariant(Number.isInteger(at) && at >= 0 && at < length, `${buffer} of ${length} elements at ${at}`);
    return at;
  }
}
