import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeModule, WasmFormatError } from "../../../../../compiler/emit/wasm/assembler/decode.js";
import { disassemble } from "../../../../../compiler/emit/wasm/assembler/disassemble.js";
import { encodeModule } from "../../../../../compiler/emit/wasm/assembler/encode.js";
import { nameSection, readFunctionNames } from "../../../../../compiler/emit/wasm/assembler/function-names.js";
import { valueTypes } from "../../../../../compiler/emit/wasm/assembler/instruction-types.js";
import type { WasmModule } from "../../../../../compiler/emit/wasm/assembler/module-structure.js";
import { validate } from "./engine.js";
import { arbitraryBody, assembleByWabt, moduleOf } from "./support.js";

const valueType = fc.constantFrom(...valueTypes);
const limits = fc
  .record({ min: fc.nat(100) })
  .chain(({ min }) =>
    fc.option(fc.nat(100), { nil: undefined }).map((more) => (more === undefined ? { min } : { min, max: min + more })),
  );
const name = fc.string({ unit: "binary", maxLength: 8 });

/** Modules whose form is right, and little else. */
const arbitraryModule: fc.Arbitrary<WasmModule> = fc.record({
  types: fc.array(
    fc.record({ params: fc.array(valueType, { maxLength: 4 }), results: fc.array(valueType, { maxLength: 3 }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
  imports: fc.array(
    fc.record({
      module: name,
      name,
      item: fc.oneof(
        limits.map((l) => ({ kind: "memory" as const, ...l })),
        fc.record({ kind: fc.constant("global" as const), type: valueType, mutable: fc.boolean() }),
        fc.constant({ kind: "function" as const, type: 0 }),
      ),
    }),
    { maxLength: 3 },
  ),
  memories: fc.array(limits, { maxLength: 2 }),
  globals: fc.array(fc.record({ type: valueType, mutable: fc.boolean(), init: arbitraryBody }), { maxLength: 2 }),
  exports: fc.array(
    fc.record({
      name,
      kind: fc.constantFrom("function" as const, "memory" as const, "global" as const),
      index: fc.nat(),
    }),
    { maxLength: 3 },
  ),
  functions: fc.array(
    fc.record({
      type: fc.constant(0),
      locals: fc.array(fc.record({ count: fc.nat(300), type: valueType }), { maxLength: 4 }),
      instructions: arbitraryBody,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  customSections: fc
    .array(name, { maxLength: 3 })
    .map((names) => names.map((n) => ({ ...nameSection([n]), after: 10 }))),
});

describe("bytes and modules", () => {
  it("any module comes back as it was, and so do its bytes", () => {
    fc.assert(
      fc.property(arbitraryModule, (module) => {
        const bytes = encodeModule(module);
        const decoded = decodeModule(bytes);
        expect(decoded).toEqual(module);
        expect(encodeModule(decoded)).toEqual(bytes);
        expect(disassemble(bytes)).toContain("(module");
      }),
      { numRuns: 300 },
    );
  });

  it("modules of other tools come back byte for byte", () => {
    const text = `(module
      (import "a" "f" (func (param i32)))
      (import "a" "g" (global (mut i64)))
      (memory 1 3)
      (global $counter (mut i32) (i32.const -5))
      (global f64 (f64.const nan:0x123))
      (func $sum (export "sum") (param i32) (result f32) (local f32 f32 i32 v128)
        (block $done (loop $again
          (br_if $done (i32.eqz (local.get 0)))
          (local.set 1 (f32.add (local.get 1) (f32.load offset=4 align=1 (local.get 0))))
          (local.set 0 (i32.sub (local.get 0) (i32.const 4)))
          (br_table $again $done $again (global.get $counter))))
        (if (result f32) (f32.lt (local.get 1) (f32.const -0x1p-149))
          (then (call 0 (i32.const 2147483647)) (f32.const -inf))
          (else (f32.const -nan))))
      (func (export "bits") (result v128) (i64x2.splat (i64.const -9223372036854775808))))`;
    const bytes = assembleByWabt(text);
    expect(encodeModule(decodeModule(bytes))).toEqual(bytes);
    expect(assembleByWabt(disassemble(bytes))).toEqual(bytes);
  });

  it("floats keep their bits in the text", () => {
    const anyBits = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(anyBits, fc.bigInt(0n, 2n ** 64n - 1n), (low, high) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setUint32(0, low);
        const f32 = view.getFloat32(0);
        view.setBigUint64(0, high);
        const f64 = view.getFloat64(0);
        const bytes = moduleOf([], ["f32", "f64"], (code) => code.f32(f32).f64(f64)).encode();
        expect(assembleByWabt(disassemble(bytes))).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
    for (const value of [NaN, Infinity, -Infinity, -0, 0]) {
      const bytes = moduleOf([], ["f32", "f64"], (code) => code.f32(value).f64(value)).encode();
      expect(assembleByWabt(disassemble(bytes))).toEqual(bytes);
    }
  });

  it("names come back", () => {
    const bytes = moduleOf([], [], () => undefined).encode({ names: true });
    expect(validate(bytes)).toBe(true);
    expect([...readFunctionNames(decodeModule(bytes))]).toEqual([[0, "run"]]);
  });
});

describe("the text of a module", () => {
  it("reads like this", () => {
    const builder = moduleOf(["i32"], ["v128"], (code) => {
      const sum = code.local("v128");
      const at = code.param(0);
      code.loop((again) => {
        code.get(sum).get(at).memory("v128.load32_splat", 8).op("f32x4.add").set(sum);
        code.get(at).i32(4).op("i32.sub").tee(at).brIf(again);
      });
      code.get(sum).get(sum).v128("f32x4", [1, -1, 0.5, 0]).op("f32x4.pmin").op("v128.or");
    });
    expect(disassemble(builder.encode({ names: true }))).toMatchInlineSnapshot(`
      "(module
        (type (func (param i32) (result v128)))
        (import "env" "memory" (memory 1))
        (export "run" (func 0))
        ;; 0 "run"
        (func (type 0) (param i32) (result v128)
          (local v128)
          loop
            local.get 1
            local.get 0
            v128.load32_splat offset=8
            f32x4.add
            local.set 1
            local.get 0
            i32.const 4
            i32.sub
            local.tee 0
            br_if 0
          end
          local.get 1
          local.get 1
          v128.const i32x4 0x3f800000 0xbf800000 0x3f000000 0x00000000
          f32x4.pmin
          v128.or)
      )
      "
    `);
  });
});

describe("bytes that are no module", () => {
  const valid = moduleOf(["i32"], ["f64"], (code) => {
    const x = code.local("f64");
    code.get(code.param(0)).if(
      () => code.get(code.param(0)).memory("f64.load", 1000),
      () => code.get(x),
      "f64",
    );
  }).encode({ names: true });

  /** A module whose only function has these bytes as its locals and instructions. */
  const withBody = (...body: number[]): Uint8Array =>
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10],
      ...[body.length + 2, 1, body.length, ...body],
    ]);

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "byte 0: the bytes end where the header should be"],
    ["something else", Uint8Array.from([1, 2, 3]), "byte 0: not a WebAssembly module of version 1"],
    ["another version", Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), "byte 4: not a WebAssembly module"],
    ["an opcode nobody knows", withBody(0, 0x27, 0x0b), "byte 23: unknown opcode 0x27"],
    ["an opcode nobody knows after a prefix", withBody(0, 0xfd, 0x9a, 0x01, 0x0b), "byte 23: unknown opcode 0xfd 0x9a"],
    ["a body without an end", withBody(0, 0x01), "byte 24: the bytes end where an instruction should be"],
    ["a block without an end", withBody(0, 0x02, 0x40, 0x0b), "byte 26: the bytes end where an instruction should be"],
    ["a body that goes on", withBody(0, 0x0b, 0x0b), "byte 24: the function goes on after its end"],
    [
      "a number of 33 bits",
      withBody(0, 0x20, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x0b),
      "byte 24: a local index is a number of more than 32",
    ],
    [
      "an endless number",
      withBody(0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x0b),
      "byte 24: an i32 is a number of more than 32 bits",
    ],
    ["four billion locals", withBody(1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b), "byte 23: more than 50000 locals"],
    ["a lane too many", withBody(0, 0xfd, 0x1f, 4, 0x0b), "byte 25: lane 4 of 4"],
    [
      "an alignment above the natural",
      withBody(0, 0x2a, 3, 0, 0x0b),
      "byte 24: alignment 2^3 is more than f32.load has",
    ],
    ["a second memory", withBody(0, 0x3f, 1, 0x0b), "byte 24: memory 1, where only memory 0 is supported"],
    ["a block type nobody knows", withBody(0, 0x02, 0x6f, 0x0b, 0x0b), "byte 24: -17 is not a block type"],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeModule(bytes)).toThrow(WasmFormatError);
    expect(() => decodeModule(bytes)).toThrow(message);
  });

  it("a section that is not supported, twice the same section, a missing body", () => {
    const header = valid.subarray(0, 8);
    const from = (...rest: number[]): Uint8Array => Uint8Array.from([...header, ...rest]);
    expect(() => decodeModule(from(4, 1, 0))).toThrow("byte 8: sections of kind 4 are not supported");
    expect(() => decodeModule(from(1, 1, 0, 1, 1, 0))).toThrow("byte 11: section 1 after section 1");
    expect(() => decodeModule(from(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0))).toThrow("1 functions have 0 bodies");
    expect(() => decodeModule(from(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 1))).toThrow("byte 17: type 1 of 1");
    expect(() => decodeModule(from(1, 0x7f))).toThrow("a section should have 127 bytes, there are 0 left");
    expect(() => decodeModule(from(7, 4, 1, 1, 0xff, 0))).toThrow("an export's name is not UTF-8");
    expect(() => decodeModule(from(1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f))).toThrow(
      "4294967295 types cannot stand in 0 bytes",
    );
  });

  it("every cut and every changed byte is a module or a WasmFormatError", () => {
    const tries = [
      ...Array.from(valid, (_, length) => valid.subarray(0, length)),
      ...Array.from(valid, (byte, at) =>
        [0, 1, 0x0b, 0x40, 0x7f, 0x80, 0xfd, 0xff, byte ^ 1].map((b) => valid.with(at, b)),
      ).flat(),
    ];
    for (const bytes of tries) {
      try {
        disassemble(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WasmFormatError);
      }
    }
    expect(() => decodeModule(valid.subarray(0, valid.length - 1))).toThrow(WasmFormatError);
  });
});
