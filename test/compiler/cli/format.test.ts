/** What kind of module `recell build` writes, and whether the project around it can read that. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-format-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project whose package.json is this text, undefined for none. */
function project(name: string, description: string | undefined): string {
  const path = join(folder, name);
  mkdirSync(path);
  if (description !== undefined) writeFileSync(join(path, "package.json"), description);
  writeFileSync(
    join(path, "leaky.cell"),
    "cell Leaky(N) {\n  input x: [N]\n  state h: [N]\n\n  h' = 0.5 * h + x\n\n  output y = h'\n}\n",
  );
  return path;
}

const build = (path: string, ...more: string[]) =>
  recell("build", join(path, "leaky.cell"), "--dim", "N=2", "--out", join(path, "lib/cells"), ...more);

const node = (path: string, file: string, program: string): string => {
  writeFileSync(join(path, file), program);
  return execFileSync(process.execPath, [file], { cwd: path, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
};
const use = 'console.log([...instantiate().step({ x: [1, 2] }).y].join(), "variant" in instantiate());';

describe("where package.json says commonjs", () => {
  const path = project("common", '{ "name": "fresh", "type": "commonjs" }');

  test("a .js file is told to be unreadable, with the way out", async () => {
    const { code, error } = await build(path);
    expect(code).toBe(0);
    expect(error).toMatch(/^note: .*leaky\.js is an ES module, and .*common.package\.json says "type": "commonjs"/u);
    expect(error).toContain("--format mjs");
    expect(() => node(path, "broken.mjs", `import { instantiate } from "./lib/cells/leaky.js";\n${use}`)).toThrow();
  });

  test.each([
    ["mjs", ["--format", "mjs"]],
    ["cjs", ["--format", "cjs"]],
    ["mjs", ["--name", "leaky.mjs"]],
    ["cjs", ["--name", "leaky.cjs"]],
  ])("%s is readable: %o", async (format, options) => {
    const { code, out, error } = await build(path, ...options);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(new RegExp(`leaky\\.${format} .*\\n.*leaky\\.d\\.${format.replace("js", "ts")} `, "u"));
    const file = `"./lib/cells/leaky.${format}"`;
    expect(node(path, "import.mjs", `import { instantiate } from ${file};\n${use}`)).toBe("1,2 true\n");
    // Node 20.19 requires ES modules too, but says that this is an experiment.
    expect(node(path, "require.cjs", `const { instantiate } = require(${file});\n${use}`)).toBe("1,2 true\n");
  });

  test("kernels in a file, and verify finds them", async () => {
    const { out } = await build(path, "--format", "cjs", "--wasm-file");
    expect(out).toContain("leaky.wasm");
    const { code, out: report } = await recell(
      "verify",
      join(path, "lib/cells/leaky.cjs"),
      "--runs",
      "1",
      "--seed",
      "1",
    );
    expect(report).toContain("the module keeps its promises");
    expect(code).toBe(0);
  });
});

test.each([
  ["module", '{ "type": "module" }'],
  ["untold", '{ "name": "x" }'],
  ["damaged", "{"],
  ["null", "null"],
])("nothing is said where package.json is %s", async (name, text) => {
  expect((await build(project(name, text))).error).toBe("");
});

test("the nearest package.json counts", async () => {
  const path = project("nearest", '{ "type": "commonjs" }');
  mkdirSync(join(path, "lib"));
  writeFileSync(join(path, "lib/package.json"), '{ "type": "module" }');
  expect((await build(path)).error).toBe("");
});

test("wrong formats are refused before anything is written", async () => {
  const path = project("wrong", undefined);
  const unknown = await build(path, "--format", "amd");
  expect(unknown.code).toBe(2);
  expect(unknown.error).toMatch(/--format must be js or mjs or cjs, got "amd"/u);
  const twice = await build(path, "--format", "mjs", "--name", "leaky.cjs");
  expect(twice.code).toBe(2);
  expect(twice.error).toContain('the name "leaky.cjs" says format "cjs", and the format is "mjs"');
  expect(() => readFileSync(join(path, "lib"))).toThrow(/ENOENT/u);
});
