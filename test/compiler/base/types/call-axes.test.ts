import { expect, test } from "vitest";
import {
  axisKinds,
  type SizedAxis,
  symbolsOfSequences,
  symbolsSummedFromEnd,
} from "../../../../compiler/base/types/call-axes.js";

test("sums of one example go from the end along steps alone, of which there are elements as of a sequence", () => {
  const axes = axisKinds.map((kind): SizedAxis => ({ symbol: `%${kind}`, name: kind, kind }));
  expect([...symbolsSummedFromEnd(axes)]).toEqual(["%steps"]);
  expect([...symbolsOfSequences(axes)]).toEqual(["%steps", "%sequence"]);
});
