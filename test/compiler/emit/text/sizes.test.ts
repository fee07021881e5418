/** Sizes in the text of modules: signs of terms, what is rounded, and the largest of a slot's. */
import { expect, it } from "vitest";
import { joinSigned, printDimension, printSlotSize, signedDimension } from "../../../../compiler/emit/text/sizes.js";
import { dim } from "../../../support/dims.js";

const symbol = (name: string): string => `sizes.${name}`;

it.each([
  ["0", false, "0"],
  ["4", false, "4"],
  ["-4", true, "4"],
  ["S", false, "sizes.S"],
  ["-3*S", true, "sizes.S * 3"],
  ["-1*S + 2", false, "2 - sizes.S"],
  ["S - 2", true, "2 + sizes.S"],
  ["-1*S / 2", false, "Math.round(-(sizes.S) / (2))"],
])("%s has a sign of its own, and one that stands before the whole", (text, negative, rest) => {
  expect(signedDimension(dim(text), symbol)).toEqual({ negative, text: rest });
  expect(printDimension(dim(text), symbol)).toBe(`${negative ? "-" : ""}${rest}`);
  const sum = joinSigned([{ negative: false, text: "i" }, signedDimension(dim(text), symbol)]);
  expect(sum).toBe(`i ${negative ? "-" : "+"} ${rest}`);
});

it("the size of a slot is the largest of all that lie there, and at most what it may be", () => {
  const print = (size: ReturnType<typeof dim>): string => printDimension(size, symbol);
  expect(printSlotSize({ sizes: [dim("S")] }, print)).toBe("sizes.S");
  expect(printSlotSize({ sizes: [dim("S"), dim("4")], most: dim("9") }, print)).toBe(
    "Math.min(Math.max(sizes.S, 4), 9)",
  );
});
