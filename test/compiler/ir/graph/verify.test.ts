/** What makes a graph function invalid is said, each with where it is. */
import { expect, test } from "vitest";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { context, functionOf } from "../../../support/graph-text.js";

const fn = functionOf(`func f(%x: real[H], %y: real[H]) -> (r: %r) {
  %a: real[H] = tanh %x
  %r: real[H] = add %a, %y
}`);
const [first, second] = fn.instructions as [
  GraphFunction["instructions"][number],
  GraphFunction["instructions"][number],
];
const problems = (changed: Partial<GraphFunction>): string[] => verifyFunction({ ...fn, ...changed }, context);

test("none in a right one", () => {
  expect(problems({})).toEqual([]);
});

test.each<[string, Partial<GraphFunction>, string]>([
  ["read before it is there", { instructions: [second, first] }, "%2 is not defined before"],
  ["defined twice", { instructions: [first, first, second] }, "%2 is defined twice"],
  ["an output of nothing", { outputs: [9] }, "f: outputs: %9 is not defined"],
  ["outputs without names", { outputNames: [] }, "f: outputs: names and outputs differ in number"],
  [
    "a type that is another one",
    { types: fn.types.map((type, id) => (id === 3 ? { ...type, shape: [] } : type)) },
    "add",
  ],
  [
    "a sum over examples inside of none is no fault, its type is",
    { instructions: [{ ...first, operation: { kind: "batch_sum" } }, second] },
    "batch_sum",
  ],
])("%s", (_, changed, problem) => {
  expect(problems(changed).join("\n")).toContain(problem);
});

test("rows of an output that is not made by them, or at other places", () => {
  const table = (rows: string): string => `func f(%i: index[%T], %d: real[%T, H]) -> (E: %E rows [${rows}], d: %d) {
    %one: real[4, H] = scatter_add size 4 %i, %d
    %E: shared real[4, H] = batch_sum %one
  }`;
  const made = functionOf(table("%T"));
  expect(verifyFunction(made, context)).toEqual([]);
  expect(verifyFunction(functionOf(table("%T, 2")), context).join("\n")).toContain("E has no rows at places [%T, 2]");
  const others = new Map([...made.rows!].map(([, places]) => ["d", places] as const));
  expect(verifyFunction({ ...made, rows: others }, context).join("\n")).toContain("d has no rows at places [%T]");
});

test("rounds of which nobody knows how many they are", () => {
  const loop = (length: string): string => `func f(%h: real[]) -> (h: %last) {
    %last: real[] = scan length ${length} carried 1 sequences 0 rounds %h body
      func round(%g: real[]) -> (g: %g) {
      }
  }`;
  expect(verifyFunction(functionOf(loop("3")), context)).toEqual([]);
  expect(verifyFunction(functionOf(loop("%T")), context).join("\n")).toContain("the number of rounds is no constant");
});

test.each([
  ["gather along 1 of [5, 2] at [3]", "%r: real[2] = gather along 1 %t, %i"],
  ["gather takes a table and an index", "%r: real[2] = gather along 2 %t, %j"],
  ["scatter_add of [5, 2] at [3]", "%r: real[5] = scatter_add along 1 size 5 %i, %t"],
  ["scatter_add of [] at []", "%r: real[5] = scatter_add along 1 size 5 %k, %u"],
])("%s", (problem, line) => {
  const inputs = "%t: real[5, 2], %u: real[], %i: index[3], %j: index[2], %k: index[]";
  expect(() => functionOf(`func f(${inputs}) -> (r: %r) { ${line} }`)).toThrow(problem);
});

test.each([-1, 0.5])("a round %s", (round) => {
  expect(problems({ instructions: [first, { ...second, round: 2 }] })).toEqual([]);
  expect(problems({ instructions: [first, { ...second, round }] }).join("\n")).toContain(`there is no round ${round}`);
});

test("an exact operation that stops no derivative", () => {
  const exact = (op: "tanh" | "stop_gradient") =>
    problems({ instructions: [{ ...first, operation: { kind: "map", op, exact: true } }, second] });
  expect(exact("stop_gradient")).toEqual([]);
  expect(exact("tanh").join("\n")).toContain("stops no derivative");
});

test("states of a stream that are not those of a loop", () => {
  const loop = (states: string): string => `func f(%h: real[]) -> (h: %last) {
    %last: real[] = scan length 3 carried 1 sequences 0 states [${states}] %h body
      func round(%g: real[]) -> (g: %g) {
      }
  }`;
  for (const states of ["", "low.h", "-"]) expect(verifyFunction(functionOf(loop(states)), context)).toEqual([]);
  const found = verifyFunction(functionOf(loop("low.h, low.c")), context).join("\n");
  expect(found).toContain("carries 1 values, and says of 2 what they are in a stream");
});
