/** Text of graphs, read back, whatever names there are; other texts are refused. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { GraphSyntaxError, parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { networkOf } from "../../../support/random-network.js";
import { expectEntriesReadBack, expectGraphReadBack } from "../../../support/read-back.js";

describe("what is printed is read back, after every stage", () => {
  test("random cells", () => {
    fc.assert(
      fc.property(arbitraryCell(), ({ source, cell }) => {
        expectEntriesReadBack(lowerSource(source, { cell }, "symbolic").program!);
      }),
      fuzzParameters(4, 20),
    );
  });

  test("random networks", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(11), { minLength: 24, maxLength: 40 }), (choices) => {
        expectEntriesReadBack(lowerSource(networkOf(choices), { cell: "Random" }, "symbolic").program!);
      }),
      fuzzParameters(2, 60),
    );
  });

  it.each(["speech.cell", "next-frame.cell"])("%s", (file) => {
    const text = readFileSync(new URL(`../../../../examples/networks/${file}`, import.meta.url), "utf8");
    const name = /^network (\w+)/mu.exec(text)![1]!;
    const { program } = lowerSource(text, { cell: name }, "symbolic");
    expect(expectEntriesReadBack(program!, ["equations", "derive", "one-step", "split-time"])).toBeGreaterThan(5);
  });
});

test("names that are no words are in quotes", () => {
  const text = `func "all at once"(%"W 0": real[H], %"it's \\"1\\"~2": real[H], %x.y': real[H], %"7": real[H]) -> ("y 1": %"a b"~4, "": %"a b"~5, "2": %6) {
  %"a b"~4: real[H] = add %"W 0", %"it's \\"1\\"~2"
  %"a b"~5: real[H] = mul %x.y', %"7"
  %6: real[H] = neg %"a b"~4
}
`;
  const [fn] = parseProgram(text).functions;
  expect(fn!.name).toBe("all at once");
  expect(fn!.inputs.map((id) => fn!.names[id])).toEqual(["W 0", 'it\'s "1"~2', "x.y'", "7"]);
  expect(fn!.outputNames).toEqual(["y 1", "", "2"]);
  expect(printFunction(fn!)).toBe(text);
  expectGraphReadBack(fn!, []);
});

test("what instructions say beside what they compute", () => {
  const text = `func f(%h: real[2], %x: real[3]) -> (y: %y, last: %last, first: %first) {
  %2: shared real[3] round 4 = iota 3 places
  %3: real[3] round 0 = stop_gradient exact %x
  %4: shared real[6] = concat axis 0 state "memory of \\"x\\"" before bound V + 1 "What was; on\\ntwo lines." %2, %2
  %y: real[3] = custom_derivative arguments 1 exact %3, %x tangent
    func y(%dy: real[3]) -> (y: %dy) {
    }
  %last: real[2], %first: real[3] = scan length 3 carried 2 sequences 0 reverse rounds states [before, -] %h, %x body
    func round(%g: real[2], %e: real[3]) -> (g: %g, e: %e) {
    }
}
`;
  const [fn] = parseProgram(text).functions;
  expect(printFunction(fn!)).toBe(text);
  expect(fn!.instructions[2]!.operation).toMatchObject({
    state: { name: 'memory of "x"', isBefore: true, documentation: "What was; on\ntwo lines." },
  });
  expect(fn!.instructions[4]!.operation).toMatchObject({ states: [{ name: "before", isBefore: false }, undefined] });
});

describe("other texts", () => {
  it.each([
    ["func f(x: real[H]) -> () {}", "expected a value, found x"],
    ["func 7() -> () {}", "expected a name, found 7"],
    ['func f() -> ("\\q": %1) {}', 'expected a name, found "\\q"'],
    ["func f() -> (y: %y) {}", "unknown value %y"],
    ["func f(%x: real[H]) -> (y: %y) { %y: real[H] = frobnicate %x }", "unknown operation frobnicate"],
    ["func f(%x: real[H]) -> (y: %y) { %y: real[I] = neg %x }", "%y is written real[I] but is real[H]"],
    ["func f(%x: float[H]) -> () {}", "unknown type float"],
    ['func f(%"x: real[H]) -> () {}', "unexpected text"],
    [
      "func f(%x: real[H]) -> (y: %y) {\n  %y: real[H] = tanh %x\n  %y: real[H] = neg %x\n}",
      "line 3: %y is defined twice",
    ],
    ["func f(%x: real[H]) -> (y: %y) {\n  %y: real[H] = add %x\n}", "line 2: f: add takes 2 operands"],
    ["func f(%x: real[H]) -> (y: %x) {\n", "line 2: expected a value, found <end>"],
  ])("%s", (text, problem) => {
    expect(() => parseProgram(text)).toThrow(GraphSyntaxError);
    expect(() => parseProgram(text)).toThrow(problem);
  });
});
