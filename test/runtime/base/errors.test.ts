import { expect, test } from "vitest";
import { CallRangeError, CallTypeError } from "../../../runtime/index.js";

test.each([
  [CallTypeError, TypeError],
  [CallRangeError, RangeError],
])("%o is one of its kind, also in another thread, with a code", (Own, Kind) => {
  const error = new Own("run: x is missing");
  expect([error instanceof Kind, error.code, String(error)]).toEqual([true, "wrong-call", `${Kind.name}: run: x is missing`]); // prettier-ignore
  expect(structuredClone(error)).toBeInstanceOf(Kind);
});
