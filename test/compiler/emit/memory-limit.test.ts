/** Sizes that WebAssembly cannot address are refused with the bytes and a way out, before anything is emitted. */
import { expect, test } from "vitest";
import { cell, CellError, type CellOptions, compile } from "../../../compiler/index.js";

const matrix = "cell A(H) { input x: [H] param W: [H, H] output y = W @ x }";
const table = "cell A(H) { input t: index(H) param E: [H, 4096] output y = E[t] }";

const limit = (result: ReturnType<typeof compile>): readonly [string, string | undefined][] =>
  result.diagnostics.map(({ code, message, help }) => [`${code}: ${message}`, help]);

test.each<[string, number, CellOptions, RegExp]>([
  [matrix, 19000, {}, /: smaller sizes, the target js, a module without derivatives$/u],
  [matrix, 13500, { dtype: "f64" }, /: smaller sizes, the target js, a module without derivatives, dtype f32$/u],
  [matrix, 33000, { gradient: false }, /: smaller sizes, the target js$/u],
  [table, 262144, {}, /: smaller sizes, the target js, a module without derivatives$/u],
])("%s at %i with %o", async (source, H, options, help) => {
  const all = { ...options, dimensions: { H } };
  const result = compile(source, all);
  expect(result.files).toEqual([]);
  expect(limit(result)).toEqual([
    [
      expect.stringMatching(
        /^memory-limit: the smallest instance takes \d{10,11} bytes, more than the 4294967296 that WebAssembly can address$/u,
      ),
      expect.stringMatching(help),
    ],
  ]);
  await expect(cell(source, all)).rejects.toThrow(CellError);
  expect(compile(source, { ...all, target: "js" }).diagnostics).toEqual([]);
});

test("what an instance could have compiles, up to the last bytes", () => {
  // One matrix, its packed copy and vectors: 8 H² bytes and a little.
  for (const H of [23000, 23160, 23165]) {
    expect(compile(matrix, { gradient: false, dimensions: { H } }).diagnostics.map(({ code }) => code)).toEqual([]);
  }
  expect(limit(compile(matrix, { gradient: false, dimensions: { H: 23171 } }))).toHaveLength(1);
});
