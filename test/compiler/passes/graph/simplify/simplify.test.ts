/** Rules are applied until none is left that applies, inside of loops too. Their cases are in the tests of their tables. */
import { describe, it } from "vitest";
import { printFunction } from "../../../../../compiler/ir/graph/print.js";
import { simplify } from "../../../../../compiler/passes/graph/simplify/simplify.js";
import { expectRewritten, expectUnchanged, functionOf } from "../../../../support/graph-text.js";
import { constant, expectCases, simplified } from "../../../../support/simplified.js";

expectCases([
  ["what a rule gives is looked at again", "%x: real[H]",
    ["%n: real[H] = neg %x", "%m: real[H] = neg %n", "%a: real[H] = slice axis 0 start 0 length H %m", "%k: real[H] = neg %a", "%r: real[H] = add %x, %k"],
    ["%r: real[H] = sub %x, %x"]],
  ["numbers that rules give are numbers for others", "",
    [constant("a", 3), constant("b", -5), "%c: shared real[] = add %a, %b", "%d: shared real[] = mul %c, %c", "%r: shared real[] = sqrt %d"], [constant("r", 2)]],
]); // prettier-ignore

describe("loops", () => {
  const loop = (lines: string): string => `
    func f(%h0: real[3], %v: real[3]) -> (h: %last) {
      %last: real[3] = scan length %T carried 1 sequences 0 %h0, %v body
        func step(%h: real[3], %w: real[3]) -> (h: %n) {
          ${lines}
        }
    }`;

  it("are simplified inside", () => {
    const negated = "%m: real[3] = neg %w\n";
    expectRewritten(simplify, loop(`${negated}%n: real[3] = add %h, %m`), loop(`${negated}%n: real[3] = sub %h, %w`));
  });

  it("stay as they are where no rule applies", () => {
    expectUnchanged(simplify, loop("%n: real[3] = add %h, %w"));
  });

  it("have constants as far inside as they are read", () => {
    /** Loops in loops, the innermost of which makes `%l` of `%h`. */
    const nested = (depth: number, innermost: string, operand: string, input: string): string => {
      if (depth === 0) return innermost;
      const inner = nested(depth - 1, innermost, operand, input);
      const result = inner === "" ? "%h" : "%l";
      return `%l: real[3] = scan length 2 carried 1 sequences 0 %h${operand} body
        func step(%h: real[3]${input}) -> (h: ${result}) { ${inner} }`;
    };
    const around = (lines: string): string => `func f(%h: real[3]) -> (h: %l) { ${lines} }`;
    const zeros = "%c: shared real[] = constant real 0 %z: shared real[3] = broadcast [3] axes [] %c";
    const before = nested(7, "%l: real[3] = add %h, %z", ", %z", ", %z: shared real[3]");
    const after = printFunction(functionOf(around(nested(7, "", "", ""))));
    expectRewritten(simplified, around(`${zeros} ${before}`), after);
  });
});
