/** `recell verify` on modules of every kind, and on what is none. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recell } from "../../support/command-line.js";
import type { VerifyReport } from "../../../compiler/index.js";

let folder = "";
const file = (name: string): string => join(folder, name);

async function build(name: string, ...options: string[]): Promise<string> {
  const sizes = ["--cell", "SimpleRNN", "--dim", "I=2", "--dim", "H=3", "--no-types"];
  const { code, error } = await recell(
    "build",
    "std/simple-rnn",
    ...sizes,
    ...options,
    "--name",
    name,
    "--out",
    folder,
  );
  expect(code, error).toBe(0);
  return file(`${name}.js`);
}

const verify = (path: string, ...options: string[]) => recell("verify", path, "--seed", "1", "--runs", "1", ...options);

let text = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "recell-verify-"));
  text = readFileSync(await build("plain"), "utf8");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a good module", () => {
  test.each([
    ["js-f32", "js", "f32", []],
    ["wasm-f64", "wasm", "f64", ["--jvp"]],
    ["fma", "wasm(-fma)?", "f32", ["--fma"]],
    ["plain-run", "wasm", "f32", ["--no-gradient"]],
    ["file", "wasm", "f32", ["--wasm-file"]],
    ["files", "wasm(-fma)?", "f64", ["--wasm-file", "--fma"]],
  ])("%s passes", async (name, variant, dtype, options) => {
    const target = variant === "js" ? "js" : "wasm";
    const path = await build(name, "--target", target, "--dtype", dtype, ...options);
    const { code, out, error } = await verify(path);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(new RegExp(`^${path}: SimpleRNN I=2 H=3, ${variant}, ${dtype}\n`, "u"));
    expect(out).toMatch(/\nthe module keeps its promises: 1 run, seed 1\n$/u);
    expect(out).not.toMatch(/^failed/mu);
    // In columns, each two spaces apart at least.
    const rows = [...out.matchAll(/^(passed {2}\S+ {2,}\S.*? {2,})\d+ compared/gmu)].map(
      ([, before]) => before!.length,
    );
    expect(rows).toHaveLength([...out.matchAll(/^passed/gmu)].length);
    expect(new Set(rows).size).toBe(1);
    const skipped = [...out.matchAll(/^skipped +(\S+)/gmu)].map(([, check]) => check);
    const without = (part: string): boolean => !options.includes(`--${part}`);
    expect(skipped).toEqual([
      ...(without("no-gradient") ? [] : ["gradient"]),
      ...(without("jvp") ? ["jvp"] : []),
      ...(without("hvp") ? ["hvp"] : []),
      ...(without("no-gradient") ? [] : ["linearity"]),
    ]);
  });

  test("is reported as JSON, with the worst disagreement and its place", async () => {
    const { code, out } = await verify(file("plain.js"), "--json");
    expect(code).toBe(0);
    const report = JSON.parse(out) as VerifyReport & { file: string };
    expect(report).toMatchObject({ file: file("plain.js"), passed: true, variant: "wasm", seed: 1, runs: 1 });
    expect(report.checks.map(({ name }) => name)).toContain("gradient");
    const { worst, compared } = report.checks.find(({ name }) => name === "gradient")!;
    expect(compared).toBeGreaterThan(10);
    expect(worst!.share).toBeGreaterThan(0);
    expect(worst!.share).toBeLessThan(1);
    expect(worst!.where).toMatch(/^(param|input|state) \w+(\[[\d, ]+\]|, all numbers)$/u);
    expect(report.checks.find(({ name }) => name === "batch")!.worst).toBeUndefined();
  });
});

describe("kernels in a file", () => {
  test("are found beside the module, or where --wasm says", async () => {
    const path = await build("apart", "--wasm-file");
    expect((await verify(path)).code).toBe(0);
    renameSync(file("apart.wasm"), file("elsewhere.bin"));
    const missing = await verify(path);
    expect(missing.code).toBe(2);
    expect(missing.error).toContain(`cannot read ${file("apart.wasm")}: no such file`);
    expect(missing.error).toContain("--wasm FILE");
    expect((await verify(path, "--wasm", file("elsewhere.bin"))).code).toBe(0);
  });

  test("of another module, damaged ones, and ones that nobody asked for are refused", async () => {
    const path = await build("one", "--wasm-file");
    await build("other", "--wasm-file", "--dtype", "f64");
    const wrong = await verify(path, "--wasm", file("other.wasm"));
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain("is not the file that was built with this module");
    writeFileSync(file("short.wasm"), readFileSync(file("one.wasm")).subarray(0, 300));
    const short = await verify(path, "--wasm", file("short.wasm"));
    expect(short.code).toBe(1);
    expect(short.out).toMatch(/failed +package .*\n +the \.wasm file is no valid WebAssembly/u);
    const unasked = await verify(file("plain.js"), "--wasm", file("one.wasm"));
    expect(unasked.code).toBe(2);
    expect(unasked.error).toContain("its kernels are in itself");
  });
});

describe("what is no good module", () => {
  const damaged = async (name: string, contents: string, ...options: string[]) => {
    writeFileSync(file(name), contents);
    return verify(file(name), ...options);
  };

  test.each([
    ["another module", "export const a = 1;\n", "no compiled cell"],
    ["a text of one line", "Dear reader", "this is no JavaScript module"],
    ["a text", "Dear reader,\nso long\n", "could not be loaded: SyntaxError"],
    ["one that throws", "export const manifest = {};\nthrow new Error('boom');\n", "could not be loaded: Error: boom"],
  ])("%s exits with 1 and says so", async (_, contents, message) => {
    const { code, out, error } = await damaged("foreign.js", contents);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error).toMatch(/^recell: /u);
    expect(error).toContain(message);
    const json = await damaged("foreign.js", contents, "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ file: file("foreign.js"), passed: false });
  });

  test("a source is told from a module by its name", async () => {
    expect((await damaged("a.cell", "cell A(N) {\n}\n")).error).toContain("recell build compiles it");
  });

  test.each([
    ["a corrupt manifest", /dtype: "f32"/u, 'dtype: "f16"', "manifest.dtype"],
    ["a manifest of the future", /version: 1/u, "version: 2", "version"],
    ["a manifest without states", /states: \[/u, "estates: [", "manifest.states"],
  ])("%s exits with 1 and says so", async (_, from, to, message) => {
    const contents = text.replace(from, to);
    expect(contents).not.toBe(text);
    const { code, error } = await damaged("corrupt.js", contents);
    expect(code).toBe(1);
    expect(error).toContain(message);
  });

  test.each([
    ["a manifest that promises too much", /hvp: false/u, "hvp: true"],
    ["a manifest with another shape", /shape: \[3, 2\]/u, "shape: [3, 3]"],
    ["a manifest with another name", /name: "W"/u, 'name: "V"'],
    ["kernels cut short", /(const kernels = "[^"]{2000})[^"]*/u, "$1"],
    ["kernels that are empty", /const kernels = "[^"]*/u, 'const kernels = "'],
    ["an import", /^export/mu, 'import "node:fs";\nexport'],
  ])("%s fails a check", async (_, from, to) => {
    const contents = text.replace(from, to);
    expect(contents).not.toBe(text);
    const { code, out } = await damaged("wrong.js", contents);
    expect(code).toBe(1);
    expect(out).toMatch(/^failed /mu);
    expect(out).toContain("does not keep its promises");
  });
});

describe("the command line", () => {
  test.each([
    ["a missing file", ["no-such.js"], "cannot read no-such.js: no such file"],
    ["no file", [], "needs a FILE"],
    ["two files", ["a.js", "b.js"], "takes one FILE, got 2"],
    ["an unknown option", ["a.js", "--quick"], "--quick"],
    ["no runs", ["a.js", "--runs", "0"], "runs"],
    ["a seed that is none", ["a.js", "--seed", "x"], "seed"],
  ])("%s exits with 2", async (_, args, message) => {
    const { code, out, error } = await recell("verify", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toContain(message);
  });
});
