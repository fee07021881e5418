/** Dimensions that grow without end are none, and divisors stay products. */
import { expect, test } from "vitest";
import {
  boundedAdd,
  boundedCeil,
  boundedDivide,
  boundedFloor,
  boundedMultiply,
  boundedProduct,
  boundedSubstitute,
  dividingSymbols,
  isSurelyWhole,
} from "../../../../compiler/base/types/bounded-dim.js";
import { type Dim, dimConstant, printDim } from "../../../../compiler/base/types/dim.js";
import { dim } from "../../../support/dims.js";

const printed = (found: Dim | undefined): string => (found === undefined ? "none" : printDim(found));

test("numbers and degrees have a limit, and the largest are still there", () => {
  const most = dimConstant(2 ** 31);
  expect(printed(boundedAdd(most, dim("0")))).toBe(String(2 ** 31));
  expect(boundedAdd(most, dim("1"))).toBeUndefined();
  expect(printed(boundedProduct([dim("H * H * H * H * H"), dim("K * K * K * K * K")]))).not.toBe("none");
  expect(boundedProduct([dim("H * H * H * H * H"), dim("K * K * K * K * K"), dim("H")])).toBeUndefined();
  expect(boundedMultiply(dim("2147483648"), dim("2"))).toBeUndefined();
});

test("quotients round to both sides", () => {
  const half = boundedDivide(dim("T"), dim("2"))!;
  expect(printed(boundedFloor(half))).toBe("floor(T / 2)");
  expect(printed(boundedCeil(dim("3 / 2")))).toBe("2");
  expect(printed(boundedFloor(dim("3 / 2")))).toBe("1");
  expect(boundedDivide(dim("T"), dim("H + 1"))).toBeUndefined();
});

test("symbols are replaced, also in floors, and a sum divides nothing", () => {
  const by = (text: string): ReadonlyMap<string, Dim> => new Map([["T", dim(text)]]);
  expect(printed(boundedSubstitute(dim("2 * T + H"), by("H + 1")))).toBe("3*H + 2");
  expect(printed(boundedSubstitute(dim("floor(T / 2)"), by("2 * K")))).toBe("K");
  expect(boundedSubstitute(dim("H / T"), by("K + 1"))).toBeUndefined();
  expect(printed(boundedSubstitute(dim("H / T"), by("K")))).toBe("H / K");
});

test("what divides, and what is whole", () => {
  expect(dividingSymbols(dim("H / T + K"))).toEqual(["T"]);
  expect([dim("H * K"), dim("H / 2"), dim("H / K"), dim("floor(H / 2)")].map(isSurelyWhole)).toEqual([true, false, false, true]); // prettier-ignore
});
