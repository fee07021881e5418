/** How values of a loop depend on time: 0 not at all, 1 by the inputs of the step, 2 by the state. */
import { describe, expect, it } from "vitest";
import type { Instruction } from "../../../../compiler/ir/graph/graph-function.js";
import type { Scan } from "../../../../compiler/ir/graph/scan.js";
import { isLiftable, loopValues, timeLevels } from "../../../../compiler/passes/graph/time-levels.js";
import { functionOf } from "../../../support/graph-text.js";

/** The loop of a function that is one. */
function scanOf(inputs: string, head: string, body: string, outputs: string): Scan {
  const names = inputs.replace(/: [^%]*/gu, ", ").replace(/, $/u, "");
  const outer = inputs.replace(/%x: (real|index)\[/gu, "%x: $1[%T, ").replace(", ]", "]");
  const results = outputs.split(", ").map((output) => output.split(": %")[1]!);
  const fn = functionOf(`func f(${outer}) -> () {
    ${head.replaceAll("RESULTS", results.join(", "))} ${names} body
      func step(${inputs}) -> (${outputs}) { ${body} }
  }`);
  return fn.instructions[0]!.operation as Scan;
}

/** The named values of the body with this property. */
function named(scan: Scan, holds: (id: number) => boolean): string[] {
  return scan.body.names.flatMap((name, id) => (name !== undefined && holds(id) ? [name] : []));
}

const levels = (scan: Scan): string[][] => {
  const levelOf = timeLevels(scan);
  return [0, 1, 2].map((level) => named(scan, (id) => levelOf(id) === level));
};

const one = (inputs: string, body: string, outputs = "h: %n"): Scan =>
  scanOf(inputs, "%r: real[3] = scan length %T carried 1 sequences 1", body, outputs);

describe("timeLevels", () => {
  it("is that of the operand that changes most", () => {
    const scan = one(
      "%h: real[3], %x: real[3], %w: real[3]",
      `%c: shared real[] = constant real 2
       %C: shared real[3] = broadcast [3] axes [] %c
       %w2: real[3] = mul %w, %C
       %wx: real[3] = mul %w2, %x
       %e: real[3] = exp %wx
       %n: real[3] = add %h, %e`,
    );
    expect(levels(scan)).toEqual([
      ["w", "c", "C", "w2"],
      ["x", "wx", "e"],
      ["h", "n"],
    ]);
  });

  it("gathers from one table for all steps, and from a table of the step in the loop", () => {
    const fixed = one(
      "%h: real[3], %x: index[], %E: real[5, 3]",
      `%g: real[3] = gather %E, %x
       %n: real[3] = add %h, %g`,
    );
    expect(levels(fixed)[1]).toEqual(["x", "g"]);
    const moving = one(
      "%h: real[3], %x: real[5, 3], %i: index[]",
      `%g: real[3] = gather %x, %i
       %n: real[3] = add %h, %g`,
    );
    expect(levels(moving)).toEqual([["i"], ["x"], ["h", "g", "n"]]);
  });

  it("leaves a loop over the input of a step in the loop, and one over what stays the same before it", () => {
    const inner = (over: string): string => `
      %s: real[3] = scan length 2 carried 1 sequences 0 %${over} body
        func again(%p: real[3]) -> (p: %q) { %q: real[3] = tanh %p }
      %n: real[3] = add %h, %s`;
    const inputs = "%h: real[3], %x: real[3], %w: real[3]";
    expect(levels(one(inputs, inner("x")))[2]).toEqual(["h", "s", "n"]);
    expect(levels(one(inputs, inner("w")))[0]).toEqual(["w", "s"]);
  });

  it("leaves a declared derivative in the loop that does there what no step can do at once", () => {
    const declared = (operation: string): string => `
      %d: real[5, 3] = custom_derivative arguments 1 %x, %x, %i tangent
        func own(%t: real[5, 3], %k: index[5]) -> (t: %u) { %u: real[5, 3] = ${operation} }
      %s: real[3] = reduce sum axes [0] %d
      %n: real[3] = add %h, %s`;
    const inputs = "%h: real[3], %x: real[5, 3], %i: index[5]";
    expect(levels(one(inputs, declared("neg %t")))[1]).toEqual(["x", "d", "s"]);
    expect(levels(one(inputs, declared("gather %t, %k")))[2]).toEqual(["h", "d", "s", "n"]);
  });
});

describe("isLiftable", () => {
  const instruction = (line: string, inputs: string): Instruction =>
    functionOf(`func f(${inputs}) -> (r: %r) { ${line} }`).instructions[0]!;

  it.each([
    ["scatter_add", "%r: real[5, 3] = scatter_add size 5 %i, %x", "%i: index[2], %x: real[2, 3]"],
    ["batch_sum", "%r: shared real[3] = batch_sum %x", "%x: real[3]"],
  ])("%s is not", (_, line, inputs) => {
    expect(isLiftable(instruction(line, inputs), [1, 1])).toBe(false);
  });
});

describe("loopValues", () => {
  it("are those that the next state needs; what only outputs need goes after the loop", () => {
    const scan = scanOf(
      "%h: real[3], %x: real[3]",
      "%r: real[3], %ys: real[%T, 3] = scan length %T carried 1 sequences 1",
      `%e: real[3] = exp %x
       %n: real[3] = add %h, %e
       %t: real[3] = tanh %n
       %y: real[3] = mul %t, %x`,
      "h: %n, y: %y",
    );
    expect(named(scan, (id) => loopValues(scan, timeLevels(scan)).has(id))).toEqual(["h", "n"]);
  });

  it("are also those that cannot be lifted, with what they read", () => {
    const scan = scanOf(
      "%h: real[3], %x: index[2]",
      "%r: real[3], %ys: real[%T, 3] = scan length %T carried 1 sequences 1",
      `%n: real[3] = tanh %h
       %a: real[3] = exp %h
       %A: real[2, 3] = broadcast [2, 3] axes [1] %a
       %g: real[2, 3] = gather %A, %x
       %y: real[3] = reduce sum axes [0] %g`,
      "h: %n, y: %y",
    );
    expect(named(scan, (id) => loopValues(scan, timeLevels(scan)).has(id))).toEqual(["h", "n", "a", "A", "g"]);
  });
});
