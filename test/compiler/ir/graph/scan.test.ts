/** How a scan lays out operands and results, and what the verifier says where its counts do not fit. */
import { describe, expect, it, test } from "vitest";
import {
  countsOf,
  inOrder,
  isCarried,
  operandKind,
  operandParts,
  resultParts,
  type Scan,
  statesOf,
  whyNoLayout,
} from "../../../../compiler/ir/graph/scan.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { functionOf } from "../../../support/graph-text.js";

const fn = functionOf(`func f(%a: real[2], %b: real[2], %x: real[%T, 3], %w: shared real[2]) -> (last: %p, all: %all) {
  %p: real[2], %q: real[2], %all: real[%T, 3] = scan length %T carried 2 sequences 1 %a, %b, %x, %w body
    func step(%h: real[2], %c: real[2], %v: real[3], %u: shared real[2]) -> (h: %n, c: %h, y: %y) {
      %n: real[2] = add %c, %u
      %y: real[3] = neg %v
    }
}`);
const instruction = fn.instructions[0]!;
const scan = instruction.operation as Scan;
const named = (ids: readonly number[], of = fn): string => ids.map((id) => of.names[id]).join(" ");

describe("operands", () => {
  it("are carried values, sequences and invariants, as the inputs of the body are", () => {
    const own = operandParts(scan, instruction.operands);
    expect([own.carried, own.sequences, own.invariants].map((ids) => named(ids))).toEqual(["a b", "x", "w"]);
    const inner = operandParts(scan, scan.body.inputs);
    const parts = [inner.carried, inner.sequences, inner.invariants];
    expect(parts.map((ids) => named(ids, scan.body))).toEqual(["h c", "v", "u"]);
  });

  test("each is of the kind of the part that it is in", () => {
    expect(instruction.operands.map((_, i) => operandKind(scan, i))).toEqual([
      "carried",
      "carried",
      "sequence",
      "invariant",
    ]);
    expect(instruction.operands.map((_, i) => isCarried(scan, i))).toEqual([true, true, false, false]);
  });

  it("come together again, with the counts that they had", () => {
    const parts = operandParts(scan, instruction.operands);
    expect(inOrder(parts)).toEqual(instruction.operands);
    expect(countsOf(parts)).toEqual({ carried: 2, sequences: 1 });
  });
});

it("results are carried values and what is stacked", () => {
  const { carried, stacked } = resultParts(scan, instruction.results);
  expect([named(carried), named(stacked)]).toEqual(["p q", "all"]);
  expect(inOrder({ carried, stacked })).toEqual(instruction.results);
});

it("a scan that carries some of its values has the states of these", () => {
  const state = (name: string) => ({ name, documentation: "", bound: undefined, isBefore: false });
  const states = [state("h"), undefined, state("c")];
  expect(statesOf({ states }, [2, 1])).toEqual([state("c"), undefined]);
  expect(statesOf({ states: [] }, [0])).toEqual([]);
});

describe("counts that do not fit the body", () => {
  test.each([
    [{ carried: 2, sequences: 3 }, "scan carries 2 values beside 3 sequences, its body has 4 inputs"],
    [{ carried: 4, sequences: 0 }, "scan carries 4 values, its body has 3 outputs"],
    [{ carried: -1, sequences: 3 }, "scan carries -1 values beside 3 sequences"],
    [{ carried: 2, sequences: 1 }, undefined],
  ])("%j", (counts, problem) => {
    expect(whyNoLayout({ ...scan, ...counts })).toBe(problem);
    const changed = { ...fn, instructions: [{ ...instruction, operation: { ...scan, ...counts } }] };
    const found = verifyFunction(changed, shapeContext([]));
    if (problem === undefined) expect(found).toEqual([]);
    else expect(found.join("\n")).toContain(problem);
  });
});
