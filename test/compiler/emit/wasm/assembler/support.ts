import fc from "fast-check";
import wabtModule from "wabt";
import { FunctionCode, type WasmType } from "../../../../../compiler/emit/wasm/assembler/function-code.js";
import type { Immediate } from "../../../../../compiler/emit/wasm/assembler/instruction-types.js";
import { valueTypes } from "../../../../../compiler/emit/wasm/assembler/instruction-types.js";
import type { WasmInstruction, WasmOperation } from "../../../../../compiler/emit/wasm/assembler/instructions.js";
import { allOperations } from "../../../../../compiler/emit/wasm/assembler/instructions.js";
import { ModuleBuilder } from "../../../../../compiler/emit/wasm/assembler/module-builder.js";
import { blockTypeOf, emptyBlockType } from "../../../../../compiler/emit/wasm/assembler/module-structure.js";

const wabt = await wabtModule();
const features = { relaxed_simd: true, simd: true, bulk_memory: true, sign_extension: true, sat_float_to_int: true };

/** wabt's bytes of a module in text. */
export function assembleByWabt(text: string): Uint8Array {
  const module = wabt.parseWat("test.wat", text, features);
  try {
    return module.toBinary({ write_debug_names: false }).buffer;
  } finally {
    module.destroy();
  }
}

/** Throws where wabt finds the module invalid. */
export function validateByWabt(bytes: Uint8Array): void {
  const module = wabt.readWasm(bytes, features);
  try {
    module.validate();
  } finally {
    module.destroy();
  }
}

/** A module of one exported function `run`, with a memory of one page. */
export function moduleOf(
  params: readonly WasmType[],
  results: readonly WasmType[],
  write: (code: FunctionCode) => void,
): ModuleBuilder {
  const builder = new ModuleBuilder();
  builder.importMemory("env", "memory", 1);
  write(builder.function("run", params, results, true).code);
  return builder;
}

export function codeOf(write: (code: FunctionCode) => void, results: readonly WasmType[] = []): FunctionCode {
  const code = new FunctionCode("f", [], results);
  write(code);
  return code;
}

const index = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const one = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => value.map((v) => [v]);
const lanesOf = (lanes: number, count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(lanes - 1), { minLength: count, maxLength: count });

/** Any immediates of an instruction's form, whether or not they make sense. */
const immediates: Record<Immediate, (operation: WasmOperation) => fc.Arbitrary<readonly (number | bigint)[]>> = {
  none: () => fc.constant([]),
  block: () => one(fc.oneof(fc.constantFrom(emptyBlockType, ...valueTypes.map(blockTypeOf)), fc.nat(1000))),
  label: () => one(index),
  labels: () => fc.array(index, { minLength: 1, maxLength: 5 }),
  function: () => one(index),
  local: () => one(index),
  global: () => one(index),
  i32: () => one(fc.integer()),
  i64: () => one(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  f32: () => one(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  f64: () => one(fc.bigInt(0n, 2n ** 64n - 1n)),
  bytes: () => lanesOf(256, 16),
  lane: ({ lanes }) => lanesOf(lanes, 1),
  lanes: () => lanesOf(32, 16),
  memory: ({ alignment }) => fc.tuple(fc.nat(alignment), index),
  "memory lane": ({ alignment, lanes }) => fc.tuple(fc.nat(alignment), index, fc.nat(lanes - 1)),
  "memory index": () => fc.constant([]),
  "memory indices": () => fc.constant([]),
};

export function arbitraryInstruction(operation: WasmOperation): fc.Arbitrary<WasmInstruction> {
  return immediates[operation.immediate](operation).map((values) => ({ operation, immediates: values }));
}

const end = allOperations.find((o) => o.name === "end")!;
const notEnd = allOperations.filter((o) => o.name !== "end");

/** Instructions in any order, with as many `end` as there are blocks, and one. */
export const arbitraryBody: fc.Arbitrary<WasmInstruction[]> = fc
  .array(fc.constantFrom(...notEnd).chain(arbitraryInstruction), { maxLength: 60 })
  .map((body) => {
    const blocks = body.filter((i) => i.operation.immediate === "block").length;
    return [...body, ...Array.from({ length: blocks + 1 }, () => ({ operation: end, immediates: [] }))];
  });
