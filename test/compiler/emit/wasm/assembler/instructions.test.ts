import { describe, expect, it } from "vitest";
import type { Local, WasmType } from "../../../../../compiler/emit/wasm/assembler/function-code.js";
import { disassemble } from "../../../../../compiler/emit/wasm/assembler/disassemble.js";
import type { Immediate } from "../../../../../compiler/emit/wasm/assembler/instruction-types.js";
import type { WasmOperation } from "../../../../../compiler/emit/wasm/assembler/instructions.js";
import { allOperations, operationAt } from "../../../../../compiler/emit/wasm/assembler/instructions.js";
import { validate } from "./engine.js";
import { assembleByWabt, moduleOf, validateByWabt } from "./support.js";

/** Instructions with operands and results of their own, each in a function of just these. */
const computing = allOperations.filter((o) => o.effect !== undefined);
const lastLane = ({ lanes }: WasmOperation): number[] => (lanes === 0 ? [] : [lanes - 1]);

function bytesOf(operation: WasmOperation): Uint8Array {
  const { name, immediate, effect } = operation;
  const { operands, results } = effect!;
  return moduleOf(operands, results, (code) => {
    operands.forEach((_, i) => code.get(code.param(i)));
    const writers: Partial<Record<Immediate, () => void>> = {
      i32: () => code.i32(-70000),
      i64: () => code.i64(-(2n ** 40n)),
      f32: () => code.f32(0.1),
      f64: () => code.f64(0.1),
      bytes: () => code.v128("i8x16", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255]),
      lanes: () => code.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31]),
      memory: () => code.memory(name, 300),
      "memory lane": () => code.memory(name, 300, ...lastLane(operation)),
    };
    (writers[immediate] ?? (() => code.op(name, ...lastLane(operation))))();
  }).encode();
}

describe("the table of instructions", () => {
  it("has all of SIMD", () => {
    expect(allOperations.filter((o) => o.prefix === 0xfd && o.code < 0x100)).toHaveLength(236);
  });

  it("has no name and no opcode twice", () => {
    expect(new Set(allOperations.map((o) => o.name)).size).toBe(allOperations.length);
    for (const operation of allOperations) expect(operationAt(operation.prefix ?? 0, operation.code)).toBe(operation);
  });

  it("states effects that the engine agrees with", () => {
    // Relaxed instructions are not known to every engine: wabt checks those below.
    const wrong = computing.filter((o) => !o.name.includes("relaxed") && !validate(bytesOf(o)));
    expect(wrong.map((o) => o.name)).toEqual([]);
  });

  it("states names, opcodes, immediates and effects that wabt agrees with", () => {
    for (const operation of computing) {
      const bytes = bytesOf(operation);
      validateByWabt(bytes);
      expect(assembleByWabt(disassemble(bytes)), operation.name).toEqual(bytes);
    }
  });

  it("refuses operands of other types", () => {
    const types: readonly WasmType[] = ["i32", "i64", "f32", "f64", "v128"];
    for (const { name, effect, immediate } of computing.filter((o) => o.immediate === "none")) {
      for (const [i, type] of effect!.operands.entries()) {
        const wrong = effect!.operands.with(
          i,
          types.find((t) => t !== type)!,
        );
        const write = (): unknown =>
          moduleOf(wrong, effect!.results, (code) => {
            wrong.map((_, p): Local => code.param(p)).forEach((p) => code.get(p));
            code.op(name);
          }).encode();
        expect(write, `${name} ${immediate}`).toThrow(`needs ${type}`);
      }
    }
  });
});
