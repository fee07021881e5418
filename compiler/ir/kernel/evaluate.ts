/**
 * What a kernel program computes, statement by statement, in float64 with the host's functions: the meaning of the kernel IR,
 * which every pass must keep. Products are summed in the order of their terms; packed copies lie in memory,
 * in an order of its own.
 */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import { extentsOf, type SizedAxis } from "../../base/types/call-axes.js";
import { runStatements } from "./evaluate-statements.js";
import { KernelMemory, type BufferArray } from "./memory.js";
import { CallState, type PackedMatrix } from "./evaluate-expressions.js";
import type { KernelProgram } from "./kernel-program.js";

/** The sizes of a call, or those it may have at most. */
interface KernelCallSizes {
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
}

/** The same interface as kernels in JavaScript have: buffers by name, sizes in a table, a function for each entry. */
interface EvaluatedKernels {
  /** What the caller sees, `lengths`, and `sizes.S` of each example. */
  readonly buffers: Readonly<Record<string, BufferArray>>;
  /** `batch`, `steps` and the run-time sizes of the call at hand. */
  readonly table: Int32Array;
  readonly run: (entry: string) => void;
}

/**
 * @param memoryOf what holds the elements: one that looks at what is read and written, say
 * @throws InvariantError where a kernel reads or writes outside of a buffer, or names what is not there.
 */
export function evaluateKernels(
  program: KernelProgram,
  capacity: KernelCallSizes,
  memoryOf = (of: KernelProgram, sizes: ReadonlyMap<string, number>): KernelMemory => new KernelMemory(of, sizes),
): EvaluatedKernels {
  const { axes } = program;
  const symbols = [BATCH_SYMBOL, ...axes.map(({ symbol }) => symbol)];
  const sizeOf = ({ kind, name }: SizedAxis): number =>
    kind === "steps" ? capacity.steps : (capacity.sizes[name] ?? 0);
  const most = [capacity.batch, ...axes.map(sizeOf)];
  const memory = memoryOf(program, new Map(symbols.map((symbol, i) => [symbol, most[i] as number])));
  const lists = axes.map(() => new Int32Array(capacity.batch));
  const table = new Int32Array(symbols.length + 2);
  table.set(most);
  const external = program.buffers.flatMap(({ name, external: seen }) =>
    seen ? [[name, memory.get(name)] as const] : [],
  );
  const own = lists.map((list, i) => [extentsOf(at(axes, i)), list] as const);
  const packed = new Map<string, PackedMatrix>();
  return {
    buffers: Object.fromEntries([...own, ...external]),
    table,
    run: (entry) => {
      const fn = program.functions.find(({ name }) => name === entry);
      invariant(fn !== undefined, `no entry ${entry}`);
      const sizes = new Map(symbols.map((symbol, i) => [symbol, table[i] as number]));
      const perExample = new Map(axes.map(({ symbol }, i) => [symbol, at(lists, i)]));
      runStatements(fn.body, new CallState(memory, sizes, perExample, packed));
    },
  };
}
