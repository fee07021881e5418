/** What is refused of indices, and with which words. */
import { describe, expect, it } from "vitest";
import { check, expectFine, expectReport, inCell } from "./support.js";

describe("indices", () => {
  it.each([
    // Names.
    ["i = sum(x) output z[‹i›] = x[i]", "index-name-taken"],
    ["output z[‹h›] = y[h]", "index-name-taken"],
    ["output z[n, ‹n›] = W[n, 0]", "index-name-taken"],
    ["output z[n] = sum(U[n, n] for ‹n›)", "index-name-taken"],
    ["output z[‹N›] = y[N]", "index-name-taken"],
    // Ranges.
    ["output z[‹n›] = s", "index-range-unknown"],
    ["output z[n] = sum(y[n] for ‹k›)", "index-range-unknown"],
    ["output z[‹n›] = y[H - 1 - n]", "index-range-unknown"],
    ["output z[n] = y[n] + x[‹n›]", "index-range-differs"],
    ["output z[n < ‹s›] = y[n]", "not-a-dimension"],
    ["output z[n < ‹0›] = s", "bad-dimension-size"],
    // Places.
    ["output z[n < H] = y[‹n + 1›]", "place-out-of-range"],
    ["output z[n] = y[n] + y[‹n - 1›]", "place-out-of-range"],
    ["output z[n] = y[n] + y[‹H - n›]", "place-out-of-range"],
    ["output z[n < 2 * H] = y[‹n›]", "place-out-of-range"],
    ["output z[n < H] = y[‹2 * n›]", "bad-slice"],
    ["output z[n < H] = y[‹n * n›]", "bad-slice"],
    ["output z[n < H] = y[‹H / n›]", "bad-slice"],
    ["output z[n, k] = U[n, k] + y[‹n + k›]", "place-out-of-range"],
    ["output z[n, k] = U[n, k] + y[‹(n / k) mod H›]", "bad-slice"],
    ["output z[n, k] = U[n, k] + y[‹(n + k) mod (H + 1)›]", "place-out-of-range"],
    ["output z[n < H] = y[(n + ‹k›) mod H]", "unknown-dimension"],
    ["output z[n] = y[n] + sum(y[‹n›:])", "not-a-dimension"],
    ["output z[n] = y[n] + sum(zeros([‹n›]))", "not-a-dimension"],
    ["output z[n] = sum(W[n], axis = ‹n›)", "bad-axis"],
    // What is no list.
    ["output z = tanh(‹y[n] for n›)", "bad-argument"],
    ["output z = concat(‹y[n] for n›)", "bad-argument"],
    ["output z = softmax(‹y[n] for n›)", "bad-argument"],
    ["fn f(v: [n]): [n] { return v } output z = f(‹y[n] for n›)", "bad-argument"],
    // Everything else.
    ["output z[n] = y[n] + ‹n'›", "next-of-non-state"],
    ["output z[n] = y[n] + ‹n›(2)", "not-a-function"],
    ["output z[n] = ‹y[n] > 0›", "truth-value-as-real"],
    ["output z = y[‹n›]", "unknown-dimension"],
  ])("%s", (items, code) => {
    expectReport(inCell(items), code);
  });

  it("have a range in what they stand alone in, or one that is written and shorter", () => {
    expectFine(inCell("output z[n < H] = y[n] output u[a] = y[a] * (y + 1)[a] output v[k < 1] = y[k]"));
    expectFine(inCell("output z[p] = m[p] @ y output u = sum(m[p, q] * p for p, q)"));
  });

  it("are proposed by a free letter", () => {
    const { diagnostics } = check(inCell("n = 2 output z[i, n] = U[i, n]"));
    expect(diagnostics.map(({ help }) => help)).toContain("use another letter: `k`");
  });

  it("a used cell with a state is not called for each", () => {
    const text =
      "cell L(D) { input v: [D] state s: [D] s' = v output o = s } cell A(N, D) { input x: [N, D] use l = L(D) output y[n] = l(x[n]) }";
    expect(check(text).diagnostics.map(({ code }) => code)).toEqual(["called-twice"]);
  });
});
