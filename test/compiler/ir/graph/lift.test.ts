/** Operations of one step, done for all steps at once: what varies with time has a leading axis for it. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import type { GraphFunction, Instruction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { type Lifted, liftOperation, overTime } from "../../../../compiler/ir/graph/lift.js";
import { dimSymbol, TIME_SYMBOL } from "../../../../compiler/base/types/dim.js";
import { flatten, randomInputs, randomSource, run, tensorsOf, type Values } from "../../../support/evaluate-helpers.js";
import { context, functionOf, linesOf, sizes } from "../../../support/graph-text.js";

const length = dimSymbol(TIME_SYMBOL);

/** The one operation of a step, over time: inputs with names in `moving` are sequences. */
function lifted(step: GraphFunction, moving: string): GraphFunction {
  const { operation, operands } = step.instructions[0] as Instruction;
  const b = new GraphBuilder("f", context);
  const values = new Map(
    step.inputs.map((id): [number, Lifted] => {
      const name = step.names[id] as string;
      const type = step.types[id]!;
      const isSequence = moving.includes(name);
      const shape = isSequence ? [length, ...type.shape] : type.shape;
      return [id, { value: b.input(name, { ...type, shape }), overTime: isSequence }];
    }),
  );
  const own = operands.map((id) => values.get(id)!);
  return b.finish([{ name: "r", value: liftOperation(operation, own, b, length) }]);
}

/** What the inputs of the step are at step `t` of an example. */
function atStep(step: GraphFunction, given: Values, moving: string, example: number, t: number): Values {
  return new Map(
    step.inputs.map((id) => {
      const name = step.names[id]!;
      const value = given.get(name)!;
      const { shape, data } = tensorsOf(value)["shared" in value ? 0 : example]!;
      if (!moving.includes(name)) return [name, { shared: tensor(shape, data) }];
      const n = data.length / shape[0]!;
      return [name, { shared: tensor(shape.slice(1), data.slice(t * n, (t + 1) * n)) }];
    }),
  );
}

type Case = readonly [name: string, inputs: string, line: string, moving: string, ...expected: string[]];

