/** Sums of a loop start from the parts of a joined value where they lie; nothing is joined for all steps first. */
import { describe, expect, test } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { countOperations } from "../../../../compiler/ir/kernel/count-operations.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { sinkConcats } from "../../../../compiler/passes/graph/sink-concats.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { expectRewritten } from "../../../support/graph-text.js";
import { flatten, randomInputs, randomSource, run } from "../../../support/evaluate-helpers.js";
import { expectSameBitsOnTargets } from "../../../support/same-targets.js";
import { lowerProgram } from "../../../support/kernels.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes([]));

/** A loop over the sequence %j, whose product starts from it, and makes the next state of its sums. */
function loop(definition: string, next = "%n: real[4] = tanh %q"): GraphFunction {
  const text = `func f(%h0: real[4], %x: real[%T, 3], %W: shared real[4, 4], %b: shared real[1], %c: real[%T, 1], %e: real[%T, 4]) -> (h: %h, y: %y) {
    %bs: real[%T, 1] = broadcast [%T, 1] axes [1] %b
    %j: real[%T, 4] = ${definition}
    %h: real[4], %y: real[%T, 4] = scan length %T carried 1 sequences 1 %h0, %j, %W body
      func step(%h: real[4], %s: real[4], %W: shared real[4, 4]) -> (h: %n, y: %n) {
        %p: real[4] = contract [0 1] [1] -> [0] %W, %h
        %q: real[4] = add %s, %p
        ${next}
      }
  }`;
  return parseProgram(text).functions[0] as GraphFunction;
}

describe.each([
  ["a sequence and a bias", "concat axis 1 %x, %bs", "sequences 1 %h0, %x, %b, %W body"],
  ["two sequences", "concat axis 1 %c, %x", "sequences 2 %h0, %c, %x, %W body"],
])("%s", (_, definition, scan) => {
  test("are parts of the loop, joined inside", () => {
    const sunk = sinkConcats.run(loop(definition), context);
    expect(verifyFunction(sunk, context)).toEqual([]);
    const text = printFunction(sunk);
    expect(text).toContain(scan);
    expect(text).toContain("real[4] = concat axis 0 %s.0, %s.1");
  });

  test("give the same numbers", () => {
    const [before, after] = [loop(definition), sinkConcats.run(loop(definition), context)];
    for (const steps of [4, 1, 0]) {
      const sizes = [new Map([["%T", steps]]), new Map([["%T", steps]])];
      const inputs = randomInputs(before, sizes, randomSource(5));
      const [expected, got] = [run(before, inputs, sizes), run(after, inputs, sizes)];
      for (const [name, value] of expected) expect(flatten(got.get(name)!)).toEqual(flatten(value));
    }
  });
});

test.each([
  ["a sequence that is read for something else, too", loop("concat axis 1 %x, %bs", "%r: real[4] = mul %q, %s %n: real[4] = tanh %r")],
  ["a sum that is no start of a product", loop("concat axis 1 %x, %bs", "%r: real[4] = mul %p, %p %n: real[4] = add %q, %r")],
  ["a joined sequence that is read elsewhere", outside(loop("concat axis 1 %x, %bs"))],
  ["a sequence of another kind", loop("tanh %e")],
])("leaves alone: %s", (_, fn) => {
  expect(printFunction(sinkConcats.run(fn, context))).toBe(printFunction(fn));
}); // prettier-ignore

/** The function with the sequence as a result. */
function outside(fn: GraphFunction): GraphFunction {
  return { ...fn, outputs: [...fn.outputs, fn.names.indexOf("j")], outputNames: [...fn.outputNames, "j"] };
}

describe("a GRU", () => {
  test.each([false, true])("copies nothing to start its sums (gradient: %s)", (gradient) => {
    const { cell: lowered } = lowerSource(
      `import { GRU } from "std/gru"\n`,
      { cell: "GRU", dimensions: { I: 6, H: 8 } },
      "all sizes",
    );
    const program = buildEntries(programOfCell(lowered!), { gradient, jvp: false, hvp: false });
    const kernel = lowerProgram(program, { runtimeDimensions: [], passes: [] });
    const sizes = new Map([["%B", 3], ["%T", 5]]); // prettier-ignore
    for (const entry of ["step", "forward"]) {
      const fn = kernel.functions.find(({ name }) => name === entry)!;
      const before = countOperations(kernel, fn, sizes).filter(({ place }) => place === "before");
      const steps = entry === "step" ? 1 : 5;
      // What the projection gives, the initial state, and in a step the next state.
      const written = before.filter(({ products }) => products > 0).map(({ writes }) => writes);
      expect(written[0]).toBe(3 * steps * 3 * 8);
      expect(before.filter(({ products, name }) => products === 0 && !/ (h'|initial\.h)$/u.test(name))).toEqual([]);
    }
  });
});

/** One run of sums whose parts begin at no multiple of the lanes. */
const uneven = `cell Uneven(I, K) {
  input x: [I]
  state h: [I + K]
  param U: [I + K, I + K] ~ glorot_uniform
  param b: [K] ~ normal(1)
  h' = tanh(concat(2 * x, b) + U @ h)
  output y = h'
}`;

test.each([[1, 1], [3, 2], [4, 4], [5, 9]])("parts of %i and %i: the same bits on both targets", async (I, K) => {
  for (const dtype of ["f32", "f64"] as const) {
    const options = { dtype, gradient: true, jvp: true, dimensions: { I, K } } as const;
    const [js, wasm] = [await cell(uneven, { ...options, target: "js" }), await cell(uneven, options)];
    expectSameBitsOnTargets(js, wasm, 3);
  }
}); // prettier-ignore

test("a loop is given the parts, each in its way, and starts its sums from them", () => {
  const head = `func f(%h0: real[3], %xs: real[%T, 2], %b: shared real[1], %U: shared real[3, 3]) -> (h: %last) {
    %bs: real[%T, 1] = broadcast [%T, 1] axes [1] %b
    %js: real[%T, 3] = concat axis 1 %xs, %bs`;
  const product = "%Uh: real[3] = contract [0 1] [1] -> [0] %U, %h";
  expectRewritten(
    sinkConcats,
    `${head}
      %last: real[3] = scan length %T carried 1 sequences 1 %h0, %js, %U body
        func step(%h: real[3], %j: real[3], %U: shared real[3, 3]) -> (h: %hn) {
          ${product}
          %hn: real[3] = add %j, %Uh
        }
    }`,
    `${head}
      %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs, %b, %U body
        func step(%h: real[3], %j.0: real[2], %j.1: shared real[1], %U: shared real[3, 3]) -> (h: %hn) {
          %4: real[3] = concat axis 0 %j.0, %j.1
          ${product}
          %hn: real[3] = add %4, %Uh
        }
    }`,
  );
});
