/** What uses of a value contribute to its cotangent, added up: slices are joined where they leave no gap. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { sumContributions } from "../../../../compiler/passes/autodiff/sum-contributions.js";
import { addDims, dimConstant, dimSymbol } from "../../../../compiler/base/types/dim.js";
import { context, linesOf } from "../../../support/graph-text.js";

const six = dimConstant(6);

/** `name` for a whole, `name 2+4` for what a slice from 2 on of 4 elements contributes, to a cotangent of 6. */
function summed(...contributions: string[]): string[] {
  const b = new GraphBuilder("f", context);
  const given = contributions.map((text) => {
    const [name, range] = text.split(" ") as [string, string?];
    const [start, length] = (range ?? "0+6").split("+").map((n) => dimConstant(Number(n)));
    const value = b.input(name, { dtype: "real", shape: [length!], shared: false });
    return range === undefined ? value : { part: value, axis: 0, start: start!, there: b };
  });
  const value = sumContributions(b, [six], given);
  return linesOf(printFunction(b.finish([{ name: "r", value }])))
    .slice(1, -1)
    .concat(b.instructions.length === 0 ? [`%${b.names[value]!}`] : []);
}

describe("sumContributions", () => {
  it.each([
    ["one is itself", ["a"], ["%a"]],
    ["wholes are added from the left", ["a", "b", "c"], ["%3: real[6] = add %a, %b", "%4: real[6] = add %3, %c"]],
    ["a part is padded on both sides", ["p 1+2"], ["%1: real[6] = pad axis 0 before 1 after 3 %p"]],
    ["a part that is all of it is not", ["p 0+6"], ["%p"]],
    ["parts without a gap are joined, in the order of their places", ["q 2+4", "p 0+2"], ["%2: real[6] = concat axis 0 %p, %q"]],
    ["with a whole in front, whenever it came", ["q 2+4", "a", "p 0+2"], ["%3: real[6] = concat axis 0 %p, %q", "%4: real[6] = add %a, %3"]],
    ["with a gap each is padded", ["p 0+2", "q 3+3"],
      ["%2: real[6] = pad axis 0 before 0 after 4 %p", "%3: real[6] = pad axis 0 before 3 after 0 %q", "%4: real[6] = add %2, %3"]],
    ["with an end that is missing, too", ["p 0+2", "q 2+3"],
      ["%2: real[6] = pad axis 0 before 0 after 4 %p", "%3: real[6] = pad axis 0 before 2 after 1 %q", "%4: real[6] = add %2, %3"]],
    ["parts that overlap, too", ["p 0+4", "q 2+4"],
      ["%2: real[6] = pad axis 0 before 0 after 2 %p", "%3: real[6] = pad axis 0 before 2 after 0 %q", "%4: real[6] = add %2, %3"]],
    ["the same part twice, too", ["p 0+6", "q 0+6"], ["%2: real[6] = add %p, %q"]],
  ])("%s", (_, contributions, expected) => {
    expect(summed(...contributions)).toEqual(expected);
  }); // prettier-ignore

  it("joins parts of sizes that are not known", () => {
    const b = new GraphBuilder("f", context);
    const [H, I] = [dimSymbol("H"), dimSymbol("I")];
    const p = b.input("p", { dtype: "real", shape: [H], shared: false });
    const q = b.input("q", { dtype: "real", shape: [I], shared: false });
    const parts = [
      { part: q, axis: 0, start: H, there: b },
      { part: p, axis: 0, start: dimConstant(0), there: b },
    ];
    const value = sumContributions(b, [addDims(H, I)], parts);
    expect(printFunction(b.finish([{ name: "r", value }]))).toContain("= concat axis 0 %p, %q");
  });

  it("pads parts along different axes", () => {
    const b = new GraphBuilder("f", context);
    const p = b.input("p", { dtype: "real", shape: [dimConstant(1), six], shared: false });
    const q = b.input("q", { dtype: "real", shape: [dimConstant(2), dimConstant(3)], shared: false });
    const parts = [
      { part: p, axis: 0, start: dimConstant(1), there: b },
      { part: q, axis: 1, start: dimConstant(0), there: b },
    ];
    const value = sumContributions(b, [dimConstant(2), six], parts);
    expect(linesOf(printFunction(b.finish([{ name: "r", value }]))).slice(1, -1)).toEqual([
      "%2: real[2, 6] = pad axis 0 before 1 after 0 %p",
      "%3: real[2, 6] = pad axis 1 before 0 after 3 %q",
      "%4: real[2, 6] = add %2, %3",
    ]);
  });
});
