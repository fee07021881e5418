import { describe, expect, it } from "vitest";
import { builtinNames } from "../../../compiler/semantics/builtins.js";
import { constantsElsewhere, saidElsewhere, writtenInstead } from "../../../compiler/semantics/other-names.js";
import { check, expectReport } from "./support.js";

describe("names of other languages", () => {
  it("are none of this language", () => {
    expect([...writtenInstead.keys()].filter((name) => builtinNames.has(name))).toEqual([]);
  });

  it.each([...writtenInstead])("%s is said by an expression that is right", (_, expression) => {
    const isTruth = / (>|!=) (0|x)$/.test(expression);
    const text = `cell A(N, p: real = 2) {
      input x, a, b: [N]
      input A, B: [N, N]
      output seen = sum(x + a + b) + sum(A + B, axis = 0) + p
      output y = ${isTruth ? `if ${expression} then 1 else 0` : expression}
    }`;
    expect(check(text).diagnostics).toEqual([]);
  });

  it.each([
    "where(x > 0, x, 0)",
    "norm(x)",
    "argmax(x)",
    "cumsum(x)",
    "atan(x)",
    "dropout(x, 0.5)",
    "ReLU6(x)",
    "prod(x)",
  ])("%s comes with a way to say it", (call) => {
    const name = call.slice(0, call.indexOf("("));
    const marked = `cell A(H) { input x: [H] output y = ‹${name}›${call.slice(name.length)} }`;
    expect(expectReport(marked, "unknown-function").help).toBe(saidElsewhere(name));
    expect(saidElsewhere(name)).toBeDefined();
  });

  it.each([...constantsElsewhere.keys()])("the constant %s comes with a way to say it", (name) => {
    const marked = `cell A(H) { input x: [H] output y = ‹${name}› * x }`;
    expect(expectReport(marked, "unknown-name").help).toBe(constantsElsewhere.get(name));
  });

  it("are no better than a name of one's own that is near", () => {
    const marked = `fn normalise(v: [n]): [n] { return v / 2 } cell A(H) { input x: [H] output y = ‹normalize›(x) + normalise(x) }`;
    expect(expectReport(marked, "unknown-function").help).toBe("did you mean `normalise`?");
    expect(expectReport("cell A(H) { input x: [H] output y = ‹Tanh›(x) }", "unknown-function").help).toContain(
      "`tanh`",
    );
  });
});
