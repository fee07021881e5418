import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  cell,
  CellError,
  check,
  compile,
  CompileOptionsError,
  type CompileOptions,
  declarations,
  format,
  version,
} from "../../../compiler/index.js";
import { fileNameOf } from "../../../compiler/driver/compile.js";

const source = `
/// Remembers.
cell Leaky(N, rate: real = 0.5) {
  input x: [N]
  state h: [N]
  h' = (1 - rate) * h + rate * x
  output y = h'
}

cell Other(I, H) {
  input x: [I]
  param W: [H, I] ~ glorot_uniform
  output y = W @ x
}
`;

describe("compile", () => {
  test("gives a module and a manifest", () => {
    const { files, manifest, diagnostics } = compile(source, { cell: "Leaky", dimensions: { N: 3 } });
    expect(diagnostics).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual(["leaky.js"]);
    expect(manifest).toMatchObject({
      cell: "Leaky",
      documentation: "Remembers.",
      dtype: "f32",
      dimensions: { N: 3 },
      has: { step: true, gradient: true, jvp: false, hvp: false },
      states: [{ name: "h", shape: [3], initial: "zeros" }],
    });
  });

  test("types on demand", async () => {
    const result = compile(source, { cell: "Other", dimensions: { I: 2, H: 3 }, name: "layer" });
    if (result.manifest === undefined) throw new Error("does not compile");
    expect(await declarations(result)).toMatchObject({
      path: "layer.d.ts",
      text: expect.stringContaining("`[3, 2]`") as string,
    });
  });

  test("real parameters have values of their own, and take others", async () => {
    const step = async (dimensions: Record<string, number>): Promise<number[]> => {
      const module = await cell(source, { cell: "Leaky", dimensions, dtype: "f64" });
      return [...(module.instantiate({ batch: 1, steps: 1 }).step({ x: [1] })["y"] ?? [])];
    };
    expect(await step({ N: 1 })).toEqual([0.5]);
    expect(await step({ N: 1, rate: 0.25 })).toEqual([0.25]);
  });

  test("an imported cell, by name", () => {
    const text = 'import { LSTM as Long } from "std/lstm"';
    expect(compile(text, { cell: "Long", dimensions: { I: 2, H: 3 } }).manifest?.cell).toBe("LSTM");
    const files: Record<string, string> = { "lib/leaky.cell": source };
    const readFile = (path: string): string | undefined => files[path];
    const options = { file: "lib/main.cell", readFile, cell: "Leaky", dimensions: { N: 1 } };
    expect(compile('import { Leaky } from "./leaky.cell"', options).manifest?.cell).toBe("Leaky");
  });

  test("errors are data, with the sources they are in", () => {
    const { files, manifest, diagnostics, sources } = compile(source.replace("rate * x", "rate * z"), {
      cell: "Leaky",
      dimensions: { N: 3 },
      file: "a.cell",
    });
    expect([files, manifest]).toEqual([[], undefined]);
    expect(diagnostics.map(({ code }) => code)).toContain("unknown-name");
    expect(sources.get("a.cell")?.text).toContain("rate * z");
  });
});

describe("wrong options", () => {
  const options = (changes: Record<string, unknown>): CompileOptions =>
    ({ cell: "Leaky", dimensions: { N: 1 }, ...changes }) as CompileOptions;

  test("a size of calls", () => {
    const network = "network Sum(; T) { input x: [T] output y = sum(x) }";
    expect(() => compile(network, { dimensions: { T: 7 } })).toThrow(
      "T of Sum is a size of calls, and modules are for all",
    );
  });

  test.each([
    [{ cell: undefined }, /which cell\? the source has Leaky, Other/u],
    [{ cell: "Leeky" }, /no cell "Leeky": the source has Leaky, Other; did you mean Leaky\?/u],
    [{ dimensions: {} }, /Leaky needs a size for N/u],
    [{ cell: "Other", dimensions: {} }, /Other needs a size for I and H/u],
    [{ dimensions: { N: 1, Q: 2 } }, /Leaky has no dimension "Q"; it has N, rate/u],
    [{ dimensions: { N: 0 } }, /the size of N must be a positive integer, got 0/u],
    [{ dimensions: { N: 1.5 } }, /N must be a positive integer, got 1.5/u],
    [{ dimensions: { N: "1" } }, /dimensions.N must be a number, got "1"/u],
    [{ dimensions: { N: NaN } }, /dimensions.N must be a number, got NaN/u],
    [{ dtype: "f16" }, /dtype must be "f32" or "f64", got "f16"/u],
    [{ target: "wgsl" }, /target must be "wasm", "js" or "auto", got "wgsl"/u],
    [{ target: "auto", fma: true }, /fma needs target "wasm"/u],
    [{ target: "auto", wasmFile: true }, /wasmFile needs target "wasm"/u],
    [{ target: "js", fma: true }, /fma needs target "wasm"/u],
    [{ gradient: 1 }, /gradient must be true, false or "params", got 1/u],
    [{ gradient: "no" }, /gradient must be true, false or "params", got "no"/u],
    [{ dtype: 64n }, /dtype must be "f32" or "f64", got the bigint 64n/u],
    [{ dimensions: new Map([["N", 1]]) }, /dimensions must be an object such as .*, got a Map/u],
    [{ dimensions: [1] }, /dimensions must be an object such as .*, got Array of length 1/u],
    [{ name: "../x" }, /name must be a file name/u],
    [{ speed: 1 }, /unknown option "speed"/u],
  ])("%o", (changes, message) => {
    expect(() => compile(source, options(changes))).toThrow(CompileOptionsError);
    expect(() => compile(source, options(changes))).toThrow(message);
  });

  test("a source that is no text", () => {
    expect(() => compile(undefined as unknown as string)).toThrow(/the source must be a string, got undefined/u);
    expect(() => compile(Buffer.from(source) as never)).toThrow(/the source must be a string, got Buffer of length/u);
  });
});

