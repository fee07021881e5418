/** What `npm publish` would publish: its files, and that they work where they are installed. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
let folder = "";
let tarball = "";
let packed: string[] = [];

const npm = (args: string[], cwd: string): string =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  if (!existsSync(join(root, "dist/compiler/index.js"))) npm(["run", "build"], root);
  folder = mkdtempSync(join(tmpdir(), "recell-package-"));
  const report = npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root);
  const [{ filename, files }] = JSON.parse(report) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, filename);
  packed = files.map(({ path }) => path);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the tarball has the library, the command and the references, and nothing else", () => {
  for (const path of [
    "dist/compiler/index.js",
    "dist/compiler/index.d.ts",
    "dist/compiler/cli/main.js",
    "dist/compiler/base/dependencies/chevrotain.js",
    "dist/runtime/index.js",
    "dist/runtime/node/index.js",
    "compiler/language/std/lstm.cell",
    "spec/module-abi.md",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
  ]) {
    expect(packed).toContain(path);
  }
  expect(
    packed.filter((path) =>
      /(^|\/)(test|examples|node_modules)\/|compiler\/generate\.|(shell|std|apart)\/embed\.|cli\/link\.|tsbuildinfo|\.tgz$/u.test(
        path,
      ),
    ),
  ).toEqual([]);
});

test("publint has nothing to say", async () => {
  const data = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.length) },
  });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("types resolve wherever ES modules do", async () => {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  if (result.types === false) throw new Error("the package has no types");
  // An ES module cannot be clean for TypeScript's CommonJS modes, and this package is one on purpose.
  const problems = result.problems.filter(
    (problem) => !("resolutionKind" in problem && ["node10", "node16-cjs"].includes(problem.resolutionKind)),
  );
  expect(problems).toEqual([]);
});

describe("installed in an empty project", () => {
  let project = "";
  const run = (command: string, args: string[]): string =>
    execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  beforeAll(() => {
    project = mkdtempSync(join(folder, "project-"));
    writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }');
    npm(["install", tarball, "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], project);
    writeFileSync(
      join(project, "leaky.cell"),
      "cell Leaky(N) {\n  input x: [N]\n  state h: [N]\n  param w: [N] ~ ones\n\n  h' = h * w + x\n\n  output y = h'\n}\n",
    );
  }, 240_000);

  test("the command builds a module", () => {
    expect(run("npx", ["--no-install", "recell", "--version"]).trim()).toMatch(/^\d+\.\d+\.\d+/u);
    run("npx", ["--no-install", "recell", "build", "leaky.cell", "--dim", "N=2", "--out", "out"]);
    expect(readdirSync(join(project, "out")).sort()).toEqual(["leaky.d.ts", "leaky.js"]);
    const program =
      'import { instantiate } from "./out/leaky.js";\nconst cell = instantiate();\ncell.init(1);\nconsole.log([...cell.step({ x: [1, 2] }).y].join());\n';
    writeFileSync(join(project, "run.js"), program);
    expect(run("node", ["run.js"]).trim()).toBe("1,2");
  });

  test("a command loads what it needs, from few files", () => {
    const loaded = (...args: string[]): string[] => {
      const coverage = mkdtempSync(join(folder, "coverage-"));
      const main = join(project, "node_modules/recell/dist/compiler/cli/main.js");
      execFileSync(process.execPath, [main, ...args], {
        cwd: project,
        env: { ...process.env, NODE_V8_COVERAGE: coverage },
        stdio: "ignore",
      });
      const reports = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), "utf8"));
      const urls = reports.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result);
      return urls.map(({ url }) => url).filter((url) => url.startsWith("file:"));
    };
    const dependencies = (urls: string[]): string[] => {
      const packages = urls.map((url) => /.*\/node_modules\/((?:@[^/]*\/)?[^/]*)/u.exec(url)?.[1] ?? url);
      return [...new Set(packages)].filter((name) => name !== "recell");
    };
    const build = ["build", "leaky.cell", "--dim", "N=2", "--out", "loaded"];
    const plain = loaded(...build, "--no-types");
    expect(plain.some((url) => url.endsWith("/dist/compiler/base/dependencies/chevrotain.js"))).toBe(true);
    expect(plain.filter((url) => url.includes("/chevrotain/"))).toEqual([expect.stringMatching(/\/chevrotain\.mjs$/u)]);
    expect(dependencies(plain)).toEqual(["chevrotain"]);
    expect(dependencies(loaded(...build))).toEqual(["chevrotain"]);
    // The table of each of five commands is a file.
    expect(loaded("--help").length).toBeLessThan(24);
  });

  test("the library compiles, loads and trains", () => {
    const program = `
import { readFileSync } from "node:fs";
import { check, compile, format } from "recell";
import { loadModule, sgd } from "recell/runtime";
const source = readFileSync("leaky.cell", "utf8");
const { files, manifest } = compile(source, { dimensions: { N: 2 } });
const module = await loadModule(files[0].text);
const cell = module.instantiate({ batch: 1, steps: 1 });
console.log(check(source).diagnostics.length, format(source).text === source, manifest.cell, typeof sgd, cell.forward({ x: [1, 2] }).y.join());
`;
    writeFileSync(join(project, "library.js"), program);
    expect(run("node", ["library.js"]).trim()).toBe("0 true Leaky function 1,2");
  });

  /** A program for any place that can run modules. */
  const anywhere = `
import { cell, compile, declarations } from "recell";
import { sgd } from "recell/runtime";
async function run() {
  const source = 'import { GRU } from "std/gru"\\n', options = { cell: "GRU", dimensions: { I: 2, H: 3 } };
  const { text } = await declarations(compile(source, options));
  return [(await cell(source, options)).instantiate().variant, text.includes("Float32Array"), typeof sgd].join();
}
run().then(console.log);
`;

  test("CommonJS loads every part, without a warning", () => {
    const program = anywhere.replace(/import (.*) from ("recell.*");/gu, "const $1 = require($2);");
    expect(program).toContain('require("recell/runtime")');
    const more = 'require("recell/testing");\nrequire("recell/node");\nrequire("recell/runtime");\n';
    writeFileSync(join(project, "library.cjs"), `process.on("warning", console.log);\n${more}${program}`);
    expect(run("node", ["library.cjs"]).trim()).toBe("wasm,true,function");
  });

  test.each([
    ["node", "cjs"],
    ["browser", "esm"],
  ] as const)("a bundle for %s (%s) needs nothing else", async (platform, format) => {
    const [entry, bundle] = [
      join(project, "anywhere.mjs"),
      join(folder, format === "cjs" ? "bundle.cjs" : "bundle.mjs"),
    ];
    writeFileSync(entry, anywhere);
    const build = await rolldown({ input: entry, platform, cwd: project, logLevel: "silent" });
    const { output } = await build.write({ file: bundle, format });
    await build.close();
    expect(output).toHaveLength(1);
    expect(output[0].imports).toEqual([]);
    expect(output[0].moduleIds.filter((id) => /compiler.dependencies/u.test(id))).toEqual([]);
    // In a folder without packages.
    expect(execFileSync("node", [bundle], { encoding: "utf8" }).trim()).toBe("wasm,true,function");
  });

  test("a bundle has only what it uses", async () => {
    const entry = join(project, "little.mjs");
    writeFileSync(entry, 'import { version } from "recell";\nconsole.log(version);\n');
    const build = await rolldown({ input: entry, cwd: project, logLevel: "silent" });
    const { output } = await build.generate({ format: "esm" });
    await build.close();
    expect(output[0].code.length).toBeLessThan(500);
  });

  test("types of the library and of the module", () => {
    const program = `
import { compile, type CompileResult } from "recell";
import { loadModule, type Manifest } from "recell/runtime";
import { saveParamsFile } from "recell/node";
import { instantiate, manifest } from "./out/leaky.js";
const result: CompileResult = compile("", { dtype: "f64" });
const known: Manifest = manifest;
const y: Float32Array = instantiate({ batch: 1 }).forward({ x: [1, 2] }).y;
const saved: Promise<void> = saveParamsFile({ manifest }, instantiate(), "leaky.safetensors");
export { result, known, y, loadModule, saved };
`;
    writeFileSync(join(project, "program.ts"), program);
    const compilerOptions = { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: [] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    expect(run("node", [join(root, "node_modules/typescript/bin/tsc")])).toBe("");
  });
});
