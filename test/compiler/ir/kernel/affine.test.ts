/** Sums of variables with coefficients: equal ones have one form, whatever they were made of. */
import { expect, test } from "vitest";
import {
  addAffine,
  affineConstant,
  affineKey,
  affineVariable,
  plainExtent,
  plainValue,
  scaleAffine,
  substituteAffine,
  subtractAffine,
} from "../../../../compiler/ir/kernel/affine.js";
import type { Affine } from "../../../../compiler/ir/kernel/kernel-program.js";
import { printAffine } from "../../../../compiler/ir/kernel/print-expressions.js";
import { dim } from "../../../support/dims.js";

const [i, j] = ["i", "j"].map(affineVariable) as [Affine, Affine];
const two = affineConstant(2);

test.each<[string, Affine, string]>([
  ["in the order of names", addAffine(j, i), "i + j"],
  ["terms of one variable", addAffine(i, i), "i * 2"],
  ["terms that cancel", subtractAffine(addAffine(i, j), i), "j"],
  ["nothing left", subtractAffine(i, i), "0"],
  ["numbers and dimensions", addAffine(two, affineConstant(dim("H"))), "(H + 2)"],
  ["a multiple", scaleAffine(addAffine(i, two), dim("H")), "i * H + 2*H"],
  ["none of it", scaleAffine(addAffine(i, two), dim("0")), "0"],
  [
    "a variable that is another sum",
    substituteAffine(addAffine(scaleAffine(i, dim("3")), j), new Map([["i", addAffine(j, two)]])),
    "j * 4 + 6",
  ],
])("%s", (_, found, printed) => {
  expect(printAffine(found)).toBe(printed);
});

test("what is replaced all at once is not replaced again", () => {
  const swapped = substituteAffine(subtractAffine(i, j), new Map([["i", j], ["j", i]])); // prettier-ignore
  expect(affineKey(swapped)).toBe(affineKey(subtractAffine(j, i)));
});

test("plain numbers", () => {
  expect([plainValue(two), plainValue(i), plainValue(affineConstant(dim("H")))]).toEqual([2, undefined, undefined]);
  expect(plainExtent({ kind: "affine", value: two })).toBe(2);
  expect(plainExtent({ kind: "examples", examples: { kind: "all" } })).toBeUndefined();
});
