/**
 * Every row of the derivative tables, three ways: forward mode against central differences and against the derivative
 * written down here a second time, reverse mode against forward mode.
 */
import { describe, expect, it } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import type { ScalarOp } from "../../../../compiler/ir/ops/scalar-ops.js";
import { scalarArity } from "../../../../compiler/ir/ops/scalar-ops.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { gradientOf, tangentsOnly } from "../../../../compiler/passes/autodiff/whole-derivatives.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import {
  dot,
  flatten,
  move,
  randomInputs,
  randomSource,
  run,
  type Values,
  worstError,
} from "../../../support/evaluate-helpers.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes(["S"]));
const sizes = [
  new Map([["H", 3], ["I", 2], ["%T", 4], ["S", 2]]),
  new Map([["H", 3], ["I", 2], ["%T", 0], ["S", 5]]),
]; // prettier-ignore

const parse = (text: string): GraphFunction => parseProgram(text, cellAxes(["S"])).functions[0] as GraphFunction;
const tangentNames = (fn: GraphFunction): GraphFunction => ({
  ...fn,
  inputs: fn.inputs.filter((id) => fn.types[id]?.dtype === "real"),
  names: fn.names.map((name) => `tangent.${name ?? ""}`),
});

/** All numbers of a value, a shared one once for each example: a derivative may turn out to be the same for all. */
const all = (value: unknown): number[] => {
  const numbers = flatten(value as never);
  return "shared" in (value as object) ? sizes.flatMap(() => numbers) : numbers;
};

/** Forward mode, differences and reverse mode of one function on random values. */
function check(fn: GraphFunction, seed: number, adjust: (x: number) => number = (x) => x): void {
  const random = randomSource(seed);
  const inputs = randomInputs(fn, sizes, random);
  for (const value of inputs.values()) {
    for (const { data } of "shared" in value ? [value.shared] : value.examples)
      data.forEach((x, i) => (data[i] = adjust(x)));
  }
  const tangents = randomInputs(tangentNames(fn), sizes, random);
  const derived = tangentsOnly(fn, context);
  const gradient = gradientOf(fn, context);
  expect(verifyFunction(derived, context)).toEqual([]);
  expect(verifyFunction(gradient, context)).toEqual([]);
  const jvp = run(derived, new Map([...inputs, ...tangents]), sizes);
  const direction: Values = new Map([...tangents].map(([name, value]) => [name.slice("tangent.".length), value]));
  const h = 1e-5;
  const [below, above] = [run(fn, move(inputs, direction, -h), sizes), run(fn, move(inputs, direction, h), sizes)];
  let left = 0;
  const cotangents: Values = new Map();
  for (const name of above.keys()) {
    const [a, b] = [flatten(above.get(name) as never), flatten(below.get(name) as never)];
    const numeric = a.map((x, i) => (x - (b[i] as number)) / (2 * h));
    const exact = all(jvp.get(`tangent.${name}`));
    const along = `${name} along a random direction: forward mode gives ${exact.join(", ")}, differences ${numeric.join(", ")}`;
    expect(worstError(exact, numeric), along).toBeLessThan(1e-7);
    const output = above.get(name) as never as {
      shared?: unknown;
      examples: { shape: readonly number[]; data: Float64Array }[];
    };
    const like = output.examples.map(({ shape, data }) => ({ shape, data: data.map(() => 2 * random() - 1) }));
    cotangents.set(`grad.${name}`, { examples: like });
    left += dot(exact, flatten({ examples: like }));
  }
  const grads = run(gradient, new Map([...inputs, ...cotangents]), sizes);
  let right = 0;
  for (const [name, value] of direction) {
    const gradient = grads.get(`grad.${name}`);
    right += "shared" in value ? dot(flatten(value), flatten(gradient as never)) : dot(flatten(value), all(gradient));
  }
  expect(right).toBeCloseTo(left, 10);
}

/** Those of truth values, and what chooses by one. */
type WithoutDerivative = "not" | "lt" | "le" | "eq" | "ne" | "and" | "or" | "select";
type DerivedOp = Exclude<ScalarOp, WithoutDerivative>;

