import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";
import * as runtime from "../../runtime/index.js";
import * as node from "../../runtime/node/index.js";
import { runDocumentation } from "../support/run-documentation.js";

test("every example of spec/runtime.md does what it says", async () => {
  const { printed, expected } = await runDocumentation("spec/runtime.md", {
    recell,
    "recell/runtime": runtime,
    "recell/node": node,
    "node:fs": fs,
    "node:os": os,
    "node:path": path,
  });
  expect(expected.length).toBeGreaterThan(10);
  expect(printed).toEqual(expected);
});

test("spec/runtime.md names everything that recell/runtime and recell/node export", () => {
  const page = fs.readFileSync(new URL("../../spec/runtime.md", import.meta.url), "utf8");
  expect([...Object.keys(runtime), ...Object.keys(node)].filter((name) => !page.includes(name))).toEqual([]);
});
