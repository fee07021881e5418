/** Where the sides of `left < right` change along a variable, and expressions in which they do not. */
import { describe, expect, it } from "vitest";
import { affineConstant, affineVariable, addAffine, scaleAffine } from "../../../../compiler/ir/kernel/affine.js";
import type { Affine, KernelExpression } from "../../../../compiler/ir/kernel/kernel-program.js";
import { changeOf, decideChoices } from "../../../../compiler/ir/kernel/choices.js";
import { dimConstant, dimSymbol } from "../../../../compiler/base/types/dim.js";

const [i, j] = [affineVariable("i"), affineVariable("j")];
const n = affineConstant;
const times = (factor: number, value: Affine, plus = 0): Affine =>
  addAffine(scaleAffine(value, dimConstant(factor)), n(plus));

describe("changeOf", () => {
  it.each([
    ["i < 6", i, n(6), 6],
    ["i + 2 < 6", times(1, i, 2), n(6), 4],
    ["2i < 5", times(2, i), n(5), 3],
    ["2i < 6", times(2, i), n(6), 3],
    ["2 < i", n(2), i, 3],
    ["5 < 2i", n(5), times(2, i), 3],
    ["6 < 2i", n(6), times(2, i), 4],
    ["2i < i + 4", times(2, i), times(1, i, 4), 4],
    ["i < j", i, j, undefined],
    ["j < 3", j, n(3), undefined],
    ["1 < 2", n(1), n(2), undefined],
    ["i < i + 1", i, times(1, i, 1), undefined],
    ["i < %T", i, n(dimSymbol("%T")), undefined],
    ["%T · i < 3", scaleAffine(i, dimSymbol("%T")), n(3), undefined],
  ])("%s", (_, left, right, change) => {
    expect(changeOf(left, right, "i")).toBe(change);
  });

  it("is the first value on the other side", () => {
    for (const [a, b, c, d] of [[3, 1, 0, 10], [1, 0, 2, -9], [-3, 7, 0, -2], [0, 4, 3, 1], [2, -5, -1, 4]] as const) {
      const change = changeOf(times(a, i, b), times(c, i, d), "i")!;
      const holds = (at: number): boolean => a * at + b < c * at + d;
      for (let at = change - 5; at < change + 5; at++) expect(holds(at)).toBe(holds(at < change ? change - 1 : change));
      expect(holds(change - 1)).not.toBe(holds(change));
    }
  }); // prettier-ignore
});

describe("decideChoices", () => {
  const real = (name: string): KernelExpression => ({ kind: "variable", name, dtype: "real" });
  const choice = (
    left: Affine,
    right: Affine,
    below = real("below"),
    otherwise = real("otherwise"),
  ): KernelExpression => ({
    kind: "choice",
    left,
    right,
    below,
    otherwise,
    dtype: "real",
  });
  const cut = choice(i, n(6));

  it.each([
    ["all below", 0, 6, real("below")],
    ["all above", 6, 9, real("otherwise")],
    ["a part of each", 5, 7, cut],
    ["the last below and the first above", 5, 6, real("below")],
  ])("%s", (_, start, end, expected) => {
    expect(decideChoices(cut, "i", start, end)).toEqual(expected);
  });

  it("decides what is the same for all values, and not what depends on another variable", () => {
    expect(decideChoices(choice(n(1), n(2)), "i", 0, 9)).toEqual(real("below"));
    expect(decideChoices(choice(n(2), n(2)), "i", 0, 9)).toEqual(real("otherwise"));
    expect(decideChoices(choice(j, n(2)), "i", 0, 1)).toEqual(choice(j, n(2)));
  });

  it("decides choices in operations and in sides of others, whether these are decided or not", () => {
    const neg = (operand: KernelExpression): KernelExpression => ({ kind: "operation", op: "neg", operands: [operand], dtype: "real" }); // prettier-ignore
    expect(decideChoices(neg(cut), "i", 0, 6)).toEqual(neg(real("below")));
    expect(decideChoices(choice(i, n(6), choice(i, n(3))), "i", 3, 6)).toEqual(real("otherwise"));
    expect(decideChoices(choice(j, n(6), cut, neg(cut)), "i", 6, 8)).toEqual(
      choice(j, n(6), real("otherwise"), neg(real("otherwise"))),
    );
  });
});
