/** What is known of values by their form: which are finite, and which above 0. */
import { expect, it } from "vitest";
import { finiteInputsOf, valueFacts } from "../../../../compiler/passes/autodiff/value-facts.js";
import { functionOf } from "../../../support/graph-text.js";

const inputs = "%x: real[2], %w: shared real[2], %v: shared real[2]";

/** A line that makes `%r`, of the inputs and of `p`, above 0, and `z`, at least 0. */
function factsOf(line: string): { finite: boolean; positive: boolean } {
  const fn = functionOf(`func f(${inputs}) -> () {
    %2: shared real[] = constant real 2
    %p: shared real[2] = broadcast [2] axes [] %2
    %z: shared real[2] = abs %w
    ${line}
  }`);
  const id = fn.names.indexOf("r");
  const { finite, positive } = valueFacts(fn);
  return { finite: finite.has(id), positive: positive.has(id) };
}

it.each([
  ["what a parameter is bounded by", "%r: shared real[2] = tanh %w", true],
  ["a choice between parameters", "%r: shared real[2] = max %w, %v", true],
  ["a view of a parameter", "%r: shared real[1] = slice axis 0 start 1 length 1 %w", true],
  ["a dimension", "%r: real[] = dimension %T", true],
  ["a product, which may overflow", "%r: shared real[2] = mul %w, %v", false],
  ["a sum, which may overflow", "%r: shared real[2] = add %w, %v", false],
  ["exp, which may overflow", "%r: shared real[2] = exp %w", false],
  ["sqrt, whose derivative may be infinite", "%r: shared real[2] = sqrt %w", false],
  ["what an input is in", "%r: real[2] = min %w, %x", false],
  ["a number that is infinite in float32", "%r: shared real[] = constant real 1e39", false],
  ["another number", "%r: shared real[] = constant real 1e38", true],
])("finite: %s", (_, line, finite) => {
  expect(factsOf(line).finite).toBe(finite);
});

it.each([
  ["a number above 0", "%r: shared real[] = constant real 0.5", true],
  ["a number that is 0 in float32", "%r: shared real[] = constant real 1e-50", false],
  ["0", "%r: shared real[] = constant real 0", false],
  ["a square and a number above 0", "%s: real[2] = mul %x, %x\n%r: real[2] = add %s, %p", true],
  ["a square", "%r: real[2] = mul %x, %x", false],
  ["another product and a number above 0", "%s: real[2] = mul %x, %w\n%r: real[2] = add %s, %p", false],
  ["exp, which underflows", "%r: real[2] = exp %x", false],
  ["exp and a number above 0", "%s: real[2] = exp %x\n%r: real[2] = add %p, %s", true],
  ["a quotient of what is not below 0, and a number above 0", "%s: shared real[2] = div %z, %p\n%r: shared real[2] = add %s, %p", true],
  ["a sum over an axis, and a number above 0", "%s: shared real[] = reduce sum axes [0] %z\n%r: shared real[] = add %s, %2", true],
  ["the largest, and a number above 0", "%s: real[] = reduce max axes [0] %x\n%r: real[] = add %s, %2", false],
  ["what is at least a number above 0", "%r: real[2] = max %x, %p", true],
  ["what is at most a number above 0", "%r: real[2] = min %x, %p", false],
  ["the root of what is above 0", "%r: shared real[2] = sqrt %p", true],
  ["the root of what may be 0", "%r: shared real[2] = sqrt %z", false],
  ["a part of what is above 0", "%r: shared real[1] = slice axis 0 start 0 length 1 %p", true],
  ["a number above 0 less something", "%r: shared real[2] = sub %p, %z", false],
])("above 0: %s", (_, line, positive) => {
  expect(factsOf(line).positive).toBe(positive);
}); // prettier-ignore

it("takes inputs for finite that it is told are, and none that it is told are not", () => {
  const fn = functionOf(`func f(${inputs}) -> () { %a: real[2] = neg %x %b: shared real[2] = neg %w }`);
  const { finite } = valueFacts(fn, [true, false, true]);
  expect([...finite].map((id) => fn.names[id]).sort()).toEqual(["a", "v", "x"]);
});

it("gives a loop what is finite around it, but for the state, which may grow", () => {
  const fn = functionOf(`func f(%w: shared real[2], %x: real[2]) -> () {
    %l: real[2] = scan length %T carried 1 sequences 0 %w, %w, %x body
      func step(%h: real[2], %v: shared real[2], %u: real[2]) -> (h: %n) { %n: real[2] = mul %h, %v }
  }`);
  const { operation, operands } = fn.instructions[0]!;
  if (operation.kind !== "scan") expect.unreachable();
  expect(finiteInputsOf(operation, operands, valueFacts(fn))).toEqual([false, true, false]);
});
