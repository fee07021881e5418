import { describe, expect, it } from "vitest";
import { disassemble } from "../../../../../compiler/emit/wasm/assembler/disassemble.js";
import type { NumberShape } from "../../../../../compiler/emit/wasm/assembler/shapes.js";
import { ConstantPool } from "../../../../../compiler/emit/wasm/assembler/constant-pool.js";
import { emitFunction } from "../../../../../compiler/emit/wasm/kernels/scalar-functions.js";
import { floatTypeOf } from "../../../../../compiler/emit/wasm/assembler/shapes.js";
import { evaluateFunction } from "../../../../../compiler/base/math/evaluate.js";
import type { ScalarFunction } from "../../../../../compiler/base/math/expr.js";
import {
  add,
  demote,
  lt,
  mul,
  promote,
  rarely,
  scalarFunction,
  select,
  sub,
} from "../../../../../compiler/base/math/expr.js";
import { printInlined } from "../../../../../compiler/base/math/print-js.js";
import { fuseMultiplyAdds } from "../../../../../compiler/base/math/fuse-multiply-adds.js";
import { mathDescriptions } from "../../../../../compiler/base/math/describe.js";
import type { MathName } from "../../../../../compiler/base/math/functions.js";
import { mathFunctions, mathNames } from "../../../../../compiler/base/math/functions.js";
import {
  argumentRows,
  compileMath,
  ErrorMeter,
  evaluated,
  neighbours,
  readReferences,
  sweepFloat32,
} from "../../../base/math/support.js";
import { validateRelaxed } from "../assembler/engine.js";
import type { Body } from "./scalar-module.js";
import { evaluateRows, mapModule, shapes } from "./scalar-module.js";
import { moduleOf, validateByWabt } from "../assembler/support.js";

const bodyOf =
  (fn: ScalarFunction, fma = false): Body =>
  (code, pool, shape, args) =>
    emitFunction(code, pool, shape, fma ? fuseMultiplyAdds(fn) : fn, args);

const functionOf = (name: MathName, shape: NumberShape): ScalarFunction => mathFunctions[name][floatTypeOf[shape]];

/** Rows at which the wasm code gives other bits than the expected values, NaN being one value. */
function different(
  shape: NumberShape,
  fn: ScalarFunction,
  rows: readonly number[][],
  expected: (...row: number[]) => number,
): unknown[] {
  const got = evaluateRows(shape, rows, bodyOf(fn));
  return rows.flatMap((row, i) => {
    const wanted = expected(...row);
    return Object.is(got[i], wanted) ? [] : [{ row, got: got[i], wanted }];
  });
}

describe.each(shapes)("wasm gives the evaluator's bits (%s)", (shape) => {
  const type = floatTypeOf[shape];
  const printed = compileMath(type);

  it.each(mathNames)("%s", (name) => {
    const rows = argumentRows(name, type, 700);
    expect(different(shape, functionOf(name, shape), rows, evaluated(name, type))).toEqual([]);
  });

  it.each(mathNames.filter((name) => mathFunctions[name].arity === 1))("%s, densely and around its breaks", (name) => {
    const rows: number[][] = [];
    if (type === "f32") sweepFloat32(99_991, (x) => rows.push([x]));
    const breaks = [88.72284, -87.33655, -88.37626, -103.97208, 709.78, -708.4, -745.13, 1, -1, 5.95, 2 ** 27];
    const reductions = Array.from({ length: 200 }, (_, i) => ((i - 100) * Math.LN2) / 2 || 1);
    const quarters = Array.from({ length: 40 }, (_, i) => ((i - 20) * Math.PI) / 4 || 1);
    for (const centre of [...breaks, ...reductions, ...quarters]) {
      rows.push(...neighbours(type === "f32" ? Math.fround(centre) : centre, type, 20).map((x) => [x]));
    }
    expect(different(shape, functionOf(name, shape), rows, printed[name])).toEqual([]);
  });
});

