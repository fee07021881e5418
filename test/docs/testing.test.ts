/** The examples of spec/testing.md run as they stand, in the test runners they are for. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as fastCheck from "../../compiler/tools/testing/fast-check.js";
import * as testing from "../../compiler/tools/testing/index.js";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "spec/testing.md"), "utf8");
const example = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "su").exec(page)?.[1] ?? "";

// Inside the project, so that `recell` is the package itself and fast-check is found. One of an earlier run that did not come to its
// end goes first.
const folder = join(root, "dist/testing-docs");
beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(command: string, name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return execFileSync(command, { cwd: root, shell: true, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

it("runs under vitest", () => {
  const config = `export default { test: { root: ${JSON.stringify(folder)}, include: ["*.check.ts"], testTimeout: 60_000 } };`;
  writeFileSync(join(folder, "vitest.config.mjs"), config);
  const vitest = `node node_modules/vitest/vitest.mjs run --config ${join(folder, "vitest.config.mjs")}`;
  expect(run(vitest, "leaky.check.ts", example("ts"))).toMatch(/1 passed/u);
}, 60_000);

it("runs under node:test", () => {
  expect(run(`node --test ${join(folder, "attention.mjs")}`, "attention.mjs", example("js"))).toMatch(/pass 1/u);
}, 60_000);

it("names every property and arbitrary", () => {
  const functions = [...Object.entries(testing), ...Object.entries(fastCheck)].filter(
    ([name, value]) =>
      typeof value === "function" &&
      !["PropertyError", "NotFiniteError", "UncheckableError", "arbitraryNumber"].includes(name),
  );
  const unnamed = functions.map(([name]) => name).filter((name) => !page.includes(name));
  expect(unnamed).toEqual([]);
});
