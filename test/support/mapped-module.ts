/**
 * A compiled cell of which everything in memory is known: which buffer lies where, and what an entry of the kernels may
 * write. For tests that no kernel leaves what it was given.
 */
import { emitModule, lowerSource } from "../../compiler/driver/pipeline.js";
import { type MemoryLayout, planLayout } from "../../compiler/emit/wasm/memory/memory-layout.js";
import { printMemoryPlan } from "../../compiler/emit/wasm/memory/print-memory-plan.js";
import { invariant } from "../../compiler/base/diagnostics/invariant.js";
import { bufferSize } from "../../compiler/ir/kernel/buffer-size.js";
import type { KernelBuffer, KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import { forEachAccess } from "../../compiler/ir/kernel/visit.js";
import { BATCH_SYMBOL, TIME_SYMBOL } from "../../compiler/base/types/dim.js";
import { type CompiledModule, loadModule } from "../../runtime/index.js";
import type { CallSizes } from "../../compiler/tools/calls/sizes.js";
import { programOfCell } from "../../compiler/program/cell-program.js";
import { simd128 } from "../../compiler/passes/kernel/target.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import type { EntryProgram } from "../../compiler/program/entry.js";
import type { Derivation, Role, TensorKind } from "../../compiler/program/base/roles.js";
import { extentsOf } from "../../compiler/base/types/call-axes.js";

/** Bytes from `from` up to but not including `to`. */
export interface Range {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface MappedOptions {
  readonly cell: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly dtype: "f32" | "f64";
  readonly jvp: boolean;
  readonly hvp?: boolean;
}

/** Tensors of these kinds, or their derivatives; of a stream where `streamed`. */
const ofKinds =
  (kinds: readonly TensorKind[], derivations: readonly (readonly Derivation[])[] = [[]], streamed = false) =>
  ({ kind, derived = [], streamed: isStreamed = false }: Role): boolean =>
    kinds.includes(kind) &&
    isStreamed === streamed &&
    derivations.some((each) => each.length === derived.length && each.every((by, i) => by === derived[i]));

const values = ofKinds(["input", "context", "initial", "random"]);
const directions = ofKinds(["input", "context", "initial", "param"], [["tangent"]]);
const cotangents = ofKinds(["output", "final"], [["grad"], ["tangent", "grad"]]);

/** What a function of an instance does: the entries that it runs, and the buffers that the shell fills before. */
const calls = {
  forward: { entries: ["initial", "forward"], given: values },
  backward: { entries: ["backward", "initialBackward"], given: ofKinds(["output", "final"], [["grad"]]) },
  step: {
    entries: ["stepInitial", "takeRings", "step", "giveRings"],
    given: ofKinds(["input", "context", "state", "random"], [[]], true),
  },
  jvp: {
    entries: ["initial", "initialJvp", "jvp"],
    given: (role: Role) => values(role) || directions(role),
  },
  hvp: {
    entries: ["initial", "initialJvp", "forward", "backward", "hvp", "initialHvp"],
    given: (role: Role) => values(role) || directions(role) || cotangents(role),
  },
} as const;

type PlanMemory = (capacity: CallSizes) => { readonly addresses: readonly number[]; readonly bytes: number };

export type CallName = keyof typeof calls;

export class MappedModule {
  readonly module: CompiledModule;
  readonly kernel: KernelProgram;
  readonly #layout: MemoryLayout;
  readonly #planMemory: PlanMemory;
  readonly #roles: EntryProgram["roles"];

  private constructor(
    module: CompiledModule,
    kernel: KernelProgram,
    roles: EntryProgram["roles"],
    memory: { readonly layout: MemoryLayout; readonly plan: PlanMemory },
  ) {
    this.module = module;
    this.kernel = kernel;
    this.#roles = roles;
    this.#layout = memory.layout;
    this.#planMemory = memory.plan;
  }

  static async of(source: string, options: MappedOptions): Promise<MappedModule> {
    const { cell, dimensions, dtype, jvp, hvp = false } = options;
    const lowered = lowerSource(source, { cell, dimensions }, "all sizes").cell;
    invariant(lowered !== undefined, `${cell} does not compile`);
    let kernel: KernelProgram | undefined;
    const settings = { target: "wasm", dtype, fma: false, wasmFile: false, gradient: true, jvp, hvp } as const;
    const program = programOfCell(lowered);
    const { text } = emitModule(program, settings, (found) => (kernel = found));
    invariant(kernel !== undefined, "a module without kernels");
    const layout = planLayout(kernel, dtype, simd128.cacheLine);
    const plan = `${printMemoryPlan(kernel, layout)}\nexport { planMemory };`;
    const { planMemory } = (await import(`data:text/javascript,${encodeURIComponent(plan)}`)) as {
      readonly planMemory: PlanMemory;
    };
    const { roles } = buildEntries(program, settings);
    return new MappedModule(await loadModule(text), kernel, roles, { layout, plan: planMemory });
  }

  #isGiven(call: CallName, name: string): boolean {
    const role = this.#roles.get(name);
    return role !== undefined && calls[call].given(role);
  }

  /** All memory of the plan, in bytes. */
  bytes(capacity: CallSizes): number {
    return this.#planMemory(capacity).bytes;
  }

  /** The words that only `instantiate` writes: a zero and the addresses. */
  get constantWords(): Range {
    const { zeroWord, addresses } = this.#layout;
    return { name: "addresses", from: zeroWord, to: zeroWord + 4 + 4 * addresses.length };
  }

  /** What a call of these sizes may write; lists of sizes are filled as far as the capacity goes. */
  writable(call: CallName, sizes: CallSizes, capacity: CallSizes): Range[] {
    const { entries } = calls[call];
    const written = this.#accessed(entries, (use) => use !== "read");
    const lists = this.kernel.axes.map(extentsOf);
    return [
      { name: "sizes and flags", from: 0, to: this.#layout.zeroWord },
      ...lists.map((name) => this.#range(name, 4 * capacity.batch, capacity)),
      ...this.kernel.buffers
        .filter(({ name }) => written.has(name) || this.#isGiven(call, name))
        .map((buffer) => this.#bufferRange(buffer, sizes, capacity)),
    ];
  }

  /** What a call must find as it was: other buffers, and what it reads and writes as far as its sizes go. */
  kept(call: CallName, sizes: CallSizes, capacity: CallSizes): Range[] {
    const { entries } = calls[call];
    const accessed = this.#accessed(entries, () => true);
    const { to } = this.constantWords;
    const lists = this.kernel.axes.map(extentsOf);
    return [
      { name: "table", from: 0, to },
      ...this.writable(call, sizes, capacity).filter(({ name }) => lists.includes(name)),
      ...this.kernel.buffers
        .filter((buffer) => lasts(buffer))
        .map((buffer) => {
          const used = accessed.has(buffer.name) || this.#isGiven(call, buffer.name);
          return this.#bufferRange(buffer, used ? sizes : capacity, capacity);
        }),
    ];
  }

  /** Where a byte lies, in words. */
  whereIs(byte: number, capacity: CallSizes): string {
    const ranges = this.kernel.buffers.map((buffer) => this.#bufferRange(buffer, capacity, capacity));
    const inside = ranges.filter(({ from, to }) => from <= byte && byte < to);
    if (inside.length > 0) return `in ${inside.map(({ name, from }) => `${name} + ${byte - from}`).join(", ")}`;
    const before = ranges.filter(({ to }) => to <= byte).sort((a, b) => b.to - a.to)[0];
    return before === undefined ? "before all buffers" : `${byte - before.to} after the end of ${before.name}`;
  }

  #accessed(entries: readonly string[], wanted: (use: string) => boolean): ReadonlySet<string> {
    const found = new Set<string>();
    for (const fn of this.kernel.functions) {
      if (!entries.includes(fn.name)) continue;
      for (const statement of fn.body) {
        forEachAccess(statement, ({ buffer }, use) => {
          if (wanted(use)) found.add(buffer);
        });
      }
    }
    return found;
  }

  #bufferRange(buffer: KernelBuffer, sizes: CallSizes, capacity: CallSizes): Range {
    const { name, dtype } = buffer;
    const symbols = new Map([[BATCH_SYMBOL, sizes.batch], [TIME_SYMBOL, sizes.steps], ...Object.entries(sizes.sizes)]);
    const bytes = (dtype === "real" ? this.#layout.elementBytes : 4) * bufferSize(buffer, symbols);
    return this.#range(name, bytes, capacity);
  }

  #range(name: string, bytes: number, capacity: CallSizes): Range {
    const address = this.#layout.addressOf(name);
    const from =
      address.kind === "static"
        ? address.bytes
        : this.#planMemory(capacity).addresses[this.#layout.addresses.findIndex(({ word }) => word === address.word)];
    invariant(from !== undefined, `${name} has no address`);
    return { name, from, to: from + bytes };
  }
}

/** Do the contents last from one call to the next? What backward reads of forward does, and so does what kernels keep, such as packed weights. */
function lasts({ external, persistent = false }: KernelBuffer): boolean {
  return external || persistent;
}

/** 1 for every byte in one of the ranges. */
export function maskOf(ranges: readonly Range[], bytes: number): Uint8Array {
  const mask = new Uint8Array(bytes);
  for (const { from, to } of ranges) mask.fill(1, from, to);
  return mask;
}
