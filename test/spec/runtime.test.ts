import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";
import * as runtime from "../../runtime/index.js";
import { runDocumentation } from "../support/run-documentation.js";

test("every example of spec/runtime.md does what it says", async () => {
  const { printed, expected } = await runDocumentation("spec/runtime.md", { recell, "recell/runtime": runtime });
  expect(expected.length).toBeGreaterThan(10);
  expect(printed).toEqual(expected);
});

test("spec/runtime.md names everything that recell/runtime exports", () => {
  const page = readFileSync(new URL("../../spec/runtime.md", import.meta.url), "utf8");
  expect(Object.keys(runtime).filter((name) => !page.includes(name))).toEqual([]);
});
