/** Copies of functions with some operations replaced; what is needed, used and defined where. */
import { expect, test } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { accumulates, countUses, definitions, forEachNeeded, neededIn, rewriteFunction } from "../../../../compiler/ir/graph/rewrite.js"; // prettier-ignore
import { context, functionOf, linesOf } from "../../../support/graph-text.js";

const fn = functionOf(`func f(%x: real[H], %y: real[H]) -> (r: %r) {
  %a: real[H] = tanh %x
  %unused: real[H] = neg %a
  %b: real[H] = add %a, %y
  %r: real[H] = mul %b, %a
}`);
const [tanh, , sum, product] = fn.instructions;

test("a rule replaces, all else is copied with its names", () => {
  const negated = rewriteFunction(fn, context, (b, operation, [x]) =>
    operation.kind === "map" && operation.op === "tanh" ? [b.map("neg", x!)] : undefined,
  );
  expect(linesOf(printFunction(negated))).toEqual([
    "func f(%x: real[H], %y: real[H]) -> (r: %r) {",
    "%a: real[H] = neg %x",
    "%unused: real[H] = neg %a",
    "%b: real[H] = add %a, %y",
    "%r: real[H] = mul %b, %a",
    "}",
  ]);
});

test("what outputs depend on, in its order", () => {
  expect(neededIn(fn).instructions).toEqual([tanh, sum, product]);
  expect(definitions(fn).get(sum!.results[0]!)).toBe(sum);
  expect(countUses(fn).get(tanh!.results[0]!)).toBe(3);
  expect(countUses(fn).get(fn.outputs[0]!)).toBe(1);
});

test("each instruction after what it reads, once", () => {
  const left = definitions(fn);
  const seen: unknown[] = [];
  forEachNeeded(fn.outputs[0]!, (id) => left.get(id), (instruction) => {
    for (const id of instruction.results) left.delete(id);
    seen.push(instruction);
  }); // prettier-ignore
  expect(seen).toEqual([tanh, sum, product]);
});

test("a matrix product starts from what it is added to, a dot product does not", () => {
  const definition = (line: string) => functionOf(`func f(%W: real[H, I], %x: real[I]) -> (r: %r) {\n${line}\n}`).instructions[0]; // prettier-ignore
  expect(accumulates(definition("%r: real[H] = contract [0 1] [1] -> [0] %W, %x"))).toBe(true);
  expect(accumulates(definition("%r: real[H] = contract [0 1] [1] -> [0] parts 4 %W, %x"))).toBe(false);
  expect(accumulates(undefined)).toBe(false);
});
