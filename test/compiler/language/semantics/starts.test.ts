/** Initial values of params that are expressions. */
import { describe, expect, it } from "vitest";
import { check, expectReport } from "./support.js";

const inCell = (items: string): string => `cell A(N) { input x: [N] ${items} output y = x + a }`;

describe("initial values that need each other", () => {
  it.each([
    ["param ‹a›: [N] ~ b param b: [N] ~ a", "`a` needs `b` needs `a`"],
    ["param ‹a›: [N] ~ 1 + a", "`a` needs `a`"],
    ["param ‹a›: [N] ~ b param b: [N] ~ 2 * u u = exp(a)", "`a` needs `b` needs `a`"],
    ["param ‹a›: [N] ~ f(1) fn f(p: real): [N] { return p * b } fixed b: [N] ~ tanh(a)", "`a` needs `b` needs `a`"],
    ["use l = L(N) with ‹g ~ 2 * a› param a: [N] ~ l.g output z = l(x)", "`l.g` needs `a` needs `l.g`"],
  ])("are refused by check: %s", (items, circle) => {
    const used = "cell L(N) { input x: [N] param g: [N] output y = g * x }\n";
    const { message, help } = expectReport(used + inCell(items), "cycle");
    expect(message).toBe(`initial values need each other: ${circle}`);
    expect(help).toBe("one of them begins with numbers or draws alone");
  });

  it.each([
    "param a: [N] ~ b param b: [N] ~ 2 * c param c: [N] ~ uniform(0, 1)",
    "param a: [N] ~ u + v u = 2 * b v = 3 * b param b: [N] ~ 1",
    // By name alone: an index of the initial value, and the state that a param begins.
    "param a[n]: [N] ~ n state s: [N] = a s' = s + x output z = s",
  ])("are none in %s", (items) => {
    expect(check(inCell(items)).diagnostics).toEqual([]);
  });
});
