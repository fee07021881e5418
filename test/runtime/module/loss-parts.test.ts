import { expect, test } from "vitest";
import { partsOfLoss } from "../../../runtime/module/loss-parts.js";

test("each part has a name of its own", () => {
  expect(partsOfLoss("miss")).toEqual(["miss", "miss.sum", "miss.weight"]);
});