/** The derivative with respect to each operand, written independently of the compiler's table. */
const secondOpinion: Readonly<Record<DerivedOp, readonly ((...x: number[]) => number)[]>> = {
  neg: [() => -1],
  abs: [(x) => Math.sign(x as number)],
  sign: [() => 0],
  floor: [() => 0],
  round: [() => 0],
  sqrt: [(x) => 0.5 * (x as number) ** -0.5],
  exp: [(x) => Math.exp(x as number)],
  expm1: [(x) => Math.exp(x as number)],
  log: [(x) => 1 / (x as number)],
  log1p: [(x) => 1 / (1 + (x as number))],
  sin: [(x) => Math.cos(x as number)],
  cos: [(x) => -Math.sin(x as number)],
  tanh: [(x) => 1 / Math.cosh(x as number) ** 2],
  sigmoid: [(x) => 1 / (2 + Math.exp(x as number) + Math.exp(-(x as number)))],
  softplus: [(x) => 1 / (1 + Math.exp(-(x as number)))],
  erf: [(x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-((x as number) ** 2))],
  atan: [(x) => 1 / (1 + (x as number) ** 2)],
  stop_gradient: [() => 0],
  add: [() => 1, () => 1],
  sub: [() => 1, () => -1],
  mul: [(_, b) => b as number, (a) => a as number],
  div: [(_, b) => 1 / (b as number), (a, b) => -(a as number) / (b as number) ** 2],
  strong_mul: [(_, b) => b as number, (a) => a as number],
  strong_div: [(_, b) => 1 / (b as number), (a, b) => -(a as number) / (b as number) ** 2],
  pow: [(a, b) => (b as number) * (a as number) ** ((b as number) - 1), (a, b) => (a as number) ** (b as number) * Math.log(a as number)],
  min: [(a, b) => (a === b ? 0.5 : Number((a as number) < (b as number))), (a, b) => (a === b ? 0.5 : Number((b as number) < (a as number)))],
  max: [(a, b) => (a === b ? 0.5 : Number((a as number) > (b as number))), (a, b) => (a === b ? 0.5 : Number((b as number) > (a as number)))],
  clamp: [
    (x, low, high) => Number((x as number) >= (low as number) && (x as number) <= (high as number)),
    (x, low) => Number((x as number) < (low as number)),
    (x, _low, high) => Number((x as number) > (high as number)),
  ],
}; // prettier-ignore

const positive = new Set<ScalarOp>(["sqrt", "log", "log1p", "pow", "div", "strong_div"]);
const withoutDifferences = new Set<ScalarOp>(["stop_gradient"]);