test("a cell of another file comes with what was found in this one", () => {
  const text = `import { LSTM, LSTM as Other } from "std/lstm"\ncell Own { input x: real unused = x output y = x + 1e-60 }`;
  const { diagnostics, sources, files } = compile(text, { cell: "LSTM", dimensions: { I: 2, H: 2 } });
  expect(diagnostics.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`)).toEqual([
    "unused-import Other",
    "unused-name unused",
    "number-range 1e-60",
  ]);
  expect([...sources.keys()]).toContain("input.cell");
  expect(files).toHaveLength(1);
});

test("check tells the cells", () => {
  const { cells, diagnostics } = check(source);
  expect(diagnostics).toEqual([]);
  expect(cells.map(({ name, dimensions, reals }) => ({ name, dimensions, reals }))).toEqual([
    { name: "Leaky", dimensions: ["N"], reals: [{ name: "rate", required: false }] },
    { name: "Other", dimensions: ["I", "H"], reals: [] },
  ]);
  expect(check("cell {").cells).toEqual([]);
});

test("format gives the canonical form once", () => {
  const once = format(source.replaceAll("  ", "      ")).text ?? "";
  expect(format(once).text).toBe(once);
  const windows = `// a\r\n/* b\r\nc */\r\n${once.replaceAll("\n", "\r\n")}`;
  expect(format(windows).text).toBe(windows);
  expect(format(`// a\n${once.replaceAll("\n", "\r\n")}`).text).not.toContain("\r");
  expect(format("cell {")).toMatchObject({ text: undefined });
});

test("cell loads, or throws with the message of the command line", async () => {
  const module = await cell(source, { cell: "Leaky", dimensions: { N: 1 } });
  expect(module.text).toContain("export function instantiate");
  const wrong = cell("cell A(N) { output y = z }", { dimensions: { N: 1 } });
  await expect(wrong).rejects.toThrow(CellError);
  await expect(wrong).rejects.toThrow(/error\[unknown-name\]/u);
});

test("init gives the same values in both precisions, and only the parameter's own name matters", async () => {
  const more = source.replace("param W", "param Extra: [3] ~ normal(1)\n  param W");
  const values = async (text: string, dtype: "f32" | "f64"): Promise<number[]> => {
    const module = await cell(text, { cell: "Other", dimensions: { I: 2, H: 3 }, dtype });
    const instance = module.instantiate({ batch: 1, steps: 1 });
    instance.init(2 ** 40 + 1);
    return [...(instance.params["W"] ?? [])];
  };
  const doubles = await values(source, "f64");
  expect(new Set(doubles).size).toBe(6);
  expect(await values(source, "f32")).toEqual(doubles.map(Math.fround));
  expect(await values(more, "f64")).toEqual(doubles);
});

test.each([
  ["GRU", "gru"],
  ["LayerNormLSTM", "layer-norm-lstm"],
  ["SimpleRNN", "simple-rnn"],
  ["minGRU", "min-gru"],
  ["LSTM2Layers", "lstm2-layers"],
  ["A_b", "a-b"],
  ["__proto__", "proto"],
])("the file of %s is called %s", (name, expected) => {
  expect(fileNameOf(name)).toBe(expected);
});

test("the version is the package's", () => {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect(version).toBe((JSON.parse(text) as { version: string }).version);
});
