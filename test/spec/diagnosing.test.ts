/** The examples of spec/diagnosing.md do what they say. */
import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";
import * as runtime from "../../runtime/index.js";
import { runDocumentation } from "../support/run-documentation.js";

test("every example of spec/diagnosing.md", async () => {
  const { printed, expected } = await runDocumentation("spec/diagnosing.md", { recell, "recell/runtime": runtime });
  expect(expected.length).toBeGreaterThan(8);
  expect(printed).toEqual(expected);
});