describe("functions of both precisions at once", () => {
  const mixed = scalarFunction("mixed", "f32", ["x", "y"], (x, y) => {
    const square = mul(promote(x!), promote(x!));
    const rounded = demote(sub(square, promote(mul(y!, y!))));
    return select(lt(rounded, x!), add(rounded, 1), demote(mul(promote(rounded), 3)));
  });

  it.each(["f32x4", "f32"] as const)("%s", (shape) => {
    const rows = argumentRows("pow", "f32", 500);
    expect(different(shape, mixed, rows, (...row) => evaluateFunction(mixed, ...row))).toEqual([]);
  });

  it("one that is an argument, or a constant", () => {
    const identity = scalarFunction("identity", "f64", ["x"], (x) => x!);
    const zero = scalarFunction("zero", "f32", ["x"], (x) => mul(x!, -0));
    for (const shape of ["f64", "f64x2"] as const) {
      expect(evaluateRows(shape, [[1.5], [-0]], bodyOf(identity))).toEqual([1.5, -0]);
    }
    for (const shape of ["f32", "f32x4"] as const) expect(evaluateRows(shape, [[2]], bodyOf(zero))).toEqual([-0]);
  });

  it("conditions on numbers of the other precision are refused", () => {
    const wrong = scalarFunction("wrong", "f32", ["x"], (x) => demote(select(lt(x!, 0), promote(x!), 1)));
    expect(() => mapModule("f32x4", 1, 4, bodyOf(wrong))).toThrow("select of float64 and float32 at once");
  });
});

describe("a choice that is rare", () => {
  const rooted = scalarFunction("rooted", "f32", ["x"], (x) => rarely(lt(x!, 0), mul(x!, -3), add(x!, 1)));

  it.each(["f32x4", "f32"] as const)("is a branch, and each number has the value of its own side (%s)", (shape) => {
    expect(disassemble(mapModule(shape, 1, 4, bodyOf(rooted)))).toContain("v128.any_true");
    // Vectors without such a number, with some and with nothing else.
    const rows = [1, 2, 3, 4, 1, -2, 3, -4, -1, -2, -3, -4, NaN, -0, -5, Infinity].map((x) => [x]);
    expect(different(shape, rooted, rows, (x) => evaluateFunction(rooted, x!))).toEqual([]);
  });

  it("is a branch in JavaScript", () => {
    const text = printInlined(rooted, ["x"], "$r");
    expect(text).toEqual(["let $r;", "{", "  if (x < 0) {", "    $r = fround(x * -3);", "  } else {", "    $r = fround(x + 1);", "  }", "}"]); // prettier-ignore
  });
});

describe("fused multiply-adds", () => {
  const relaxed = validateRelaxed(mapModule("f32x4", 1, 4, bodyOf(mathFunctions.exp.f32, true)));

  it("are relaxed instructions, in vectors and for scalars", () => {
    for (const shape of shapes) {
      for (const name of mathNames) {
        const fn = functionOf(name, shape);
        const bytes = mapModule(shape, fn.params.length, 4, bodyOf(fn, true));
        validateByWabt(bytes);
        const hasProducts = !["sign", "clamp"].includes(name);
        expect(disassemble(bytes).includes("relaxed_madd"), `${name} ${shape}`).toBe(hasProducts);
        expect(disassemble(mapModule(shape, fn.params.length, 4, bodyOf(fn)))).not.toContain("relaxed");
      }
    }
  });

  // Node 20 has them with a flag only; where the host has none at all there is nothing to run.
  describe.runIf(relaxed)("on this host, skipped where it has no relaxed SIMD", () => {
    const references = readReferences();
    const measured = mathNames.filter((name) => name in references);

    it.each(measured)("%s keeps its bounds", (name) => {
      const wide = references[name]!;
      const rows = wide.map((row) => row.slice(0, -2));
      const meter = new ErrorMeter("f64");
      evaluateRows("f64x2", rows, bodyOf(mathFunctions[name].f64, true)).forEach((y, i) =>
        meter.add(y, wide[i]!.at(-2)!, wide[i]!.at(-1)!, ...rows[i]!),
      );
      const narrow = argumentRows(name, "f32", 8000).filter((row) => row.every((x) => Math.abs(x) <= 2 ** 27));
      const meter32 = new ErrorMeter("f32");
      const exact = compileMath("f64")[name];
      evaluateRows("f32x4", narrow, bodyOf(mathFunctions[name].f32, true)).forEach((y, i) =>
        meter32.add(y, exact(...narrow[i]!), 0, ...narrow[i]!),
      );
      const { bounds } = mathDescriptions[name];
      expect(meter.worst.ulp, `f64 at ${meter.worst.at.join()}`).toBeLessThanOrEqual(bounds.f64.ulp);
      expect(meter.worst.subnormal).toBeLessThanOrEqual(bounds.f64.subnormal);
      expect(meter32.worst.ulp, `f32 at ${meter32.worst.at.join()}`).toBeLessThanOrEqual(bounds.f32.ulp);
      expect(meter32.worst.subnormal).toBeLessThanOrEqual(bounds.f32.subnormal);
    });

    it.each(["f32", "f64"] as const)("a scalar gives the bits of a vector (%s)", (type) => {
      for (const name of mathNames) {
        const rows = argumentRows(name, type, 300);
        const fn = mathFunctions[name][type];
        const vectors = evaluateRows(type === "f32" ? "f32x4" : "f64x2", rows, bodyOf(fn, true));
        expect(evaluateRows(type, rows, bodyOf(fn, true)), name).toEqual(vectors);
      }
    });
  });
});

