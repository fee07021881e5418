/** What is refused of rounds, and with which words. */
import { describe, expect, it } from "vitest";
import { check, expectFine, expectReport, inCell } from "./support.js";

describe("rounds", () => {
  it.each([
    // Shapes.
    ["r = 0 then ‹tanh(y)› for 3 output z = r", "shape-mismatch"],
    ["r = y then ‹W› for 3 output z = r", "shape-mismatch"],
    ["a, b = (y, x) then (a, ‹a›) for 3 output z = a output w = b", "shape-mismatch"],
    // How many.
    ["r = y then tanh(r) for ‹0› output z = r", "bad-dimension-size"],
    ["r = y then tanh(r) for ‹1.5› output z = r", "not-a-dimension"],
    ["r = y then tanh(r) for ‹s› output z = r", "not-a-dimension"],
    ["r = s then r * 2 for ‹S2› output z = r", "unknown-dimension"],
    // Names.
    ["r = y then tanh(‹r'›) for 3 output z = r", "next-of-non-state"],
    ["a, b = (y, y) then (tanh(‹b'›), a') for 3 output z = a output w = b", "next-of-non-state"],
    ["output z = y then z * 2 for ‹h› < 3", "index-name-taken"],
    ["output z = y then z * U[‹k + 1›] for k < H", "place-out-of-range"],
    ["output z = y then z * U[‹k›] for k < 3", "place-out-of-range"],
    // What ends them.
    ["r = y then tanh(r) for 3 until ‹sum(r')› output z = r", "real-as-truth-value"],
    ["r = y then tanh(r) for 3 until ‹r' < r› output z = r", "shape-mismatch"],
    // Cycles.
    ["‹r› = r then tanh(r) for 3 output z = r", "cycle"],
    ["‹r› = y then tanh(r + q) for 3 q = sum(r) output z = r", "cycle"],
  ])("%s", (items, code) => {
    expectReport(inCell(items), code);
  });

  it("may be as many as a dimension says, or one less", () => {
    expectFine(inCell("output z = y then tanh(r * z) for N - 1 r = 0.5 output w = y then w * U[k, k] for k < H"));
  });

  it("tell how to begin with the right shape", () => {
    const { diagnostics } = check(inCell("output z = 0 then tanh(y + z) for 3"));
    expect(diagnostics.map(({ help }) => help)).toContain(
      "its shape is the same in every round: begin with `fill(…, [H])`",
    );
  });

  it("are checked once for a group, also where a function has it", () => {
    expectFine(`fn f(v: [n], w: [n]): [n] { a, b = (v, w) then (tanh(b), a' - b) for 2 return a + b }
      cell A(H) { input x: [H] output y = f(x, 2 * x) }`);
    const text = "cell A(H) { input x: [H] a, b = (x, x) then (a + c, b) for 2 output y = a * b }";
    expect(check(text).diagnostics.map(({ code }) => code)).toEqual(["unknown-name"]);
  });

  it("use names that the others of their group read, or their end", () => {
    expectFine("fn f(v: [n]): [n] { a, b = (v, v) then (tanh(b), a' * b) for 2 return b }");
    expectFine("fn f(v: [n]): [n] { a, b = (v, v) then (tanh(a), a * b) for 2 return b }");
    expectFine("fn f(v: [n]): [n] { t, r = (1, v) then (t / 2, tanh(r)) for 9 until t' < 0.1 return r }");
    expectReport("fn f(v: [n]): [n] { ‹a›, b = (v, v) then (tanh(a), tanh(b)) for 2 return b }", "unused-name");
    expectReport("fn f(v: [n]): [n] { ‹a› = v then tanh(a) for 9 until max(a') < 1 return v }", "unused-name");
  });

  it("read used cells and do not call them", () => {
    const used = "cell B(H) { input x: [H] state h: [H] h' = tanh(x + h) output y = h' } ";
    expectFine(
      `${used} cell A(H) { input x: [H] use b = B(H) u = b(x) r = u then tanh(r + u) - b.h for 3 output y = r }`,
    );
    const called = `${used} cell A(H) { input x: [H] use b = B(H) r = x then ‹b›(r) for 3 output y = r }`;
    expectReport(called, "call-in-rounds");
  });

  it("have what is complex, or an index, in every round", () => {
    const of = (items: string): string =>
      `cell A(N, V) { input x: [N] input t: index(V) ${items} output z = sum(x) + x[t mod N] }`;
    expectFine(of("k = t then (2 * k + 1) mod V for 4 output y = x[k mod N]"));
    expectFine(of("k = 0 then (k + t) mod N for 4 output y = x[k]"));
    expectReport(of("r = x then ‹1i * r› for 4 output y = re(r)"), "complex-value");
    expectReport(of("k = t then ‹k + 1› for 4 output y = x[k mod N]"), "place-out-of-range");
    expectReport(of("k = t then ‹k - 1› for 4 output y = x[k mod N]"), "place-out-of-range");
    expectReport(of("k = ‹t› then (k + 1) mod N for 4 output y = x[k]"), "place-out-of-range");
    expectReport(of("k = t then ‹x[0]› for 4 output y = x[k mod N]"), "place-out-of-range");
    expectReport(of("d = delay(‹t - 1›, by = 1) output y = x[d mod N]"), "place-out-of-range");
    expectReport(of("d = delay(t, by = 2, first = ‹0.5›) output y = x[d mod N]"), "place-out-of-range");
    expectReport(of("d = ‹delay(t, by = x[0], most = 4)› output y = x[d mod N]"), "integer-as-real");
    expectReport(of("l = [‹t›, 0.5] output y = x[l[0] mod N]"), "integer-as-real");
  });

  it("give functions their index, where these take one", () => {
    const cell = (type: string, given: string): string =>
      `fn row(M: [l, n], k: ${type}): [n] { return M[k] }
       cell A(H, L) { input x: [H] param W: [L, H] r = x then r * row(W, ${given}) for k < L output y = r }`;
    expectFine(cell("index(l)", "k"));
    expectFine(cell("index(l)", "L - 1 - k"));
    expectReport(cell("index(l)", "‹k / 2›"), "bad-argument");
  });
});
