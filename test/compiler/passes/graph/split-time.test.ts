/** What feeds no state is computed in front of the loop or after it, for all steps at once; what is repeated inside costs no stack. */
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import type { GraphFunction, ValueId, ValueType } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { splitTime } from "../../../../compiler/passes/graph/split-time.js";
import type { BatchValue } from "../../../../compiler/ir/graph/evaluate.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import { expectRewritten, expectUnchanged, functionOf } from "../../../support/graph-text.js";
import { flatten, run } from "../../../support/evaluate-helpers.js";
import { dimConstant, dimSymbol, TIME_SYMBOL } from "../../../../compiler/base/types/dim.js";
import { invariant } from "../../../../compiler/base/diagnostics/invariant.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes([]));
const row: ValueType = { dtype: "real", shape: [dimConstant(2)], shared: false };
const length = dimSymbol(TIME_SYMBOL);

/** A loop whose state is multiplied by every value of a chain on its input, the last one first. */
function loopOverChain(links: number): GraphFunction {
  const body = new GraphBuilder("step", context);
  const [h, x] = [body.input("h", row), body.input("x", row)];
  const chain: ValueId[] = [x];
  for (let i = 0; i < links; i++) chain.push(body.map("mul", chain[i] as ValueId, x));
  const next = chain.reduceRight((state, link) => body.map("mul", state, link), h);
  const outer = new GraphBuilder("f", context);
  const sequence = { ...row, shape: [length, ...row.shape] };
  const operands = [outer.input("h0", row), outer.input("x", sequence)];
  const scan = {
    ...({ kind: "scan", carried: 1, sequences: 1, length, reverse: false, rounds: false, states: [] } as const),
    body: body.finish([{ name: "h", value: next }]),
  };
  const [last] = outer.emitAll(scan, operands);
  return outer.finish([{ name: "h", value: last as ValueId }]);
}

test("a chain of 8,000 values that the loop repeats", () => {
  const split = splitTime.run(loopOverChain(8000), context);
  expect(verifyFunction(split, context)).toEqual([]);
  const scan = split.instructions.find(({ operation }) => operation.kind === "scan");
  expect(scan?.operation).toMatchObject({ sequences: 1 });
});

test("what turns out to be the same for all examples is still added up once for each", () => {
  const text = `func f(%h: real[2], %W: shared real[2]) -> (h: %3, W: %5) {
    %3: real[2], %4: real[%T, 2] = scan length %T carried 1 sequences 0 %h, %W body
      func step(%h: real[2], %W: shared real[2]) -> (h: %h, w: %W) {
      }
    %w: real[2] = reduce sum axes [0] %4
    %5: shared real[2] = batch_sum %w
  }`;
  const fn = functionOf(text);
  const split = splitTime.run(fn, context);
  expect(verifyFunction(split, context)).toEqual([]);
  const row2 = (...data: number[]) => tensor([2], data);
  const given = new Map<string, BatchValue>([
    ["h", { examples: [row2(1, 2), row2(3, 4), row2(5, 6)] }],
    ["W", { shared: row2(0.5, -1) }],
  ]);
  const examples = [4, 1, 2].map((steps) => new Map([[TIME_SYMBOL, steps]]));
  for (const each of [fn, split]) expect(flatten(run(each, given, examples).get("W")!)).toEqual([3.5, -7]);
});

