/** Kernel programs as WebAssembly: every region is a function, so that engines optimise it alone; entries call them. */
import { freeVariables } from "../../ir/kernel/free-variables.js";
import type { ElementType, KernelFunction, KernelProgram } from "../../ir/kernel/types.js";
import type { VectorTarget } from "../../passes/kernel/target.js";
import type { FunctionCode, FunctionRef } from "./code.js";
import type { RealType } from "./elements.js";
import { Expressions } from "./expressions.js";
import { Integers } from "./integers.js";
import type { MemoryLayout } from "./layout.js";
import { ConstantPool } from "./math.js";
import { ModuleBuilder } from "./module-builder.js";
import { addDigest } from "./pack.js";
import { type ModuleParts, Statements } from "./statements.js";

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
  let digest: FunctionRef | undefined;
  // Regions that say the same (packing, for the step and for the sequence) are one function.
  const known = new Map<string, FunctionRef>();
  const codeOf = (code: FunctionCode, parts: ModuleParts): Statements => {
    const integers = new Integers(code, layout, elementTypes);
    return new Statements(new Expressions({ code, integers, pool: new ConstantPool(code) }, dtype, target.fma), parts);
  };
  const parts: ModuleParts = {
    layout,
    target,
    digest: () => (digest ??= addDigest(module)),
    innerFunction: (caller, params, write) => {
      const { ref, code } = module.function(caller.code.name, Array<"i32">(params).fill("i32"), [], false);
      const inner = codeOf(code, parts);
      inner.collapsed = caller.collapsed;
      write(
        inner,
        ref.params.map((_, i) => code.param(i)),
      );
      return ref;
    },
    callRegion: (region, caller) => {
      const { variables } = freeVariables(region.body);
      const key = JSON.stringify(region.body);
      let ref = known.get(key);
      if (ref === undefined) {
        const made = module.function(
          region.name,
          variables.map(() => "i32"),
          [],
          false,
        );
        ref = made.ref;
        known.set(key, ref);
        const statements = codeOf(made.code, parts);
        variables.forEach((name, i) => {
          statements.integers.bind(name, made.code.param(i));
        });
        statements.learn(region.body);
        statements.emitAll(region.body);
      }
      for (const name of variables) caller.code.get(caller.integers.variable(name));
      caller.code.call(ref);
    },
  };
  for (const fn of kernel.functions) printEntry(fn, module, parts, codeOf);
  return module.encode({ names: options.names ?? false });
}

function printEntry(
  fn: KernelFunction,
  module: ModuleBuilder,
  parts: ModuleParts,
  codeOf: (code: FunctionCode, parts: ModuleParts) => Statements,
): void {
  const { code } = module.function(fn.name, [], [], true);
  const statements = codeOf(code, parts);
  statements.learn(fn.body);
  statements.emitAll(fn.body);
}
