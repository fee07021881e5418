import { describe, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

const cell = (items: string): string => `cell A(V, D) { input x: index(V) input w: [D] param E: [V, D] ${items} }`;

describe("indices", () => {
  it.each([
    ["arithmetic", "output y = E[x] + ‹x› * w", "integer-as-real"],
    ["a function", "output y = E[x] + w * sin(‹x›)", "integer-as-real"],
    ["a comparison", "output y = E[x] * (if ‹x› == 0 then w else 0)", "integer-as-real"],
    ["another name", "k = ‹x› output y = E[x] + w", "integer-as-real"],
    ["an output", "output y = ‹x› output z = E[x] + w", "integer-as-real"],
    ["a computed index", "output y = E[‹x + 1›] + w", "not-a-dimension"],
    ["an axis that may be too short", "output y = w[‹x›] + E[x]", "bad-slice"],
    ["a range", "output y = E[0:‹x›, 0] + w[0]", "not-a-dimension"],
    ["a dimension", "param P: [‹x›] output y = E[x] + w", "not-a-dimension"],
    ["a state", "state k: ‹index(V)› k' = 0 output y = E[x] + w", "misplaced-index"],
    ["a param", "param k: ‹index(V)› output y = E[x] + w", "misplaced-index"],
  ])("cannot be used: %s", (_what, items, code) => {
    expectReport(cell(items).replace("x + 1›", "x› + 1"), code);
  });

  it.each([
    "output y = E[x] + w",
    "output y = transpose(E)[:, x] + w",
    "output y = E[x, 0] + w",
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
