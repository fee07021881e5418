import { expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { dimConstant, dimSymbol } from "../../../../compiler/base/types/dim.js";
import { compileKernels, programOf, runFunction } from "../../../support/run-kernel.js";
import { lstmProgram } from "../../../support/lstm-program.js";
import { scalarArity, type ScalarOp, comparisonOps, logicalOps } from "../../../../compiler/ir/ops/scalar-ops.js";
import {
  flatten,
  randomInputs,
  randomSource,
  run,
  type Values,
  worstError,
} from "../../../support/evaluate-helpers.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import { lowerProgram, printJsKernels } from "../../../support/kernels.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const parse = (text: string): GraphFunction => parseProgram(text, cellAxes(["S"])).functions[0] as GraphFunction;

test("the text is the same every time and refers to nothing outside", () => {
  const text = compileKernels(lstmProgram(3, 5), "f32").text;
  expect(compileKernels(lstmProgram(3, 5), "f32").text).toBe(text);
  expect(text).not.toMatch(/\bimport\b|\beval\b|require|globalThis/);
});

test("what is allocated is what workspaceBytes says", () => {
  const factory = compileKernels(lstmProgram(3, 5), "f64");
  const capacity = { batch: 4, steps: 7, sizes: {} };
  const kernels = factory.create(capacity);
  const arenas = new Set(Object.values(kernels.buffers).map((array) => array.buffer));
  const bytes = [...arenas].reduce((sum, arena) => sum + arena.byteLength, 0);
  // Lists of running examples are not among the visible buffers.
  expect(factory.bytes(capacity) - bytes).toBeGreaterThanOrEqual(0);
  expect(factory.bytes(capacity) - bytes).toBeLessThanOrEqual(4 * 4 * 4);
  expect(factory.bytes({ batch: 2 ** 31, steps: 2 ** 31, sizes: {} })).toBeGreaterThan(2 ** 60);
});

test("names that are words of JavaScript, or no words at all, stay data", () => {
  const hostile = [
    "input.__proto__",
    "input.constructor",
    "input.class",
    "input.σ′⊙",
    'input."];alert(1)//',
    "input.*/\n\u2028",
  ];
  const b = new GraphBuilder("f", shapeContext(cellAxes(["T", "await"])));
  const shape = [dimSymbol("await"), dimConstant(2)];
  const inputs = hostile.map((name) => b.input(name, { dtype: "real", shape, shared: false }));
  const sum = inputs.reduce((a, c) => b.map("add", a, c));
  b.nameValue(sum, "*/ while (true);\n//");
  const product = b.contract(sum, sum, { a: [0, 1], b: [2, 1], result: [0, 2], parts: 1 });
  const outputs = [
    { name: "output.\nevil();", value: sum },
    { name: "output.__proto__", value: product },
  ];
  const fn = b.finish(outputs);
  const examples = [2, 1].map((size) => new Map([["%T", 1], ["await", size], ["T", 3]])); // prettier-ignore
  const values: Values = new Map(
    hostile.map((name) => [
      name,
      {
        examples: [2, 1].map((size) =>
          tensor(
            [size, 2],
            Array.from({ length: size * 2 }, (_, i) => i),
          ),
        ),
      },
    ]),
  );
  const { outputs: actual } = runFunction(fn, values, examples, { dtype: "f64", runtimeDimensions: ["T", "await"] });
  expect(flatten(actual.get("output.__proto__")!)).toEqual([36, 108, 108, 468, 36]);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

const given = [-2.5, -1, -0.5, -0, 0, 0.5, 1, 1.5, 2.5, 1e-3];

test.each(Object.keys(scalarArity) as ScalarOp[])("%s computes what the evaluator does", (op) => {
  const b = new GraphBuilder("f");
  const shape = [dimConstant(given.length)];
  const names = ["input.x", "input.y", "input.z"].slice(0, scalarArity[op]);
  const inputs = names.map((name) => b.input(name, { dtype: "real", shape, shared: false }));
  const truth = (id: number) => b.map("lt", id, b.constantOf(0.25, shape));
  const operands = inputs.map((id, i) => (logicalOps.has(op) || (op === "select" && i === 0) ? truth(id) : id));
  const result = b.map(op, ...operands);
  const asReal = comparisonOps.has(op) || logicalOps.has(op);
  const value = asReal ? b.map("select", result, b.constantOf(1, shape), b.constantOf(0, shape)) : result;
  const fn = b.finish([{ name: "output.o", value }]);
  const data = [given, [...given].reverse(), given.map((x) => Math.abs(x) + 2)];
  const values: Values = new Map(names.map((name, i) => [name, { examples: [tensor([given.length], data[i]!)] }]));
  for (const dtype of ["f64", "f32"] as const) {
    const examples = [new Map([["%T", 1]])];
    const actual = flatten(
      runFunction(fn, values, examples, { dtype, runtimeDimensions: [] }).outputs.get("output.o")!,
    );
    const expected = flatten(run(fn, values, examples).get("output.o")!);
    expected.forEach((want, i) => {
      if (!Number.isFinite(want)) expect(actual[i]).toBe(want);
      else {
        const error = Math.abs((actual[i] as number) - want) / Math.max(1, Math.abs(want));
        expect(error, `${op} ${dtype} at ${i}`).toBeLessThan(dtype === "f64" ? 1e-13 : 1e-6);
      }
    });
  }
});

test("truth values that lie in memory are 0 and 1", () => {
  const fn = parse(`func f(%input.x: real[%T, 3]) -> (output.o: %o, output.p: %p) {
    %zero: shared real[] = constant real 0
    %zeros: real[%T, 3] = broadcast [%T, 3] axes [] %zero
    %o: bool[%T, 3] = lt %input.x, %zeros
    %p: bool[3, %T] = transpose [1 0] %o
  }`);
  const values: Values = new Map([["input.x", { examples: [tensor([2, 3], [-1, 1, 0, 2, -3, -4])] }]]);
  const { outputs } = runFunction(fn, values, [new Map([["%T", 2]])], { dtype: "f32", runtimeDimensions: [] });
  expect(flatten(outputs.get("output.o")!)).toEqual([1, 0, 0, 0, 1, 1]);
  expect(flatten(outputs.get("output.p")!)).toEqual([1, 0, 0, 1, 0, 1]);
});

test("a product reads its operands in place and starts from what it is added to", () => {
  const fn =
    parse(`func f(%input.x: real[%T, 16], %param.W: shared real[16, 16], %param.b: shared real[16]) -> (output.o: %o) {
    %wx: real[%T, 16] = contract [0 1] [2 1] -> [2 0] %param.W, %input.x
    %bb: real[%T, 16] = broadcast [%T, 16] axes [1] %param.b
    %o: real[%T, 16] = add %bb, %wx
  }`);
  const kernel = lowerProgram(programOf(fn), { runtimeDimensions: [] });
  expect(kernel.buffers.filter((buffer) => !buffer.external)).toEqual([]);
  const text = printJsKernels(kernel, "f64");
  expect(text).toMatch(/let sum00 = param_b\[i\];/);
  expect(text).toContain("// o = bb + param.W · input.x");
});

test("projections that share a matrix in two merges are multiplied part by part, without a copy", () => {
  const fn =
    parse(`func f(%input.x: real[4], %input.y: real[4], %param.A: shared real[3, 4], %param.B: shared real[2, 4], %param.C: shared real[5, 4]) -> (output.o: %o, output.p: %p, output.q: %q) {
    %ab: shared real[5, 4] = concat axis 0 %param.A, %param.B
    %o: real[5] = contract [0 1] [1] -> [0] %ab, %input.x
    %ac: shared real[8, 4] = concat axis 0 %param.C, %param.A
    %p: real[8] = contract [0 1] [1] -> [0] %ac, %input.y
    %aa: shared real[3, 8] = concat axis 1 %param.A, %param.A
    %xy: real[8] = concat axis 0 %input.x, %input.y
    %aq: real[3] = contract [0 1] [1] -> [0] %aa, %xy
    %s: real[3] = slice axis 0 start 1 length 3 %input.x
    %q: real[3] = add %s, %aq
  }`);
  const kernel = lowerProgram(programOf(fn), { runtimeDimensions: [] });
  const scratch = kernel.buffers.filter((buffer) => !buffer.external && !buffer.name.startsWith("joined."));
  expect(scratch.map(({ name }) => name)).toEqual(["forward.xy"]);
  const examples = [new Map([["%T", 1]]), new Map([["%T", 1]])]; // prettier-ignore
  const values = randomInputs(fn, examples, randomSource(3));
  const { outputs } = runFunction(fn, values, examples, { dtype: "f64", runtimeDimensions: [] });
  for (const [name, value] of run(fn, values, examples)) {
    expect(worstError(flatten(outputs.get(name)!), flatten(value)), name).toBeLessThan(1e-14);
  }
});