test.each([
  ["a formula", "%A: shared real[2, 2] = sub %M, %3", "%A"],
  [
    "a formula that is looked at",
    "%A: shared real[2, 2] = mul %M, %3\n%5: shared real[2, 2] = transpose [1 0] %A",
    "%5",
  ],
])("what a product reads and is the same at every step is computed once: %s", (_, lines, operand) => {
  const text = `func f(%h: real[2], %M: shared real[2, 2]) -> (h: %2) {
    %2: real[2] = scan length %T carried 1 sequences 0 %h, %M body
      func step(%h: real[2], %M: shared real[2, 2]) -> (h: %next) {
        %3: shared real[2, 2] = transpose [1 0] %M
        ${lines}
        %6: real[2] = contract [0 1] [1] -> [0] ${operand}, %h
        %7: real[2] = contract [0 1] [1] -> [0] %M, %h
        %next: real[2] = add %6, %7
      }
  }`;
  const fn = functionOf(text);
  const split = splitTime.run(fn, context);
  expect(verifyFunction(split, context)).toEqual([]);
  const scan = split.instructions.map(({ operation }) => operation).find(({ kind }) => kind === "scan");
  invariant(scan?.kind === "scan", "no loop");
  const maps = scan.body.instructions.filter(({ operation }) => operation.kind === "map");
  expect(maps.map(({ operation }) => operation)).toMatchObject([{ op: "add" }]);
  const given = new Map<string, BatchValue>([
    ["h", { examples: [tensor([2], [1, 2])] }],
    ["M", { shared: tensor([2, 2], [0.5, -1, 0.25, 2]) }],
  ]);
  const examples = [new Map([[TIME_SYMBOL, 3]])];
  const result = (each: GraphFunction) => flatten(run(each, given, examples).get("h")!);
  expect(result(split)).toEqual(result(fn));
});

