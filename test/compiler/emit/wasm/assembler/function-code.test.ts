import { describe, expect, it } from "vitest";
import { InvariantError } from "../../../../../compiler/base/diagnostics/invariant.js";
import type { FunctionCode, Label } from "../../../../../compiler/emit/wasm/assembler/function-code.js";
import { disassemble } from "../../../../../compiler/emit/wasm/assembler/disassemble.js";
import { ModuleBuilder } from "../../../../../compiler/emit/wasm/assembler/module-builder.js";
import type { Run } from "./engine.js";
import { instantiate } from "./engine.js";
import { codeOf, moduleOf, validateByWabt } from "./support.js";

function load(builder: ModuleBuilder): ReturnType<typeof instantiate> {
  const bytes = builder.encode();
  validateByWabt(bytes);
  return instantiate(bytes);
}

const run = (builder: ModuleBuilder): Run => load(builder).run;

/** The body's instructions, a line each. */
function instructions(write: (code: FunctionCode) => void): string[] {
  const text = disassemble(moduleOf([], [], write).encode());
  return text
    .slice(text.indexOf("(func (type 0)"))
    .split("\n")
    .slice(1, -2)
    .map((line) => line.trim());
}

describe("a function's code", () => {
  it("loops, branches and calls functions that are written later", () => {
    const builder = new ModuleBuilder();
    builder.importMemory("env", "memory", 1);
    const { code } = builder.function("run", ["i32"], ["i32"], true);
    const square = builder.function("square", ["i32"], ["i32"], false);
    const calls = builder.global("i32", true, 0);
    const [n, sum] = [code.param(0), code.local("i32")];
    code.block((done) => {
      code.loop((again) => {
        code.get(n).op("i32.eqz").brIf(done);
        code.get(sum).get(n).call(square.ref).op("i32.add").set(sum);
        code.get(n).i32(1).op("i32.sub").set(n).br(again);
      });
    });
    code.get(sum).i32(1000).op("i32.mul").globalGet(calls).op("i32.add");
    square.code.globalGet(calls).i32(1).op("i32.add").globalSet(calls);
    square.code.get(square.code.param(0)).get(square.code.param(0)).op("i32.mul");
    expect(run(builder)(4)).toBe(30004);
  });

  it("chooses", () => {
    const builder = moduleOf(["i32"], ["f64"], (code) => {
      code.get(code.param(0)).if(
        () => code.f64(-0),
        () => code.f64(NaN),
        "f64",
      );
    });
    expect(run(builder)(1)).toBe(-0);
    expect(run(builder)(0)).toBeNaN();
  });

  it("works on vectors in memory", () => {
    const builder = moduleOf([], ["f32"], (code) => {
      code
        .i32(0)
        .i32(0)
        .memory("v128.load", 16)
        .v128("f32x4", [10, 20, 30, 40])
        .op("f32x4.mul")
        .memory("v128.store", 64);
      code.i32(0).i32(0).memory("v128.load", 64).memory("v128.store32_lane", 4, 3);
      code.i32(0).memory("f32.load", 64);
    });
    const loaded = load(builder);
    const numbers = new Float32Array(loaded.memory);
    numbers.set([1, 2, 3, 4], 4);
    expect(loaded.run()).toBe(10);
    expect([...numbers.slice(16, 20), numbers[1]]).toEqual([10, 40, 90, 160, 160]);
  });

  it("reuses locals that have been released, of the same type", () => {
    const code = codeOf(() => undefined);
    const [a, b] = [code.local("v128"), code.local("f32")];
    code.release(a, b);
    expect(code.local("f32")).toBe(b);
    expect(code.local("f32").index).toBe(2);
    expect(code.local("v128")).toBe(a);
    expect(code.finish().locals).toEqual([
      { count: 1, type: "v128" },
      { count: 2, type: "f32" },
    ]);
  });

  it("keeps a value for the next instruction", () => {
    const lines = instructions((code) => {
      const x = code.local("i32");
      code.i32(1).set(x).get(x).set(x).get(x).op("drop");
    });
    expect(lines).toEqual(["(local i32)", "i32.const 1", "local.tee 0", "local.tee 0", "drop)"]);
  });

  it("sets locals at the beginning from wherever they are asked for", () => {
    const builder = moduleOf(["f32"], ["f32"], (code) => {
      const early = code.local("f32");
      code.f32(100).set(early).f32(100).set(code.param(0));
      code.release(early);
      code.block(() => {
        const two = code.preset("f32", (c) => c.f32(2));
        const doubled = code.preset("f32", (c) => c.get(code.param(0)).get(two).op("f32.mul"));
        code.get(doubled).get(two).op("f32.add").op("return");
      });
      code.op("unreachable");
    });
    expect(run(builder)(5)).toBe(12);
  });

  it("takes any operands where code is never reached", () => {
    const builder = moduleOf(["i32"], ["i32"], (code) => {
      code.block((out) => {
        code.br(out);
        code.op("f32.add").op("drop").op("select").set(code.param(0));
      });
      code.get(code.param(0)).op("return").op("i32.add");
    });
    expect(run(builder)(7)).toBe(7);
  });
});