const cases: readonly Case[] = [
  ["map", "%x: real[3], %y: real[3]", "%r: real[3] = mul %x, %y", "xy",
    "%2: real[%T, 3] = mul %x, %y"],
  ["map: what is the same at every step is repeated", "%x: real[3], %w: shared real[3]", "%r: real[3] = sub %w, %x", "x",
    "%2: real[%T, 3] = broadcast [%T, 3] axes [1] %w", "%3: real[%T, 3] = sub %2, %x"],
  ["broadcast", "%x: real[3]", "%r: real[2, 3, 4] = broadcast [2, 3, 4] axes [1] %x", "x",
    "%1: real[%T, 2, 3, 4] = broadcast [%T, 2, 3, 4] axes [0 2] %x"],
  ["reduce", "%x: real[2, 3, 4]", "%r: real[3] = reduce max axes [0 2] %x", "x",
    "%1: real[%T, 3] = reduce max axes [1 3] %x"],
  ["contract: time is a label of both operands", "%x: real[2, 3], %y: real[3]", "%r: real[2] = contract [0 1] [1] -> [0] %x, %y", "xy",
    "%2: real[%T, 2] = contract [2 0 1] [2 1] -> [2 0] %x, %y"],
  ["contract: time is a label of the second alone", "%W: shared real[2, 3], %x: real[3]", "%r: real[2] = contract [0 1] [1] -> [0] %W, %x", "x",
    "%2: real[%T, 2] = contract [0 1] [2 1] -> [2 0] %W, %x"],
  ["contract: time is a label of the first alone", "%x: real[3], %W: shared real[3, 2]", "%r: real[2] = contract [5] [5 9] -> [9] %x, %W", "x",
    "%2: real[%T, 2] = contract [10 5] [5 9] -> [10 9] %x, %W"],
  ["contract: of numbers, the first label is time", "%x: real[], %y: real[]", "%r: real[] = contract [] [] -> [] %x, %y", "xy",
    "%2: real[%T] = contract [0] [0] -> [0] %x, %y"],
  ["contract: a dot product keeps its order of additions", "%x: real[3], %w: shared real[3]", "%r: real[] = contract [0] [0] -> [] parts 4 %x, %w", "x",
    "%2: real[%T] = contract [1 0] [0] -> [1] parts 4 %x, %w"],
  ["slice", "%x: real[2, 5]", "%r: real[2, 3] = slice axis 1 start 1 length 3 %x", "x",
    "%1: real[%T, 2, 3] = slice axis 2 start 1 length 3 %x"],
  ["pad", "%x: real[3]", "%r: real[6] = pad axis 0 before 1 after 2 %x", "x",
    "%1: real[%T, 6] = pad axis 1 before 1 after 2 %x"],
  ["concat: what is the same at every step is repeated", "%x: real[3], %w: shared real[2]", "%r: real[5] = concat axis 0 %x, %w", "x",
    "%2: real[%T, 2] = broadcast [%T, 2] axes [1] %w", "%3: real[%T, 5] = concat axis 1 %x, %2"],
  ["reshape", "%x: real[2, 3]", "%r: real[6] = reshape [6] %x", "x",
    "%1: real[%T, 6] = reshape [%T, 6] %x"],
  ["transpose", "%x: real[2, 3, 4]", "%r: real[4, 2, 3] = transpose [2 0 1] %x", "x",
    "%1: real[%T, 4, 2, 3] = transpose [0 3 1 2] %x"],
  ["reverse", "%x: real[2, 3]", "%r: real[2, 3] = reverse axis 1 %x", "x",
    "%1: real[%T, 2, 3] = reverse axis 2 %x"],
  ["window", "%x: real[2, 5]", "%r: real[2, 3, 2] = window axis 1 length 3 size 2 stride 1 dilation 2 %x", "x",
    "%1: real[%T, 2, 3, 2] = window axis 2 length 3 size 2 stride 1 dilation 2 %x"],
  ["unwindow", "%x: real[3, 2]", "%r: real[6] = unwindow axis 0 size 6 stride 2 dilation 1 %x", "x",
    "%1: real[%T, 6] = unwindow axis 1 size 6 stride 2 dilation 1 %x"],
  ["gather: one table for all steps", "%E: shared real[5, 3], %i: index[2]", "%r: real[2, 3] = gather %E, %i", "i",
    "%2: real[%T, 2, 3] = gather %E, %i"],
  ["gather: a table for each step", "%E: real[5, 3], %i: shared index[2]", "%r: real[2, 3] = gather %E, %i", "E",
    "%2: real[5, %T, 3] = transpose [1 0 2] %E", "%3: real[2, %T, 3] = gather %2, %i", "%4: real[%T, 2, 3] = transpose [1 0 2] %3"],
  ["gather: a table and places for each step", "%E: real[5, 3], %i: index[2]", "%r: real[2, 3] = gather %E, %i", "E i",
    "%2: real[5, %T, 3] = transpose [1 0 2] %E", "%3: real[%T, 2, 3] = gather along 1 %2, %i"],
  ["gather along an axis: the places of each step beside it", "%E: real[5, 2, 3], %i: index[2]", "%r: real[2, 3] = gather along 1 %E, %i", "i",
    "%2: index[2, %T] = transpose [1 0] %i", "%3: real[2, %T, 3] = gather along 1 %E, %2", "%4: real[%T, 2, 3] = transpose [1 0 2] %3"],
  ["scatter_add: at the same places", "%i: shared index[2], %u: real[2, 3]", "%r: real[5, 3] = scatter_add size 5 %i, %u", "u",
    "%2: real[2, %T, 3] = transpose [1 0 2] %u", "%3: real[5, %T, 3] = scatter_add size 5 %i, %2", "%4: real[%T, 5, 3] = transpose [1 0 2] %3"],
  ["scatter_add: at the places of each step", "%i: index[2], %u: real[2, 3]", "%r: real[5, 3] = scatter_add size 5 %i, %u", "i u",
    "%2: real[5, %T, 3] = scatter_add along 1 size 5 %i, %u", "%3: real[%T, 5, 3] = transpose [1 0 2] %2"],
  ["scatter_add along an axis: the same at places of each step", "%i: index[2], %u: shared real[2, 3]", "%r: real[5, 2, 3] = scatter_add along 1 size 5 %i, %u", "i",
    "%2: real[%T, 2, 3] = broadcast [%T, 2, 3] axes [1 2] %u", "%3: real[5, %T, 2, 3] = scatter_add along 2 size 5 %i, %2",
    "%4: real[%T, 5, 2, 3] = transpose [1 0 2 3] %3"],
  ["to_index", "%x: real[2]", "%r: index[2] = to_index %x", "x",
    "%1: index[%T, 2] = to_index %x"],
  ["custom_derivative: what its tangent does is lifted, and repeated where it is the same at every step",
    "%v: real[3], %x: real[3], %k: shared real[3]",
    `%r: real[3] = custom_derivative arguments 1 %v, %x, %k tangent
      func own(%t: real[3], %c: shared real[3]) -> (t: %u) {
        %c2: shared real[3] = exp %c
        %u: real[3] = mul %t, %c2
      }`, "x",
    "%3: real[%T, 3] = broadcast [%T, 3] axes [1] %v",
    "%4: real[%T, 3] = custom_derivative arguments 1 %3, %x, %k tangent",
    "func own(%t: real[%T, 3], %c: shared real[3]) -> (t: %4) {",
    "%2: shared real[3] = exp %c",
    "%3: real[%T, 3] = broadcast [%T, 3] axes [1] %2",
    "%4: real[%T, 3] = mul %t, %3",
    "}"],
  ["custom_derivative: one by what does not move is the same at every step",
    "%v: real[3], %w: real[3]",
    `%r: real[3] = custom_derivative arguments 1 %v, %w tangent
      func own(%t: real[3]) -> (t: %u) {
        %u: real[3] = neg %t
      }`, "v",
    "%2: real[%T, 3] = custom_derivative arguments 1 %v, %w tangent",
    "func own(%t: real[3]) -> (t: %2) {",
    "%1: real[3] = neg %t",
    "%2: real[%T, 3] = broadcast [%T, 3] axes [1] %1",
    "}"],
]; // prettier-ignore