describe("derivatives of scalar operations", () => {
  const ops = Object.keys(secondOpinion) as DerivedOp[];
  it.each(ops)("%s", (op) => {
    const arity = scalarArity[op];
    const names = ["a", "b", "c"].slice(0, arity);
    const inputs = names.map((name) => `%${name}: real[H]`).join(", ");
    const fn = parse(
      `func f(${inputs}) -> (r: %r) { %r: real[H] = ${op} ${names.map((name) => `%${name}`).join(", ")} }`,
    );
    // Away from kinks, and ordered bounds for clamp.
    const adjust = positive.has(op)
      ? (x: number) => 0.6 + Math.abs(x)
      : (x: number) => 1.7 * x + (x < 0 ? -0.05 : 0.05);
    const random = randomSource(5);
    const derived = tangentsOnly(fn, context);
    for (let round = 0; round < 20; round++) {
      const point = op === "clamp" ? [3 * random() - 1.5, -0.7, 0.8] : names.map(() => adjust(2 * random() - 1));
      for (let i = 0; i < arity; i++) {
        const values: Values = new Map();
        for (const [j, name] of names.entries()) {
          const fill = (x: number) => ({ examples: [{ shape: [3], data: new Float64Array(3).fill(x) }] });
          values.set(name, fill(point[j] as number));
          values.set(`tangent.${name}`, fill(i === j ? 1 : 0));
        }
        const [actual] = flatten(run(derived, values, [sizes[0] as Map<string, number>]).get("tangent.r") as never);
        const expected = secondOpinion[op][i]!(...point);
        const where = `${op}(${point.join(", ")}) by ${names[i]}: the rule in scalar-derivatives.ts gives ${actual}, this test ${expected}`;
        expect(worstError([actual as number], [expected]), where).toBeLessThan(1e-12);
      }
    }
    if (!withoutDifferences.has(op) && op !== "clamp") check(fn, 3, adjust);
  });

  it("counts a shared term of a sum over the batch once an example", () => {
    const fn = parse(`func f(%x: real[], %W: shared real[]) -> (o: %o) {
      %s: shared real[] = mul %W, %W
      %t: real[] = add %x, %s
      %l: shared real[] = batch_sum %t
      %o: real[] = mul %l, %x
    }`);
    check(fn, 7);
  });

  it("shares the derivative of a tie as spec/autodiff.md says", () => {
    const at = (op: string, point: number[]): number[] => {
      const names = ["a", "b", "c"].slice(0, point.length);
      const fn = parse(
        `func f(${names.map((name) => `%${name}: real[H]`).join(", ")}) -> (r: %r) { %r: real[H] = ${op} ${names.map((name) => `%${name}`).join(", ")} }`,
      );
      const fill = (x: number) => ({ examples: [{ shape: [3], data: new Float64Array(3).fill(x) }] });
      const values: Values = new Map([["grad.r", fill(1)]]);
      for (const [i, name] of names.entries()) values.set(name, fill(point[i] as number));
      const grads = run(gradientOf(fn, context), values, [sizes[0] as Map<string, number>]);
      return names.map((name) => flatten(grads.get(`grad.${name}`) as never)[0] as number);
    };
    expect(at("max", [2, 2])).toEqual([0.5, 0.5]);
    expect(at("min", [2, 2])).toEqual([0.5, 0.5]);
    expect(at("abs", [0])).toEqual([0]);
    expect(at("clamp", [1, 1, 3])).toEqual([1, 0, 0]);
    expect(at("clamp", [3, 1, 3])).toEqual([1, 0, 0]);
    expect(at("pow", [0, 2])).toEqual([0, 0]);
  });
});