describe("mistakes in a function's code", () => {
  const failing: [string, (code: FunctionCode) => unknown, string][] = [
    [
      "an operand of another type",
      (c) => c.i32(1).f32(1).op("i32.add"),
      "wasm function f, instruction 2, i32.add: needs i32, finds f32",
    ],
    ["a missing operand", (c) => c.op("f32x4.neg"), "f32x4.neg: needs v128, the stack is empty"],
    [
      "an operand from outside of a block",
      (c) => c.i32(1).block(() => c.op("drop")),
      "drop: needs a value, the stack is empty",
    ],
    ["a value that nobody takes", (c) => c.block(() => c.i32(1)), "instruction 2, end: leaves i32 on the stack"],
    ["a result too many", (c) => c.i32(1).finish(), "end: leaves i32 on the stack"],
    [
      "a branch out of nowhere",
      (c) => {
        let label: Label | undefined;
        c.block((l) => void (label = l));
        c.br(label!);
      },
      "br: goes to a block that is not open",
    ],
    ["one side of two", (c) => c.i32(1).if(() => c.f32(1), undefined, "f32"), "if: needs two sides for a result"],
    [
      "another type on the other side",
      (c) =>
        c.i32(1).if(
          () => c.f32(1),
          () => c.f64(1),
          "f32",
        ),
      "end: needs f32, finds f64",
    ],
    ["values of two types to select from", (c) => c.i32(1).f32(1).i32(1).op("select"), "select: needs f32, finds i32"],
    ["a lane too many", (c) => c.v128("i32x4", [1, 2, 3, 4]).op("f32x4.extract_lane", 4), "needs a lane below 4"],
    ["no lane", (c) => c.v128("i32x4", [1, 2, 3, 4]).op("f32x4.extract_lane"), "needs a lane below 4"],
    ["a lane for nothing", (c) => c.i32(1).op("i32.eqz", 1), "takes no immediates"],
    ["too few lanes", (c) => c.v128("f64x2", [1]), "1 lanes are not f64x2"],
    ["a shuffle of too few bytes", (c) => c.shuffle([1, 2]), "needs 16 lanes below 32"],
    ["an address that is no integer", (c) => c.i32(0).memory("f32.load", 0.5), "0.5 is not an offset"],
    ["no load", (c) => c.i32(0).memory("i32.eqz", 0), "is not a load or store"],
    ["a load without its lane", (c) => c.memory("v128.load32_lane", 0), "needs a lane below 4"],
    ["a load by op", (c) => c.i32(0).op("f32.load"), "has a method of its own"],
    ["an end by op", (c) => c.op("end"), "has a method of its own"],
    ["a number of 33 bits", (c) => c.i32(2 ** 32), "4294967296 is not a 32-bit integer"],
    ["a fraction", (c) => c.i32(0.5), "0.5 is not a 32-bit integer"],
    ["a parameter too many", (c) => c.param(0), "there is no parameter 0"],
    [
      "a local of another function",
      (c) => c.get(codeOf(() => undefined).local("f32")),
      "local 0 is of another function",
    ],
    [
      "a local after its release",
      (c) => {
        const x = c.local("f32");
        c.release(x);
        c.get(x);
      },
      "local.get: local 0 has been released",
    ],
    [
      "a local released twice",
      (c) => {
        const x = c.local("f32");
        c.release(x, x);
      },
      "local 0 cannot be released, it is released",
    ],
    [
      "a local that the beginning does not know",
      (c) => {
        const x = c.local("f32");
        c.preset("f32", (beginning) => beginning.get(x));
      },
      "local 0 is not set at the beginning",
    ],
    [
      "a change of a local set at the beginning",
      (c) => c.f32(1).set(c.preset("f32", (beginning) => beginning.f32(1))),
      "local 0 is set at the beginning, and only there",
    ],
    [
      "code after the end",
      (c) => {
        c.finish();
        c.i32(1);
      },
      "the function is finished",
    ],
  ];

  it.each(failing)("%s", (_, write, message) => {
    expect(() => codeOf(write as (code: FunctionCode) => void)).toThrow(InvariantError);
    expect(() => codeOf(write as (code: FunctionCode) => void)).toThrow(message);
  });

  it("two exports of one name, two memories, a global that cannot change", () => {
    const builder = moduleOf([], [], () => undefined);
    expect(() => builder.function("run", [], [], true)).toThrow("two exports have the name run");
    expect(() => builder.importMemory("a", "b", 1)).toThrow("a module has one memory");
    const fixed = builder.global("i32", false, 1);
    const { code } = builder.function("g", [], [], false);
    expect(() => code.i32(1).globalSet(fixed)).toThrow("global 0 is not mutable");
  });
});
