import { describe, expect, it } from "vitest";
import { complexStep, mapSides } from "../../../../compiler/tools/gradcheck/complex-step.js";
import { complexValues, type Decide } from "../../../../compiler/tools/gradcheck/complex-values.js";
import { differentiate } from "../../../../compiler/tools/gradcheck/differences.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { flatOps, scalarArity, type ScalarOp } from "../../../../compiler/ir/ops/scalar-ops.js";
import type { BatchValue } from "../../../../compiler/ir/graph/evaluate.js";
import { scalarValues } from "../../../../compiler/ir/ops/scalar-values.js";
import { flatten } from "../../../support/evaluate-helpers.js";

const ops = Object.keys(scalarArity) as ScalarOp[];
const h = 1e-100;
const beside: Decide = (beyond) => beyond;

describe.each(ops)("%s", (op) => {
  const arity = scalarArity[op];
  const points: number[][] = [];
  for (let i = 0; i < 60; i++) {
    const point = [7 * Math.sin(3.1 * i + 0.4), 3 * Math.cos(1.7 * i + 0.2), 2 * Math.sin(0.9 * i + 0.1)];
    points.push(point.slice(0, arity));
  }

  it("has the value of the real operation", () => {
    for (const point of points) {
      const [x, y, z] = [0, 1, 2].map((i) => ({ re: point[i] ?? 0, im: 0 })) as never as [never, never, never];
      const expected = scalarValues[op](...point);
      const { re } = complexValues[op](beside, x, y, z);
      if (Number.isNaN(expected)) expect(re).toBeNaN();
      else expect(Math.abs(re - expected)).toBeLessThanOrEqual(2e-14 * Math.abs(expected));
    }
  });

  it("has the derivative that differences find", () => {
    for (const point of points) {
      for (let k = 0; k < arity; k++) {
        const value = (t: number): number => scalarValues[op](...point.map((x, i) => (i === k ? x + t : x)));
        const { value: expected, error, kind } = differentiate(value);
        if (kind !== "smooth") continue;
        const [x, y, z] = [0, 1, 2].map((i) => ({ re: point[i] ?? 0, im: i === k ? h : 0 })) as never as [
          never,
          never,
          never,
        ];
        const { im } = complexValues[op](beside, x, y, z);
        const derivative = flatOps.has(op) ? 0 : im / h;
        if (op === "stop_gradient") expect(derivative).toBe(0);
        else
          expect(Math.abs(derivative - expected), `${op}(${point.join(", ")}) by ${k}`).toBeLessThan(3 * error + 1e-12);
      }
    }
  });
});

function stepOf(body: string, values: Record<string, readonly number[]>, direction: Record<string, readonly number[]>) {
  const inputs = Object.keys(values).map((name) => `%${name}: real[${values[name]!.length}]`);
  const fn = parseProgram(`func f(${inputs.join(", ")}) -> (y: %y) {\n${body}\n}`).functions[0]!;
  const batch = (numbers: readonly number[]) => ({
    examples: [{ shape: [numbers.length], data: Float64Array.from(numbers) }],
  });
  const names = fn.inputs.map((id) => fn.names[id] as string);
  const along = names.map((name) => (direction[name] === undefined ? undefined : batch(direction[name])));
  const sides = complexStep(
    fn,
    names.map((name) => batch(values[name]!)),
    along,
    [new Map()],
  );
  // Without the signs of zeros.
  const numbers = (value: BatchValue): number[] => flatten(value).map((x) => x + 0);
  const [right, left, at] = mapSides(sides, (side) => numbers(side[0]!));
  return { right, left, at };
}

describe("at a kink", () => {
  it("abs has two one-sided derivatives", () => {
    const found = stepOf("%y: real[2] = abs %x", { x: [0, 3] }, { x: [1, 1] });
    expect(found).toEqual({ right: [1, 1], left: [-1, 1], at: [1, 1] });
  });

  it("is found through functions that keep the point at 0", () => {
    const body = "%1: real[1] = tanh %x\n  %2: real[1] = expm1 %1\n  %y: real[1] = abs %2";
    expect(stepOf(body, { x: [0] }, { x: [1e6] })).toEqual({ right: [1e6], left: [-1e6], at: [1e6] });
  });

  it("a tie of max is decided by the direction", () => {
    const body = "%y: real[1] = max %a, %b";
    const values = { a: [2], b: [2] };
    expect(stepOf(body, values, { a: [1] })).toMatchObject({ right: [1], left: [0] });
    expect(stepOf(body, values, { a: [1], b: [1] })).toMatchObject({ right: [1], left: [1] });
  });

  it("the greatest of several is decided by the direction", () => {
    const found = stepOf("%y: real[] = reduce max axes [0] %x", { x: [2, 2, 1] }, { x: [1, -3, 7] });
    expect(found).toEqual({ right: [1], left: [-3], at: [-1] });
  });

  it("floor jumps at a whole number and nowhere else", () => {
    const body = "%1: real[2] = floor %x\n  %y: real[2] = mul %1, %x";
    const found = stepOf(body, { x: [2, 2.5] }, { x: [1, 1] });
    expect(found).toEqual({ right: [NaN, 2], left: [NaN, 2], at: [NaN, 2] });
  });

  it("a tie with a product of two changes that are zero at the point is a tie", () => {
    const body = "%1: real[1] = mul %a, %b\n  %2: real[1] = neg %1\n  %y: real[1] = max %2, %c";
    const found = stepOf(body, { a: [0], b: [0], c: [0] }, { a: [1], b: [1], c: [3] });
    expect(found).toEqual({ right: [3], left: [0], at: [1.5] });
  });

  it("a direction that does not meet the kink is smooth", () => {
    const found = stepOf("%1: real[1] = abs %a\n  %y: real[1] = mul %1, %b", { a: [0], b: [2] }, { b: [1] });
    expect(found).toEqual({ right: [0], left: [0], at: [0] });
  });

  it("an equality may hold at the point and on neither side", () => {
    const body = "%1: bool[1] = eq %a, %b\n  %2: real[1] = add %a, %a\n  %y: real[1] = select %1, %2, %b";
    expect(stepOf(body, { a: [0], b: [0] }, { a: [1] })).toEqual({ right: [0], left: [0], at: [2] });
    expect(stepOf(body, { a: [1], b: [1] }, { a: [1] })).toEqual({ right: [NaN], left: [NaN], at: [NaN] });
  });

  it("a sign may be 0 at the point and the same on both sides", () => {
    const body = "%1: real[1] = abs %x\n  %2: real[1] = sign %1\n  %y: real[1] = mul %2, %a";
    expect(stepOf(body, { x: [0], a: [0] }, { x: [1], a: [3] })).toEqual({ right: [3], left: [3], at: [0] });
  });

  it.each(["tanh", "sigmoid", "softplus", "erf", "expm1", "sqrt"])("a tie of %s with itself at rest is a tie", (op) => {
    const body = `%1: real[1] = ${op} %a\n  %2: real[1] = ${op} %b\n  %y: real[1] = max %1, %2`;
    for (const x of [0.1, 0.3, 0.7, 1.1, 2.7]) {
      expect(stepOf(body, { a: [x], b: [x] }, { a: [-1] }).right).toEqual([0]);
    }
  });
});