describe("split-time", () => {
  const head = "func f(%h0: real[3], %xs: real[%T, 2], %W: shared real[3, 2], %U: shared real[3, 3]) -> (h: %last";

  /** A loop over a state `h` and a sequence `x` with matrices `W` and `U`. */
  const loop = (lines: string): string => `${head}) {
    %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs, %W, %U body
      func step(%h: real[3], %x: real[2], %W: shared real[3, 2], %U: shared real[3, 3]) -> (h: %hn) {
        ${lines}
      }
  }`;
  const project = "%Wx: real[3] = contract [0 1] [1] -> [0] %W, %x";
  const recur = "%Uh: real[3] = contract [0 1] [1] -> [0] %U, %h";

  test("a product of the input is one product over all steps in front of the loop", () => {
    expectRewritten(
      splitTime,
      loop(`
        ${project}
        ${recur}
        %s: real[3] = add %Wx, %Uh
        %hn: real[3] = tanh %s`),
      `${head}) {
        %Wx: real[%T, 3] = contract [0 1] [2 1] -> [2 0] %W, %xs
        %last: real[3] = scan length %T carried 1 sequences 1 %h0, %Wx, %U body
          func step(%h: real[3], %Wx: real[3], %U: shared real[3, 3]) -> (h: %hn) {
            ${recur}
            %s: real[3] = add %Wx, %Uh
            %hn: real[3] = tanh %s
          }
      }`,
    );
  });

  test("a product of the state that feeds none is one product over all steps after the loop, which stacks what it reads", () => {
    expectRewritten(
      splitTime,
      `${head}, y: %ys) {
        %last: real[3], %ys: real[%T, 3] = scan length %T carried 1 sequences 0 %h0, %U body
          func step(%h: real[3], %U: shared real[3, 3]) -> (h: %hn, y: %y) {
            ${recur}
            %hn: real[3] = tanh %Uh
            %y: real[3] = contract [0 1] [1] -> [0] %U, %hn
          }
      }`,
      `${head}, y: %y) {
        %last: real[3], %hn: real[%T, 3] = scan length %T carried 1 sequences 0 %h0, %U body
          func step(%h: real[3], %U: shared real[3, 3]) -> (h: %hn, stacked.3: %hn) {
            ${recur}
            %hn: real[3] = tanh %Uh
          }
        %y: real[%T, 3] = contract [0 1] [2 1] -> [2 0] %U, %hn
      }`,
    );
  });

  test("what is the same at every step is computed once, not once for each step", () => {
    expectRewritten(
      splitTime,
      loop(`
        %E: shared real[3, 3] = exp %U
        %Eh: real[3] = contract [0 1] [1] -> [0] %E, %h
        %hn: real[3] = tanh %Eh`),
      `${head}) {
        %E: shared real[3, 3] = exp %U
        %last: real[3] = scan length %T carried 1 sequences 0 %h0, %E body
          func step(%h: real[3], %E: shared real[3, 3]) -> (h: %hn) {
            %Eh: real[3] = contract [0 1] [1] -> [0] %E, %h
            %hn: real[3] = tanh %Eh
          }
      }`,
    );
  });

  test("what is computed for all steps at once is each example's own in a step, also where all share the sequence", () => {
    const shared = (lines: string, before = "", crossing = "%xs: shared real[2, 3]", sequence = "%xs"): string => `
      func f(%h0: real[3], %xs: shared real[2, 3]) -> (h: %last) {
        ${before}
        %last: real[3] = scan length 2 carried 1 sequences 1 %h0, ${sequence} body
          func step(%h: real[3], ${crossing}) -> (h: %hn) {
            ${lines}
          }
      }`;
    expectRewritten(
      splitTime,
      shared("%e: real[3] = exp %x\n%hn: real[3] = add %h, %e", "", "%x: real[3]"),
      shared("%hn: real[3] = add %h, %e", "%e: shared real[2, 3] = exp %xs", "%e: real[3]", "%e"),
    );
  });

  test("what is cheap beside a value that crosses is computed inside: the loop reads one sequence, not two", () => {
    const [one, ones] = ["%one: shared real[] = constant real 1", "%ones: shared real[3] = broadcast [3] axes [] %one"];
    const state = `
      %f: real[3] = sub %ones, %i
      %a: real[3] = mul %f, %h
      %hn: real[3] = add %a, %i`;
    expectRewritten(
      splitTime,
      loop(`
        ${project}
        %i: real[3] = sigmoid %Wx
        ${one}
        ${ones}
        ${state}`),
      `${head}) {
        %Wx: real[%T, 3] = contract [0 1] [2 1] -> [2 0] %W, %xs
        %i: real[%T, 3] = sigmoid %Wx
        ${one}
        ${ones}
        %8: real[%T, 3] = broadcast [%T, 3] axes [1] %ones
        %f: real[%T, 3] = sub %8, %i
        %last: real[3] = scan length %T carried 1 sequences 1 %h0, %i body
          func step(%h: real[3], %i: real[3]) -> (h: %hn) {
            ${one}
            ${ones}
            ${state}
          }
      }`,
    );
  });

  test("a loop that only computes its state stays as it is", () => {
    expectUnchanged(
      splitTime,
      `${head}) {
        %last: real[3] = scan length %T carried 1 sequences 0 %h0, %U body
          func step(%h: real[3], %U: shared real[3, 3]) -> (h: %hn) {
            ${recur}
            %hn: real[3] = tanh %Uh
          }
      }`,
    );
  });

  describe("of a loop in a loop", () => {
    const nested = (how: string): string => `
      func f(%h0: real[3], %xs: real[%T, 3], %b: real[3]) -> (h: %last) {
        %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs, %b body
          func step(%h: real[3], %x: real[3], %b: real[3]) -> (h: %hn) {
            %hn: real[3] = scan length 3 carried 1 sequences 0${how} %h, %x, %b body
              func round(%g: real[3], %e: real[3], %c: real[3]) -> (g: %gn) {
                %k: real[3] = mul %e, %c
                %gn: real[3] = add %g, %k
              }
          }
      }`;

    test("what rounds have in common leaves them, and the loop around", () => {
      expectRewritten(
        splitTime,
        nested(" rounds"),
        `func f(%h0: real[3], %xs: real[%T, 3], %b: real[3]) -> (h: %last) {
          %3: real[%T, 3] = broadcast [%T, 3] axes [1] %b
          %k: real[%T, 3] = mul %xs, %3
          %last: real[3] = scan length %T carried 1 sequences 1 %h0, %k body
            func step(%h: real[3], %k: real[3]) -> (h: %hn) {
              %hn: real[3] = scan length 3 carried 1 sequences 0 rounds %h, %k body
                func round(%g: real[3], %k: real[3]) -> (g: %gn) {
                  %gn: real[3] = add %g, %k
                }
            }
        }`,
      );
    });

    test("another loop stays as it is", () => {
      expectUnchanged(splitTime, nested(""));
    });
  });
});
