import { describe, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

const cell = (items: string): string => `cell A(V, D) { input x: index(V) input w: [D] param E: [V, D] ${items} }`;

const helpers = `fn f(v: [n], i: index(n)): real { return v[i] }
cell B(V, D) { input x: index(V) param E: [V, D] output y = E[x] }`;

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
    ["a vector for a state", "state k: index(D) k' = ‹argsort(w)› output y = E[x] + w[k]", "shape-mismatch"],
    [
      "a state of run-time size",
      "context m: [S] state k: ‹index(S)› k' = x output y = E[x] + w * sum(m)",
      "run-time-dimension",
    ],
    ["what may be below 0, to a function", "output y = E[x] * f(E[:, 0], ‹x - 1›)", "shape-mismatch"],
    ["what may be below 0, to a used cell", "use a = B(V, D) output y = a(‹x - 1›) + E[x] * w", "shape-mismatch"],
    [
      "an index of which nothing tells how far it goes",
      "output y[‹i›] = one_hot(i, D) * E[x, 0] * w",
      "index-range-unknown",
    ],
    ["an index that goes too far", "output y[i < D] = one_hot(‹i + 1›, D) @ w + E[x, i]", "place-out-of-range"],
    ["half an index", "output y[i < D] = one_hot(‹i / 2›, D) @ w + E[x, i]", "bad-argument"],
    ["a formula that is not whole", "p[i < D] = i / 2 output y = w[‹p›] + E[x]", "not-a-dimension"],
    ["what is made of places", "p[i < D] = i q = -p output y = w[‹q›] + E[x]", "not-a-dimension"],
    ["shares of places", "p[i < D] = i q = softmax(p) output y = w[‹q›] + E[x]", "not-a-dimension"],
    ["a sum of places", "p[i < D] = i output y = w[‹sum(p)›] + E[x]", "not-a-dimension"],
    ["places with another in front", "p[i < D] = i output y = w[‹before(p, D)›] + E[x]", "not-a-dimension"],
    ["places that run up", "p[i < D] = i output y = w[‹cumsum(p)›] + E[x]", "not-a-dimension"],
    ["places beyond the last", "p[i < D] = i + 1 output y = w[‹p›] + E[x]", "bad-slice"],
    ["places that may be below 0", "p[i < D] = i - 1 output y = w[‹p›] + E[x]", "place-out-of-range"],
    ["every other place of an axis that is too short", "output y[i < D] = w[‹2 * i›] + E[x, i]", "bad-slice"],
    ["a param", "param k: ‹index(V)› output y = E[x] + w", "misplaced-index"],
  ])("cannot be used: %s", (_what, items, code) => {
    expectReport(`${helpers}\n${cell(items)}`, code);
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
    "output y = E[V - 1 - x] + w",
    "output y[i] = E[(i + 1 + x) mod V, i] * w[D - 1 - i]",
    "output y[i < D] = E[V - 1 - (2 * i + x) mod V, i] * w[(i * i) mod D]",
    "param F: [2 * D + 1, D] output y[i < D] = F[2 * i + 1, i] * w[i] + E[x, i]",
    "p[i < D] = D - 1 - i output y = scatter(w, at = p, size = D) * p + w[p] + E[x]",
    "k = V - 1 - x output y = E[k] + E[V - 1 - k] + w",
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
