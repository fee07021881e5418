import { describe, expect, it } from "vitest";
import type { PushOperand, ShapedOp } from "../../../../../compiler/emit/wasm/kernels/scalar-operations.js";
import type { NumberShape } from "../../../../../compiler/emit/wasm/assembler/shapes.js";
import { ConstantPool } from "../../../../../compiler/emit/wasm/assembler/constant-pool.js";
import { emitPrimitive } from "../../../../../compiler/emit/wasm/kernels/scalar-operations.js";
import { floatTypeOf } from "../../../../../compiler/emit/wasm/assembler/shapes.js";
import { evaluateFunction } from "../../../../../compiler/base/math/evaluate.js";
import type { Operand as ExprOperand, ScalarExpr } from "../../../../../compiler/base/math/expr.js";
import { primitive, primitives, scalarFunction, select } from "../../../../../compiler/base/math/expr.js";
import { argumentsFor, awkward } from "../../../base/math/support.js";
import { evaluateRows, shapes } from "./scalar-module.js";
import { codeOf } from "../assembler/support.js";

type Evaluate = (x: number, y: number, z: number) => number;

/** Operations on numbers whose result is a number, on any numbers. */
const ofNumbers = ["add", "sub", "mul", "div", "neg", "abs", "sqrt", "floor", "nearest", "min", "max"] as const;
const comparisons = ["lt", "le", "eq", "ne"] as const;

function pairs(shape: NumberShape): number[][] {
  const xs = argumentsFor(floatTypeOf[shape], 400);
  const own = awkward.map((x) => (floatTypeOf[shape] === "f32" ? Math.fround(x) : x));
  return [...own.flatMap((x) => own.map((y) => [x, y])), ...xs.map((x, i) => [x, xs[(7 * i + 3) % xs.length]!])];
}

/** What the evaluator makes of the operation. */
function meaning(shape: NumberShape, body: (x: ScalarExpr, y: ScalarExpr) => ScalarExpr): Evaluate {
  const fn = scalarFunction("meaning", floatTypeOf[shape], ["x", "y"], (x, y) => body(x!, y!));
  return (x, y) => evaluateFunction(fn, x, y);
}

describe.each(shapes)("operations on %s", (shape) => {
  const rows = pairs(shape);

  function expectSame(
    write: (emit: (op: ShapedOp, ...operands: PushOperand[]) => void, x: PushOperand, y: PushOperand) => void,
    expected: Evaluate,
    at: readonly number[][] = rows,
  ): void {
    const got = evaluateRows(shape, at, (code, pool, _, args) => {
      const emit = (op: ShapedOp, ...operands: PushOperand[]): void =>
        emitPrimitive(code, pool, shape, op, ...operands);
      const [x, y] = args.map((arg) => (): void => void code.get(arg));
      write(emit, x!, y!);
    });
    const wrong = at.filter((row, i) => !Object.is(got[i], expected(row[0]!, row[1]!, 0)));
    expect(wrong).toEqual([]);
  }

  it.each(ofNumbers)("%s", (op) => {
    const operands = (x: ExprOperand, y: ExprOperand): ExprOperand[] => [x, y].slice(0, primitives[op].operands.length);
    expectSame(
      (emit, x, y) => emit(op, ...[x, y].slice(0, primitives[op].operands.length)),
      meaning(shape, (x, y) => primitive(op, ...operands(x, y))),
    );
  });

  it("copysign, of signs that are not NaN's", () => {
    expectSame(
      (emit, x, y) => emit("copysign", x, y),
      meaning(shape, (x, y) => primitive("copysign", x, y)),
      rows.filter((row) => !Number.isNaN(row[1])),
    );
  });

  it.each(comparisons)("%s selects", (op) => {
    expectSame(
      (emit, x, y) => emit("select", () => emit(op, x, y), x, y),
      meaning(shape, (x, y) => select(primitive(op, x, y), x, y)),
    );
  });

  it("and, or, not select", () => {
    expectSame(
      (emit, x, y) => {
        const small: PushOperand = () =>
          emit(
            "and",
            () => emit("lt", x, y),
            () => emit("not", () => emit("eq", x, y)),
          );
        emit("select", () => emit("or", small, () => emit("ne", x, x)), y, x);
      },
      meaning(shape, (x, y) => {
        const small = primitive("and", primitive("lt", x, y), primitive("not", primitive("eq", x, y)));
        return select(primitive("or", small, primitive("ne", x, x)), y, x);
      }),
    );
  });

  it("minimum and maximum are those of Math", () => {
    expectSame(
      (emit, x, y) => emit("minimum", x, y),
      (x, y) => Math.min(x, y),
    );
    expectSame(
      (emit, x, y) => emit("maximum", x, y),
      (x, y) => Math.max(x, y),
    );
  });

  it("flipWhereOdd of integral numbers", () => {
    const counts = floatTypeOf[shape] === "f32" ? [2 ** 22, 2 ** 22 - 1] : [2 ** 51, 2 ** 51 - 1];
    const whole = [0, 1, 2, 3, 1000, 77777, ...counts].flatMap((n) => [n, -n]);
    expectSame(
      (emit, x, y) => emit("flipWhereOdd", x, y),
      (x, n) => (n % 2 === 0 ? x : -x),
      [0, -0, 1.5, -2, Infinity, NaN].flatMap((x) => whole.map((n) => [x, n])),
    );
  });

  it("pow2 in its range and one beyond, exponent and mantissa of normal numbers", () => {
    const [least, greatest] = floatTypeOf[shape] === "f32" ? [-127, 128] : [-1023, 1024];
    const whole = Array.from({ length: greatest - least + 1 }, (_, i) => [least + i, 0]);
    expectSame(
      (emit, x) => emit("pow2", x),
      (n) => (n === least ? 0 : n === greatest ? Infinity : 2 ** n),
      whole,
    );
    const smallest = 2 ** (least + 1);
    const normal = rows.filter(([x]) => x! >= smallest && x! < Infinity);
    expect(normal.length).toBeGreaterThan(200);
    expectSame(
      (emit, x) => emit("exponent", x),
      meaning(shape, (x) => primitive("exponent", x)),
      normal,
    );
    expectSame(
      (emit, x) =>
        emit(
          "mul",
          () => emit("mantissa", x),
          () => emit("pow2", () => emit("exponent", x)),
        ),
      (x) => x,
      normal,
    );
  });
});

describe("mistakes", () => {
  it("a wrong number of operands", () => {
    const write = (): unknown =>
      codeOf((code) => emitPrimitive(code, new ConstantPool(code), "f32", "add", () => void code.f32(1)));
    expect(write).toThrow("add takes 2 operands, not 1");
  });
});
