/** What calls of cumulative functions say where they are not right. */
import { expect, it } from "vitest";
import { expectReport } from "./support.js";

const call = (marked: string): string => `cell A(H, N) { input x: [H] input A: [N, H] context m: [S, H] input s: real
  output y = ${marked} output unused = sum(x) + s + sum(A, axis = [0, 1]) + sum(m, axis = [0, 1]) }`;

it.each([
  ["cumsum(‹s›)", "bad-axis", "`cumsum` needs a vector or more, this is a scalar"],
  ["sum(‹cumprod›(A), axis = 0)", "missing-axis", "`cumprod` of [N, H] needs an axis"],
  ["cumsum(A, axis = ‹2›)", "bad-axis", "there is no axis 2 of 2"],
  ["cumsum(A, axis = ‹[0, 1]›)", "bad-axis", "an axis is a number: 0 for the first, -1 for the last"],
  ["cummax(x, ‹reverse = 1›)", "bad-argument", "`reverse` is `true` or `false`"],
  ["cummax(‹x > 0›)", "truth-value-as-real", "a truth value is not a real number"],
  ["cummax(‹1i * x›)", "complex-value", "`cummax` takes real numbers, this is complex"],
  ["sum(‹cumsum(m, axis = S)›, axis = 0)", "run-time-dimension", "`cumsum` over `S`, which is known at run time only"],
  ["cumsum(x, 0, false, ‹1›)", "wrong-arity", "too many arguments for `cumsum`"],
])("%s: %s", (marked, code, message) => {
  expect(expectReport(call(marked), code).message).toBe(message);
});