describe("liftOperation", () => {
  it.each(cases)("%s", (_, inputs, line, moving, ...expected) => {
    const step = functionOf(`func f(${inputs}) -> (r: %r) {\n${line}\n}`);
    const all = lifted(step, moving);
    expect(linesOf(printFunction(all)).slice(1, -1)).toEqual(expected);
    expect(verifyFunction(all, context)).toEqual([]);
    // Each step by itself gives the same numbers.
    const given = randomInputs(all, sizes, randomSource(5));
    const result = run(all, given, sizes).get("r")!;
    for (const [example, steps] of [4, 2].entries()) {
      const numbers = tensorsOf(result)[example]!.data;
      const width = numbers.length / steps;
      for (let t = 0; t < steps; t++) {
        const one = run(step, atStep(step, given, moving, example, t), [sizes[example]!]).get("r")!;
        expect([...numbers.slice(t * width, (t + 1) * width)]).toEqual(flatten(one));
      }
    }
  });

  it("refuses what has no counterpart over time", () => {
    const step = functionOf("func f(%x: real[2]) -> (r: %r) { %r: shared real[2] = batch_sum %x }");
    expect(() => lifted(step, "x")).toThrow("batch_sum cannot be lifted over time");
  });
});

describe("overTime", () => {
  it("leaves a value with a time axis alone, and repeats one without", () => {
    const b = new GraphBuilder("f", context);
    const moving = b.input("x", { dtype: "real", shape: [length], shared: false });
    const fixed = b.input("w", { dtype: "real", shape: [], shared: true });
    expect(overTime({ value: moving, overTime: true }, b, length)).toBe(moving);
    const value = overTime({ value: fixed, overTime: false }, b, length);
    expect(linesOf(printFunction(b.finish([{ name: "r", value }]))).slice(1, -1)).toEqual([
      "%2: real[%T] = broadcast [%T] axes [] %w",
    ]);
  });
});
