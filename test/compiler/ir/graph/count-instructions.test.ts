import { expect, test } from "vitest";
import { instructionsIn } from "../../../../compiler/ir/graph/count-instructions.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";

test("a loop is one more than what is in it, at any depth", () => {
  const text = `func total(%zero: real[], %x: real[2, 3]) -> (sum: %last, twice: %twice) {
  %last: real[] = scan length 2 carried 1 sequences 1 %zero, %x body
    func rows(%s: real[], %row: real[3]) -> (s: %n) {
      %e: real[] = scan length 3 carried 1 sequences 1 %s, %row body
        func elements(%a: real[], %b: real[]) -> (a: %c) {
          %c: real[] = add %a, %b
        }
      %n: real[] = neg %e
    }
  %twice: real[] = add %last, %last
}
func plain(%x: real[]) -> (y: %y) {
  %y: real[] = neg %x
}
`;
  const [total, plain] = parseProgram(text).functions;
  expect(instructionsIn(plain)).toBe(1);
  expect(instructionsIn(total)).toBe(5);
  expect(instructionsIn(total, undefined, plain)).toBe(6);
});
