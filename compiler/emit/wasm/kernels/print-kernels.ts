/** Kernel programs as WebAssembly: every region is a function, so that engines optimise it alone; entries call them. */
import { listAt, lookUp } from "../../../base/at.js";
import { isSameData } from "../../../base/same-data.js";
import { freeVariables } from "../../../ir/kernel/free-variables.js";
import { forEachAccess } from "../../../ir/kernel/visit.js";
import type { ElementType, KernelFunction, KernelProgram, Statement } from "../../../ir/kernel/kernel-program.js";
import type { RealType } from "../../../ir/ops/number-range.js";
import type { VectorTarget } from "../../../passes/kernel/target.js";
import type { FunctionCode, FunctionRef } from "../assembler/function-code.js";
import { type Accumulators, accumulatorsOf } from "./accumulators.js";
import { KernelContext, type ModuleParts } from "./context.js";
import { emitStatement } from "./emit-statement.js";
import { Expressions } from "./expressions.js";
import { Integers } from "./integers.js";
import type { MemoryLayout } from "../memory/memory-layout.js";
import { ConstantPool } from "../assembler/constant-pool.js";
import { ModuleBuilder } from "../assembler/module-builder.js";
import { addDigest } from "./memory-digest.js";

export interface WasmOptions {
  readonly dtype: RealType;
  readonly layout: MemoryLayout;
  readonly target: VectorTarget;
  /** Names of functions in the module, for profilers and disassemblies. */
  readonly names?: boolean;
}

/** A module that exports its memory, of one page until it grows, and each entry, which reads the sizes of the call from the table. */
export function printWasmKernels(kernel: KernelProgram, options: WasmOptions): Uint8Array {
  const { dtype, layout, target } = options;
  const module = new ModuleBuilder();
  module.ownMemory(1);
  const elementTypes = new Map<string, ElementType>(kernel.buffers.map(({ name, dtype: type }) => [name, type]));
  const panels = new Map(kernel.buffers.flatMap((buffer) => (buffer.panels ? [[buffer.name, buffer.panels]] : [])));
  let digest: FunctionRef | undefined;
  // Regions that say the same (packing, for the step and for the sequence) are one function.
  const known = new Map<string, { readonly body: readonly Statement[]; readonly ref: FunctionRef }[]>();
  const contextOf = (code: FunctionCode, accumulators: Accumulators): KernelContext => {
    const numbers = { code, pool: new ConstantPool(code), dtype, lanes: target.lanes[dtype] };
    return KernelContext.of(Expressions.of(numbers, Integers.of(code, layout, elementTypes)), parts, accumulators);
  };
  const addFunction = ({ name, body }: KernelFunction, params: readonly string[], exported: boolean): FunctionRef => {
    const { ref, code } = module.function(name, Array<"i32">(params.length).fill("i32"), [], exported);
    const context = contextOf(code, accumulatorsOf(body));
    params.forEach((param, i) => {
      context.integers.bind(param, code.param(i));
    });
    context.emitAll(body);
    return ref;
  };
  const parts: ModuleParts = {
    layout,
    target,
    panelsOf: (buffer) => lookUp(panels, buffer),
    emit: emitStatement,
    digest: () => (digest ??= addDigest(module, target.digestStreams)),
    innerFunction: (caller, params, write) => {
      const { ref, code } = module.function(caller.code.name, Array<"i32">(params).fill("i32"), [], false);
      const inner = contextOf(code, caller.accumulators).joining(caller.joined);
      write(
        inner,
        ref.params.map((_, i) => code.param(i)),
      );
      return ref;
    },
    callRegion: (region, caller) => {
      const { variables } = freeVariables(region.body);
      // Most regions differ in what they touch.
      const key = buffersOf(region.body).join();
      const alike = listAt(known, key);
      let ref = alike.find(({ body }) => isSameData(body, region.body))?.ref;
      if (ref === undefined) alike.push({ body: region.body, ref: (ref = addFunction(region, variables, false)) });
      for (const name of variables) caller.code.get(caller.integers.variable(name));
      caller.code.call(ref);
    },
  };
  for (const fn of kernel.functions) addFunction(fn, [], true);
  return module.encode({ names: options.names ?? false });
}

/** Names of buffers, each once, in the order in which they are met. */
function buffersOf(body: readonly Statement[]): string[] {
  const names = new Set<string>();
  for (const statement of body) forEachAccess(statement, ({ buffer }) => names.add(buffer));
  return [...names];
}
