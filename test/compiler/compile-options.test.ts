/** What the compiler's functions are given from outside: what `readFile` returns, names of files, very long texts. */
import { describe, expect, test } from "vitest";
import type { ReadFile } from "../../compiler/compile-options.js";
import { check, compile, CompileOptionsError, format } from "../../compiler/index.js";

const source = `import { A } from "./a.cell"\ncell B(N) { input x: [N] use a = A(N) output y = a(x) }`;
const reading = (value: unknown): (() => unknown) => {
  return () => check(source, { file: "b.cell", readFile: (() => value) as unknown as ReadFile });
};

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