describe("derivatives of the other operations", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["broadcast", "func f(%x: real[H]) -> (r: %r) { %r: real[I, H] = broadcast [I, H] axes [1] %x }"],
    ["broadcast of a shared value", "func f(%x: shared real[H], %y: real[I, H]) -> (r: %r) { %b: shared real[I, H] = broadcast [I, H] axes [1] %x %r: real[I, H] = mul %b, %y }"],
    ["reduce sum", "func f(%x: real[H, I]) -> (r: %r) { %r: real[I] = reduce sum axes [0] %x }"],
    ["reduce max", "func f(%x: real[H, I]) -> (r: %r) { %r: real[H] = reduce max axes [1] %x }"],
    ["reduce min", "func f(%x: real[H, I]) -> (r: %r) { %r: real[] = reduce min axes [0 1] %x }"],
    ["contract, both operands", "func f(%a: real[H, I], %b: real[I, S]) -> (r: %r) { %r: real[S, H] = contract [0 1] [1 2] -> [2 0] %a, %b }"],
    ["contract with a batch axis", "func f(%a: shared real[H, I], %b: real[H, I]) -> (r: %r) { %r: real[H] = contract [0 1] [0 1] -> [0] %a, %b }"],
    ["slice", "func f(%x: real[H, I]) -> (r: %r) { %r: real[1, I] = slice axis 0 start 1 length 1 %x }"],
    ["slices that cover the whole", "func f(%x: real[2*H]) -> (r: %r) { %a: real[H] = slice axis 0 start 0 length H %x %b: real[H] = slice axis 0 start H length H %x %r: real[H] = mul %a, %b }"],
    ["slices that overlap", "func f(%x: real[H]) -> (r: %r) { %a: real[2] = slice axis 0 start 0 length 2 %x %b: real[2] = slice axis 0 start 1 length 2 %x %r: real[2] = mul %a, %b }"],
    ["pad", "func f(%x: real[H]) -> (r: %r) { %r: real[H + I + 1] = pad axis 0 before I after 1 %x }"],
    ["concat", "func f(%x: real[H], %y: real[I]) -> (r: %r) { %c: real[H + I] = concat axis 0 %x, %y %r: real[H + I] = mul %c, %c }"],
    ["reshape", "func f(%x: real[H, I]) -> (r: %r) { %r: real[I*H] = reshape [H*I] %x }"],
    ["transpose", "func f(%x: real[H, I, S]) -> (r: %r) { %r: real[S, H, I] = transpose [2 0 1] %x }"],
    ["reverse", "func f(%x: real[H, I]) -> (r: %r) { %r: real[H, I] = reverse axis 0 %x }"],
    ["window", "func f(%x: real[7, I]) -> (r: %r) { %r: real[3, 2, I] = window axis 0 length 3 size 2 stride 2 dilation 1 %x }"],
    ["unwindow", "func f(%x: real[H, 3, I]) -> (r: %r) { %r: real[H + 4, I] = unwindow axis 0 size H + 4 stride 1 dilation 2 %x }"],
    ["windows that leave elements out", "func f(%x: real[6]) -> (r: %r) { %w: real[2, 2] = window axis 0 length 2 size 2 stride 3 dilation 1 %x %r: real[2, 2] = mul %w, %w }"],
    ["gather", "func f(%t: shared real[H, I], %k: index[S]) -> (r: %r) { %r: real[S, I] = gather %t, %k }"],
    ["gather at computed places", "func f(%t: real[H, I], %x: real[S]) -> (r: %r) { %a: real[S] = sub %x, %x %k: index[S] = to_index %a %g: real[S, I] = gather %t, %k %r: real[S, I] = mul %g, %g }"],
    ["gather along an axis", "func f(%t: real[H, S, I], %k: index[S, 2]) -> (r: %r) { %g: real[S, 2, I] = gather along 1 %t, %k %r: real[S, 2, I] = mul %g, %g }"],
    ["scatter_add along an axis", "func f(%k: index[S, 2], %u: real[S, 2, I]) -> (r: %r) { %r: real[H, S, I] = scatter_add along 1 size H %k, %u }"],
    ["scatter_add", "func f(%k: index[S], %u: real[S, I]) -> (r: %r) { %r: real[H, I] = scatter_add size H %k, %u }"],
    ["select", "func f(%a: real[H], %b: real[H]) -> (r: %r) { %c: bool[H] = lt %a, %b %r: real[H] = select %c, %a, %b }"],
    ["a value used twice", "func f(%x: real[H]) -> (r: %r, s: %x) { %a: real[H] = sin %x %b: real[H] = mul %a, %x %r: real[H] = add %b, %a }"],
    ["scan, forwards and backwards", `func f(%h: real[H], %x: real[%T, H], %w: shared real[H]) -> (r: %l, y: %y, z: %z, k: %k) {
        %l: real[H], %y: real[%T, H] = scan length %T carried 1 sequences 1 %h, %x, %w body
          func g(%s: real[H], %e: real[H], %v: shared real[H]) -> (s: %n, y: %n) { %m: real[H] = mul %s, %v %t: real[H] = add %m, %e %n: real[H] = tanh %t }
        %k: real[H], %z: real[%T, H] = scan length %T carried 1 sequences 1 reverse %l, %y, %w body
          func g2(%s: real[H], %e: real[H], %v: shared real[H]) -> (s: %n, y: %n) { %m: real[H] = mul %s, %e %t: real[H] = add %m, %v %n: real[H] = sin %t }
      }`],
  ]; // prettier-ignore
  it.each(cases)("%s", (_name, text) => {
    check(parse(text), 11);
  });

  it("batch_sum gives each example the whole cotangent", () => {
    const fn = parse(
      "func f(%x: real[H], %w: real[H]) -> (r: %r) { %s: shared real[H] = batch_sum %x %r: real[H] = mul %s, %w }",
    );
    check(fn, 13);
  });
});