describe("the code of a function", () => {
  it("releases its locals and shares constants with the next", () => {
    const sizes = [1, 2].map(
      (times) =>
        moduleOf(["v128"], ["v128"], (code) => {
          const pool = new ConstantPool(code);
          for (let i = 0; i < times; i++) {
            emitFunction(code, pool, "f32x4", mathFunctions.pow.f32, [code.param(0), code.param(0)]);
            if (i > 0) code.op("v128.xor");
          }
        }).build().functions[0]!.locals,
    );
    expect(sizes[1]).toEqual(sizes[0]);
  });

  it("needs arguments of its type and number", () => {
    const write = (shape: NumberShape, name: MathName, type: "f32" | "f64"): unknown =>
      mapModule(shape, 1, 4, bodyOf(mathFunctions[name][type]));
    expect(() => write("f32x4", "exp", "f64")).toThrow("exp of f64 cannot be computed as f32x4");
    expect(() => write("f64", "exp", "f32")).toThrow("exp of f32 cannot be computed as f64");
    expect(() => write("f64", "pow", "f64")).toThrow("pow takes 2 arguments, not 1");
  });

  it("reads like this", () => {
    const builder = moduleOf(["v128"], ["v128"], (code) =>
      emitFunction(code, new ConstantPool(code), "f32x4", mathFunctions.sigmoid.f32, [code.param(0)]),
    );
    expect(disassemble(builder.encode())).toMatchInlineSnapshot(`
      "(module
        (type (func (param v128) (result v128)))
        (import "env" "memory" (memory 1))
        (export "run" (func 0))
        ;; 0
        (func (type 0) (param v128) (result v128)
          (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
          f32.const 1
          f32x4.splat
          local.set 1
          f32.const -89
          f32x4.splat
          local.set 2
          f32.const 87
          f32x4.splat
          local.set 3
          f32.const -1.4426950216293335
          f32x4.splat
          local.set 5
          f32.const 12583039
          f32x4.splat
          local.set 6
          f32.const 0.693145751953125
          f32x4.splat
          local.set 8
          f32.const 0.000001428606765330187
          f32x4.splat
          local.set 9
          f32.const -0.1666652113199234
          f32x4.splat
          local.set 11
          f32.const 0.4999999403953552
          f32x4.splat
          local.set 12
          f32.const -0.008368677459657192
          f32x4.splat
          local.set 13
          f32.const 0.04166826605796814
          f32x4.splat
          local.set 14
          f32.const 0.0013820730382576585
          f32x4.splat
          local.set 15
          local.get 1
          local.get 0
          local.get 2
          f32x4.pmax
          local.get 3
          f32x4.pmin
          local.tee 4
          local.get 4
          local.get 5
          f32x4.mul
          local.get 6
          f32x4.add
          local.tee 4
          local.get 6
          f32x4.sub
          local.tee 7
          local.get 8
          f32x4.mul
          f32x4.add
          local.get 7
          local.get 9
          f32x4.mul
          f32x4.add
          local.tee 7
          local.get 7
          f32x4.mul
          local.tee 10
          local.get 7
          local.get 11
          f32x4.mul
          local.get 12
          f32x4.add
          local.get 10
          local.get 7
          local.get 13
          f32x4.mul
          local.get 14
          f32x4.add
          local.get 10
          local.get 15
          f32x4.mul
          f32x4.add
          f32x4.mul
          f32x4.add
          f32x4.mul
          local.get 7
          f32x4.sub
          local.get 1
          f32x4.add
          local.get 4
          i32.const 23
          i32x4.shl
          f32x4.mul
          local.get 1
          f32x4.add
          f32x4.div)
      )
      "
    `);
  });
});
