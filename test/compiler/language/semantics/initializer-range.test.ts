/** Numbers of initialisers that are wrong as they are written are told of by `check`, not only where sizes are known. */
import { expect, it } from "vitest";
import { check, expectReport } from "./support.js";

it.each([
  ["normal(-1)", "`normal` of -1"],
  ["uniform(0 / 0)", "`uniform` of NaN"],
  ["uniform(-0.5 * 2)", "`uniform` of -1"],
  ["constant(1 / 0)", "`constant` of Infinity"],
  ["uniform(0.3, 0.1)", "`uniform` of 0.3 and 0.1"],
  ["uniform(0, 1 / 0)", "`uniform` of 0 and Infinity"],
  ["normal(1, -1)", "`normal` of 1 and -1"],
])("%s", (initializer, message) => {
  const marked = `cell A(H) { input x: [H] param b: [H] ~ ‹${initializer}› output y = x + b }`;
  expect(expectReport(marked, "bad-initializer").message).toBe(message);
});

it.each(["constant(-1)", "normal(0)", "uniform(1 / sqrt(H))", "normal(1 - H)"])(
  "%s is left to the sizes",
  (initializer) => {
    const text = `cell A(H) { input x: [H] param b: [H] ~ ${initializer} output y = x + b }`;
    expect(check(text).diagnostics).toEqual([]);
  },
);

it("a name that others use comes with the one that it has here", () => {
  const marked = "cell A(H) { input x: [H] param W: [H, H] ~ ‹xavier_uniform› output y = W @ x }";
  expect(expectReport(marked, "unknown-initializer").help).toBe("here it is called `glorot_uniform`");
});

it.each([
  ["normal(0, 0.1, 2)", "`normal(s)` draws around 0 with standard deviation s, `normal(m, s)` around m"],
  ["uniform()", "`uniform(a)` draws from -a to a, `uniform(a, b)` from a to b"],
  ["constant(1, 2)", "a number alone sets every element to it: `~ 0.5`"],
])("%s, as others write it", (initializer, help) => {
  const marked = `cell A(H) { input x: [H] param b: [H] ~ ‹${initializer}› output y = x + b }`;
  expect(expectReport(marked, "wrong-arity").help).toBe(help);
});
