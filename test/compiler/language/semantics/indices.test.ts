import { describe, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

const cell = (items: string): string => `cell A(V, D) { input x: index(V) input w: [D] param E: [V, D] ${items} }`;

describe("indices", () => {
  it.each([
    ["arithmetic", "output y = E[x] + ‹x› * w", "integer-as-real"],
    ["a function", "output y = E[x] + w * sin(‹x›)", "integer-as-real"],
    ["a product", "output y = E[x] * (‹x› / 2)", "integer-as-real"],
    ["an output", "output y = ‹x› output z = E[x] + w", "integer-as-real"],
    ["a place beyond the last", "output y = E[‹x + 1›] + w", "bad-slice"],
    ["a place that may be below 0", "output y = E[‹x - 1›] + w", "place-out-of-range"],
    ["a real number as a place", "output y = E[‹sum(w)›] + E[x]", "not-a-dimension"],
    ["a place of a longer axis", "output y = E[‹argmax(concat(w, w))›] + E[x]", "bad-slice"],
    ["a bound too short", "output y = one_hot(‹x›, D) + E[x] + w", "place-out-of-range"],
    [
      "a value for another place",
      "output y = ‹scatter(w, at = argsort(E[:, 0]), size = V)›[0] * w + E[x]",
      "shape-mismatch",
    ],
    ["a real number for an index", "output y = one_hot(‹w›, V)[0, 0] * w + E[x]", "bad-argument"],
    ["no flag", "output y = sort(w, ‹descending = 1›) + E[x]", "bad-argument"],
    ["`for` where nothing is chosen", "output y = sort(‹w[n] for n›) * E[x]", "bad-argument"],
    ["an axis that may be too short", "output y = w[‹x›] + E[x]", "bad-slice"],
    ["a range", "output y = E[0:‹x›, 0] + w[0]", "not-a-dimension"],
    ["a dimension", "param P: [‹x›] output y = E[x] + w", "not-a-dimension"],
    ["a context", "context k: ‹index(V)› output y = E[x] + w", "misplaced-index"],
    ["the next of a state", "state k: index(V) k' = ‹k + 1› output y = E[x] + E[k] * w", "place-out-of-range"],
    ["a real state", "state k: index(V) k' = ‹w[0]› output y = E[x] + E[k] * w", "place-out-of-range"],
    ["the first of a state", "state k: index(V) = ‹V› k' = x output y = E[x] + E[k] * w", "place-out-of-range"],
    ["a vector for a state", "state k: index(D) k' = ‹argsort(w)› output y = E[x] + w[k]", "place-out-of-range"],
    [
      "a state of run-time size",
      "context m: [S] state k: ‹index(S)› k' = x output y = E[x] + w * sum(m)",
      "run-time-dimension",
    ],
    ["a param", "param k: ‹index(V)› output y = E[x] + w", "misplaced-index"],
  ])("cannot be used: %s", (_what, items, code) => {
    expectReport(cell(items), code);
  });

  it.each([
    "output y = E[x] + w",
    "output y = transpose(E)[:, x] + w",
    "output y = E[x, 0] + w",
    "k = x output y = E[k] + w",
    "state k: index(V) = 0 k' = (k + 1) mod V output y = E[x] * E[k] + w * E[k']",
    "state k: index(V) state n: index(2) = 1 k' = argmax(E[:, 0]) n' = if n == 0 then 1 else 0 output y = E[x] + w * real(k + n)",
    "output y = E[x] * (if x == 0 then w else 0)",
    "output y = E[(x - 1) mod V] + w * real(x + 1)",
    "output y = E[if w[0] > 0 then x else 0] + w",
    "output y = E[x, argmax(w)] * w[argmin(w[d] * E[x, d] for d)]",
    "output y[d] = E[(x + d) mod V, d] + w[d]",
    "order = argsort(w) output y[d] = E[x, order[d]] + w[order[D - 1 - d]]",
    "fn f(v: [n], i: index(n)): real { return v[i] } output y = E[x] * f(w, argmax(w))",
    "use a = B(V, D) output y = a((2 * x) mod V) + E[x] * w",
    "output y = outer(E, E)[x, :, x] + w",
    "param F: [2 * V + 1, D] output y = F[x] + E[x] * w",
    "use a = B(V, D) output y = a(x) + E[x] * w",
    "use a = B(V + 1, D) output y = a(x) + E[x] * w",
  ])("accepts %s", (items) => {
    expectFine(`cell B(V, D) { input x: index(V) param E: [V, D] output y = E[x] }\n${cell(items)}`);
  });

  it("must fit the cell they are given to", () => {
    expectReport(
      `cell B(V, D) { input x: index(V) param E: [V, D] output y = E[x] }\n${cell("use a = B(D, D) output y = a(‹x›) + E[x] * w")}`,
      "shape-mismatch",
    );
    expectReport(
      `cell B(D) { input x: [D] output y = 2 * x }\n${cell("use a = B(D) output y = a(‹x›) + E[x] * w")}`,
      "integer-as-real",
    );
  });
});
