/** Numbers that become infinite or 0 in a module are told of, each once, where they stand. */
import { describe, expect, test } from "vitest";
import { check, compile, type CompileOptions } from "../../../../compiler/driver/compile.js";
import type { Findings } from "../../../../compiler/driver/check-source.js";

const cell = (body: string, parameters = ""): string => `cell A${parameters} { input x: real ${body} }`;

function found(source: string, { diagnostics }: Findings): string[] {
  return diagnostics.map(
    ({ code, severity, span, message }) =>
      `${severity} ${code} at ${source.slice(span.start, span.end)}: ${message.replaceAll("`", "")}`,
  );
}

const number = (place: string, message: string): string => `warning number-range at ${place}: ${message}`;

describe("in the text, with the sizes and without", () => {
  test.each([
    ["output y = x / (x + 1e-50)", number("1e-50", "1e-50 is 0 in float32")],
    ["output y = max(x, -1e39)", number("1e39", "1e39 is Infinity in float32")],
    ["output y = x * (1 / 1e-46)", number("1e-46", "1e-46 is 0 in float32")],
    ["output y = 1e30 * 1e30 * x", number("1e30 * 1e30", "1.0000000000000001e+60 is Infinity in float32")],
    ["param w: real ~ constant(1e39) output y = x * w", number("1e39", "1e39 is Infinity in float32")],
    ["state h: real = 1e-60 h' = h + x output y = h'", number("1e-60", "1e-60 is 0 in float32")],
    ["fn f(v: real): real { return v + 1e-60 } output y = f(x)", number("1e-60", "1e-60 is 0 in float32")],
  ])("%s", (body, expected) => {
    const source = cell(body);
    expect(found(source, check(source))).toEqual([expected]);
    expect(found(source, compile(source))).toEqual([expected]);
    expect(found(source, check(source, { dtype: "f64" }))).toEqual([]);
    expect(found(source, compile(source, { dtype: "f64" }))).toEqual([]);
  });

  test("once, however long it is written", () => {
    const source = cell(`output y = x + 0.${"0".repeat(60)}1`);
    expect(compile(source).diagnostics.map(({ code }) => code)).toEqual(["number-range"]);
  });

  test("nothing of what float32 holds, however small", () => {
    const source = cell("output y = x + 1e-45 + 3.4e38 + 0e-400 + 0.1 + 1 / 0");
    expect(found(source, compile(source))).toEqual([]);
  });

  test("an error where float64 cannot hold it either", () => {
    const source = cell("output y = x + 1e-400");
    const expected = ["error number-underflow at 1e-400: 1e-400 is too small for a float64"];
    expect(found(source, check(source, { dtype: "f64" }))).toEqual(expected);
    const product = cell("output y = x * (1e300 * 1e300)");
    expect(found(product, check(product, { dtype: "f64" }))).toEqual([
      number("(1e300 * 1e300)", "this is Infinity, in float64 too"),
    ]);
  });
});

describe("with values of the compilation", () => {
  test.each<[string, string, CompileOptions, string]>([
    ["(eps: real = 1)", "output y = x + eps", { dimensions: { eps: 1e-50 } }, number("eps", "1e-50 is 0 in float32")],
    ["(eps: real = 1e-30)", "output y = x + eps * 1e-20", {}, number("eps * 1e-20", "1e-50 is 0 in float32")],
    [
      "(k: real = 1e20)",
      "param w: real ~ constant(k * 1e30) output y = x * w",
      {},
      number("A", "1e+50 is Infinity in float32"),
    ],
    ["", "output y = x + exp(200)", {}, number("exp(200)", "7.225973768125749e+86 is Infinity in float32")],
  ])("%s %s", (parameters, body, options, expected) => {
    const source = cell(body, parameters);
    expect(found(source, compile(source, options))).toEqual([expected]);
    expect(found(source, compile(source, { ...options, dtype: "f64" }))).toEqual([]);
  });
});
