import { describe, expect, it } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { separateLoops } from "../../../../compiler/passes/graph/separate-loops.js";
import { stateComponents } from "../../../../compiler/passes/graph/state-components.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";
import { flatten, randomInputs, randomSource, run, worstError } from "../../../support/evaluate-helpers.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes([]));
const sizes = [4, 0, 1].map((steps) => new Map([["H", 3], ["%T", steps]])); // prettier-ignore

/** One loop over three states with these next values; outputs are the states' next values. */
function loop(body: string): GraphFunction {
  const text = `func f(%a: real[H], %b: real[H], %c: real[H], %x: real[%T, H], %w: shared real[H]) -> (fa: %fa, fb: %fb, fc: %fc, ya: %ya, yb: %yb, yc: %yc) {
    %fa: real[H], %fb: real[H], %fc: real[H], %ya: real[%T, H], %yb: real[%T, H], %yc: real[%T, H] = scan length %T carried 3 sequences 1 %a, %b, %c, %x, %w body
      func step(%a: real[H], %b: real[H], %c: real[H], %x: real[H], %w: shared real[H]) -> (a: %an, b: %bn, c: %cn, ya: %an, yb: %bn, yc: %cn) {
        ${body}
      }
  }`;
  return parseProgram(text).functions[0] as GraphFunction;
}

const layers = `
  %s: real[H] = mul %a, %w
  %t: real[H] = add %s, %x
  %an: real[H] = tanh %t
  %u: real[H] = mul %an, %a
  %v: real[H] = add %u, %b
  %bn: real[H] = sin %v
  %p: real[H] = mul %bn, %an
  %cn: real[H] = add %p, %x`;

const circle = `
  %an: real[H] = sin %b
  %bn: real[H] = mul %c, %x
  %cn: real[H] = add %a, %w`;

function componentsOf(fn: GraphFunction): number[][] {
  const operation = fn.instructions[0]?.operation;
  return operation?.kind === "scan" ? stateComponents(operation) : [];
}

describe("stateComponents", () => {
  it("orders layers and keeps circles together", () => {
    expect(componentsOf(loop(layers))).toEqual([[0], [1], [2]]);
    expect(componentsOf(loop(circle))).toEqual([[0, 1, 2]]);
  });

  it("puts a state after the ones it reads, whatever their order", () => {
    const body = "%an: real[H] = add %b, %a\n%bn: real[H] = mul %b, %c\n%cn: real[H] = tanh %c";
    expect(componentsOf(loop(body))).toEqual([[2], [1], [0]]);
  });
});

describe("separate-loops", () => {
  it.each([["layers", layers, 3], ["a circle", circle, 1]])("%s keep their meaning", (_name, body, loops) => {
    const fn = loop(body);
    const separated = separateLoops.run(fn, context);
    expect(verifyFunction(separated, context)).toEqual([]);
    expect(separated.instructions.filter(({ operation }) => operation.kind === "scan").length).toBe(loops);
    const inputs = randomInputs(fn, sizes, randomSource(3));
    const [before, after] = [run(fn, inputs, sizes), run(separated, inputs, sizes)];
    for (const [name, value] of before) {
      expect(worstError(flatten(after.get(name) as never), flatten(value))).toBe(0);
    }
  }); // prettier-ignore
});

describe("separate-loops, as text", () => {
  const head = "func f(%a0: real[3], %b0: real[3], %xs: real[%T, 3]) -> (a: %fa, b: %fb) {";
  const loop = (body: string): string => `${head}
    %fa: real[3], %fb: real[3] = scan length %T carried 2 sequences 1 %a0, %b0, %xs body
      func step(%a: real[3], %b: real[3], %x: real[3]) -> (a: %an, b: %bn) {
        ${body}
      }
  }`;

  it("stacks in the loop of a state what the loop of the next reads", () => {
    expectRewritten(
      separateLoops,
      loop(`
        %an: real[3] = add %a, %x
        %t: real[3] = tanh %an
        %bn: real[3] = mul %b, %t`),
      `${head}
        %fa: real[3], %t: real[%T, 3] = scan length %T carried 1 sequences 1 %a0, %xs body
          func step_0(%a: real[3], %x: real[3]) -> (a: %an, stacked.4: %t) {
            %an: real[3] = add %a, %x
            %t: real[3] = tanh %an
          }
        %fb: real[3] = scan length %T carried 1 sequences 1 %b0, %t body
          func step_1(%b: real[3], %t: real[3]) -> (b: %bn) {
            %bn: real[3] = mul %b, %t
          }
      }`,
    );
  });

  it("leaves states in one loop that need each other", () => {
    expectUnchanged(
      separateLoops,
      loop(`
        %an: real[3] = add %b, %x
        %bn: real[3] = tanh %a`),
    );
  });
});
