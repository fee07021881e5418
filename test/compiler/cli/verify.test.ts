/** `recell verify` on modules of every kind, and on what is none. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { verifySubject } from "../../../compiler/tools/verify/verify-module.js";
import { recell } from "../../support/command-line.js";
import type { VerifyReport } from "../../../compiler/index.js";

vi.mock("../../../compiler/tools/verify/verify-module.js", { spy: true });

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

test("entries with names are checked in the other process, too", async () => {
  const source = `cell Leaky(H) { input x: [H] state h: [H] param a: [H] h' = tanh(a * h + x) output y = h' }
network Parts(H; T) { input x: [T, H] use c = Leaky(H) y = after(x, 0) z = c(y) entry all = z entry last = z given y }`;
  writeFileSync(file("parts.cell"), source);
  const built = await recell("build", file("parts.cell"), "--cell", "Parts", "--dim", "H=2", "--target", "js", "--out", folder); // prettier-ignore
  expect(built.code, built.error).toBe(0);
  const { code, out, error } = await verify(file("parts.js"));
  expect({ code, error }).toEqual({ code: 0, error: "" });
  const [, all = "", last = ""] = out.split(/\nentry \w+; gradients are those of the whole\n/u);
  expect(all).toMatch(/^skipped +stream .*\n +it looks ahead, so it cannot stream$/mu);
  expect(last).toMatch(/^passed +stream .*\npassed +chunks .*\npassed +select .*$/mu);
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
    expect(wrong.out).toMatch(
      /failed +package .*\n +the module does not start with the \.wasm file: instantiate: wasm is not the file that was built/u,
    );
    expect(wrong.out).not.toMatch(/failed +shapes/u);
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
    ["a manifest of the future", /version: 2/u, "version: 3", "version"],
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
  ])("%s fails a check", async (_, from, to) => {
    const contents = text.replace(from, to);
    expect(contents).not.toBe(text);
    const { code, out } = await damaged("wrong.js", contents);
    expect(code).toBe(1);
    expect(out).toMatch(/^failed /mu);
    expect(out).toContain("does not keep its promises");
  });
});

/** Instances of the module with other functions, or what else a hostile one does. */
const hostile = (code: string): string =>
  text.replace(
    /^export function instantiate\(options = \{\}\) \{\n {2}return (.*);\n\}/mu,
    (_, made: string) =>
      `export function instantiate(options = {}) {\n  const made = { ...${made} };\n${code}\n  return made;\n}`,
  );

describe("a module decides nothing about what is said of it", () => {
  const judged = async (contents: string, ...options: string[]) => {
    expect(contents).not.toBe(text);
    writeFileSync(file("hostile.js"), contents);
    const result = await verify(file("hostile.js"), ...options);
    expect(result.code, result.out).toBe(1);
    // Nothing that a terminal would act on.
    expect(result.out + result.error).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u);
    return result;
  };

  test("one that names anything outside, or imports, never runs", async () => {
    for (const code of [
      "process.exit(0);",
      'import "node:fs";',
      "await new Promise(() => {});",
      'console.log("\\u001b[2J");',
    ]) {
      const { out, error } = await judged(`${code}\n${text}`);
      expect(out).toBe("");
      expect(error).toMatch(/no compiled cell: it (?:uses|imports|waits)/u);
    }
  });

  test.each([
    [
      "loads without end",
      (): string => `for (;;);\n${text}`,
      ["--load-time", "0.3"],
      /longer than 0\.3 s in loading and was ended; --load-time N/u,
    ],
    [
      "calls without end",
      () => hostile("made.forward = () => { for (;;); };"),
      ["--call-time", "0.3"],
      /longer than 0\.3 s in forward/u,
    ],
    [
      "takes memory without end",
      () => hostile("const all = []; made.forward = () => { for (;;) all.push(new Uint8Array(4e6).fill(1)); };"),
      ["--memory", "200"],
      /more than 200 MB in forward/u,
    ],
    [
      "makes code of texts",
      () => `[].constructor.constructor("return process")().exit(0);\n${text}`,
      [],
      /strings disallowed/u,
    ],
    ["throws what a terminal acts on", () => `throw "\\u001b[2J\\u009b2J";\n${text}`, [], /␛\[2J�2J/u],
    [
      "says that it is very large",
      () => text.replace("shape: [3, 2]", "shape: [3e8, 2e9]"),
      [],
      /takes more than 2048 MB/u,
    ],
  ])("one that %s is ended", async (_, make, options, message) => {
    const { out, error } = await judged(make(), ...options);
    expect(out).toBe("");
    expect(error).toMatch(message);
  });

  test.each([
    ["gives nothing", "made.forward = () => ({});", "forward"],
    ["gives no numbers", "made.forward = () => 1;", ""],
    [
      "gives without end",
      "made.forward = () => { const all = {}; all.all = all; return all; };",
      "too large or too deep",
    ],
    [
      "gives the same whatever it is asked",
      "let kept; const run = made.forward; made.forward = (given) => kept ??= run(given);",
      "",
    ],
    [
      "changes what the language gives",
      `Object.is = () => true; Array.prototype.every = () => true;
       JSON.stringify = () => "1"; const run = made.backward; made.backward = (given) => {
         const all = run(given); return { ...all, x: all.x.map((value) => 2 * value) }; };`,
      "gradient by input x",
    ],
    [
      "throws itself",
      "made.forward = () => { throw { get message() { throw 1; }, toString() { throw 2; } }; };",
      "no text",
    ],
  ])("one that %s fails", async (_, code, message) => {
    const { out } = await judged(hostile(code), "--call-time", "5");
    expect(out).toMatch(/^failed /mu);
    expect(out).toContain(message);
    expect(out).toContain("the module does not keep its promises");
  });

  test("names are shown without what a terminal acts on, in JSON too", async () => {
    const named = text.replace(/name: "W"/u, 'name: "\\u001b[2J\\u009b2JW"');
    await judged(named);
    const { out } = await judged(named, "--json");
    expect(out).toContain("\\u001b[2J\\u009b2JW");
    expect((JSON.parse(out) as VerifyReport).passed).toBe(false);
  });
});

describe("the command line", () => {
  test("a seed out of its range exits with 2; a RangeError of the checks is no wrong use", async () => {
    const { code, error } = await recell("verify", file("plain.js"), "--seed", String(2 ** 32));
    expect(code).toBe(2);
    expect(error).toContain("seed must be an integer from 0 to 2^32 - 1");
    vi.mocked(verifySubject).mockRejectedValueOnce(new RangeError("Array buffer allocation failed"));
    const found = await verify(file("plain.js"), "--json");
    expect(found.code).toBe(3);
    expect(found.error).toContain("Array buffer allocation failed");
  });

  test.each([
    ["a missing file", ["no-such.js"], "cannot read no-such.js: no such file"],
    ["no file", [], "needs a FILE"],
    ["two files", ["a.js", "b.js"], "takes one FILE, got 2"],
    ["an unknown option", ["a.js", "--quick"], "--quick"],
    ["no runs", ["a.js", "--runs", "0"], "runs"],
    ["a seed that is none", ["a.js", "--seed", "x"], "seed"],
    ["no time", ["a.js", "--call-time", "0"], "call-time"],
    ["too little memory", ["a.js", "--memory", "10"], "memory"],
  ])("%s exits with 2", async (_, args, message) => {
    const { code, out, error } = await recell("verify", ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toContain(message);
  });
});
