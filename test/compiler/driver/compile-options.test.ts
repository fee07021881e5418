/** What the compiler's functions are given from outside: what `readFile` returns, names of files, very long texts. */
import { describe, expect, test } from "vitest";
import type { ReadFile } from "../../../compiler/driver/compile-options.js";
import { check, checkGradients, compile, CompileOptionsError, format } from "../../../compiler/index.js";

const source = `import { A } from "./a.cell"\ncell B(N) { input x: [N] use a = A(N) output y = a(x) }`;
const reading = (value: unknown): (() => unknown) => {
  return () => check(source, { file: "b.cell", readFile: (() => value) as unknown as ReadFile });
};

test("an import without readFile says what is missing", () => {
  const [found] = compile(source, { cell: "B", dimensions: { N: 1 } }).diagnostics;
  expect(found!.message).toMatch(/`a\.cell` is not imported: no `readFile` was given/u);
  expect(found!.help).toMatch(/readFileSync/u);
});

describe("what readFile returns", () => {
  test.each([
    [null, "got null"],
    [Buffer.from("cell"), 'got bytes; decode it: readFileSync(path, "utf8")'],
    [Promise.resolve("cell"), "got a promise; read files before"],
    [7, "got a number"],
    [{}, "got an object"],
  ])("%s is wrong use", (value, message) => {
    expect(reading(value)).toThrow(CompileOptionsError);
    expect(reading(value)).toThrow(message);
  });

  test("a refusal is told with its reason", () => {
    const readFile: ReadFile = () => ({ refused: "it is too private", help: "ask somebody" });
    const { diagnostics } = check(source, { file: "b.cell", readFile });
    expect(diagnostics[0]).toMatchObject({
      code: "missing-import",
      message: "`a.cell` is not imported: it is too private",
      help: "ask somebody",
    });
  });
});

describe("names of files", () => {
  const named = (cell: string) =>
    compile(`cell ${cell} { input x: [2] output y = x }`, { target: "js" }).files[0]?.path;

  test("devices of Windows are no names", () => {
    expect(["Con", "CON", "Aux", "Lpt1", "Console"].map(named)).toEqual([
      "con-cell.js",
      "con-cell.js",
      "aux-cell.js",
      "lpt1-cell.js",
      "console.js",
    ]);
    for (const name of ["con", "NUL.mjs", "com1.js"]) {
      expect(() => compile("", { name })).toThrow("is a device on Windows");
    }
  });
});

describe("budgets and signals", () => {
  const text = "cell A { input x: [2] output y = x * x + tanh(x) }";

  // The loop over steps is one more than the three in it.
  test("operations count once for values, and more for derivatives", () => {
    const { length } = compile(text, { gradient: false, maxOperations: 4 }).files;
    const { diagnostics } = compile(text, { hvp: true, jvp: true, maxOperations: 47 });
    expect(length).toBe(1);
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "program-too-large: `A` has 48 operations with its derivatives, more than 47",
    ]);
    expect(() => compile(text, { maxOperations: 0 })).toThrow("maxOperations must be a positive integer, got 0");
  });

  test("a signal that was aborted ends a compilation with its reason", () => {
    const reason = new Error("enough");
    expect(() => compile(text, { signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(() => compile(text, { signal: {} as AbortSignal })).toThrow("signal must be an AbortSignal, got an object");
  });

  test("a signal that is aborted during a check ends it before its next run", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const runs = new Set<number>();
    const onProgress = (done: number): void => {
      runs.add(Math.floor(done));
      // From outside, as a key that is pressed: the check itself has to let it through.
      setTimeout(() => {
        controller.abort(reason);
      }, 0);
    };
    await expect(checkGradients(text, { runs: 50, signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(runs.size).toBeLessThan(5);
  });
});

describe("a text of more than 1,000,000 characters", () => {
  const text = `cell A { input x: [2] output y = x }${" ".repeat(1_000_000)}`;

  test.each([
    ["check", () => check(text)],
    ["format", () => format(text)],
    ["an import", () => check(source, { file: "b.cell", readFile: () => text })],
  ])("%s reports its length and nothing else", (_, run) => {
    const codes = run().diagnostics.map(({ code, message }) => `${code}: ${message}`);
    expect(codes[0]).toBe("program-too-large: this text has 1000036 characters");
    expect(codes.filter((code) => code.startsWith("program-too-large"))).toHaveLength(1);
  });

  test("is not kept", () => {
    expect(check(text).sources.get("input.cell")?.text.length).toBeLessThan(1000);
  });
});
