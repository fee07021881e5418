import { describe, expect, it } from "vitest";
import { check, expectFine, expectReport, inCell } from "./support.js";

describe("shapes of every operation", () => {
  it.each([
    // Element by element.
    ["output z = x ‹+› y", "shape-mismatch"],
    ["output z = x ‹-› y", "shape-mismatch"],
    ["output z = x ‹*› y", "shape-mismatch"],
    ["output z = x ‹/› y", "shape-mismatch"],
    ["output z = x ‹^› y", "shape-mismatch"],
    ["output z = if x ‹<› y then 1 else 0", "shape-mismatch"],
    ["output z = if x > 0 ‹and› y > 0 then 1 else 0", "shape-mismatch"],
    ["output z = ‹if s > 0 then x else y›", "shape-mismatch"],
    ["output z = ‹if x > 0 then y else 0›", "shape-mismatch"],
    ["output z = ‹max›(x, y)", "shape-mismatch"],
    ["output z = ‹clamp›(x, 0, y)", "shape-mismatch"],
    ["output z = m ‹+› reshape(y, [H, 1])", "shape-mismatch"],
    ["output z = W ‹+› transpose(W)", "shape-mismatch"],
    // Products.
    ["output z = W ‹@› y", "shape-mismatch"],
    ["output z = x ‹@› W", "shape-mismatch"],
    ["output z = x ‹@› y", "shape-mismatch"],
    ["output z = W ‹@› U", "shape-mismatch"],
    ["output z = s ‹@› y", "shape-mismatch"],
    ["output z = y ‹@› 2", "shape-mismatch"],
    ["output z = stack(U, U) ‹@› stack(U, U, U)", "shape-mismatch"],
    // Values for states.
    ["state k: [H] k' = ‹x›", "shape-mismatch"],
    ["state k: [H] k' = ‹W›", "shape-mismatch"],
    ["param a: [I] ~ zeros state k: [H] = ‹a› k' = y", "shape-mismatch"],
    // Reductions.
    ["output z = ‹sum›(W)", "missing-axis"],
    ["output z = ‹mean›(W)", "missing-axis"],
    ["output z = ‹max›(W)", "missing-axis"],
    ["output z = ‹min›(W)", "missing-axis"],
    ["output z = ‹logsumexp›(W)", "missing-axis"],
    ["output z = ‹softmax›(W)", "missing-axis"],
    ["output z = ‹log_softmax›(W)", "missing-axis"],
    ["output z = sum(W, axis = ‹2›)", "bad-axis"],
    ["output z = sum(W, axis = ‹-3›)", "bad-axis"],
    ["output z = sum(W, axis = ‹1.5›)", "bad-axis"],
    ["output z = sum(W, axis = ‹N›)", "bad-axis"],
    ["output z = sum(U, axis = ‹H›)", "bad-axis"],
    ["output z = stack(y, y, axis = ‹H›)", "bad-axis"],
    ["output z = [x, ‹y›]", "shape-mismatch"],
    ["output z = [y, ‹s›]", "shape-mismatch"],
    ["output z = ‹[]›", "bad-argument"],
    ["output z = fill(s, ‹H›)", "bad-argument"],
    ["output z = ‹y[:, new, 0]›", "bad-slice"],
    ["output z = sum(‹s›)", "bad-axis"],
    ["output z = max(‹s›)", "bad-axis"],
    ["output z = softmax(‹s›)", "bad-axis"],
    // Shape functions.
    ["output z = concat(W, ‹U›)", "shape-mismatch"],
    ["output z = concat(W, ‹y›, axis = 0)", "shape-mismatch"],
    ["output z = concat(y, ‹s›)", "shape-mismatch"],
    ["output z = concat(y, y, axis = ‹1›)", "bad-axis"],
    ["output z = stack(x, ‹y›)", "shape-mismatch"],
    ["output z = stack(x, x, axis = ‹2›)", "bad-axis"],
    ["output z = ‹reshape(y, [H, 2])›", "shape-mismatch"],
    ["output z = reshape(y, ‹H›)", "bad-argument"],
    ["output z = transpose(W, ‹[0, 0]›)", "bad-axis"],
    ["output z = transpose(W, ‹[1, 0, 2]›)", "bad-axis"],
    ["output z = transpose(W, ‹1›)", "bad-argument"],
    ["output z = outer(outer(W, W), m) output q = ‹outer(z, stack(W, W))›", "too-many-axes"],
    ["output z = zeros(‹3›)", "bad-argument"],
    ["output z = zeros([H, ‹0›])", "bad-dimension-size"],
    // Slices.
    ["output z = y[‹0:I›]", "bad-slice"],
    ["output z = y[‹0:H + 1›]", "bad-slice"],
    ["output z = y[‹-1›]", "bad-slice"],
    ["output z = y[‹H›]", "bad-slice"],
    ["output z = y[‹3›]", "bad-slice"],
    ["output z = y[‹H:0›]", "bad-slice"],
    ["output z = y[‹1:1›]", "bad-slice"],
    ["output z = y[‹H - 2:H›]", "bad-slice"],
    ["output z = ‹y[0, 0]›", "bad-slice"],
    ["output z = ‹s[0]›", "bad-slice"],
    ["output z = y[‹s›]", "not-a-dimension"],
    ["output z = y[‹1.5›]", "not-a-dimension"],
    ["output z = y[0:‹K›]", "unknown-dimension"],
    // Arity.
    ["output z = ‹tanh()›", "wrong-arity"],
    ["output z = tanh(y, ‹y›)", "wrong-arity"],
    ["output z = ‹clamp(y, 0)›", "wrong-arity"],
    ["output z = ‹concat()›", "wrong-arity"],
    ["output z = ‹reshape(y)›", "wrong-arity"],
    ["output z = max(y, y, ‹y›)", "wrong-arity"],
    ["output z = sum(y, ‹ax› = 0)", "unknown-argument"],
    // Truth values.
    ["output z = y * ‹(y > 0)›", "truth-value-as-real"],
    ["output z = ‹y > 0›", "truth-value-as-real"],
    ["output z = tanh(‹y > 0›)", "truth-value-as-real"],
    ["output z = -‹(y > 0)›", "truth-value-as-real"],
    ["output z = if ‹y› then 1 else 0", "real-as-truth-value"],
    ["output z = if not ‹y› then 1 else 0", "real-as-truth-value"],
    ["output z = if y > 0 or ‹s› then 1 else 0", "real-as-truth-value"],
    ["output z = if y > 0 then ‹y > 1› else 0", "truth-value-as-real"],
  ])("%s", (items, code) => {
    expectReport(inCell(items), code);
  });

  it.each([
    ["output z = y[1:1]", "the range from 1 to 1 is empty"],
    ["output z = y[2:1]", "the range from 2 to 1 is reversed"],
    ["output z = y[N:H]", "the range from N to H may be empty or reversed"],
  ])("says of a range what it is: %s", (items, message) => {
    const [found] = check(inCell(items)).diagnostics;
    expect(found).toMatchObject({ code: "bad-slice", message });
    expect(found?.help).toContain("`x[0:2]` has two elements");
  });

  it.each([
    "output z = y + 1 - s * y / 2 ^ s",
    "output z = m + y",
    "output z = m * reshape(sum(m, axis = 1), [S, 1])",
    "output z = stack(y, y) + reshape(y, [1, H])",
    "output z = (y + reshape(y, [H, 1])) @ y",
    "output z = y @ y + s",
    "output z = y @ W",
    "output z = W @ x @ y",
    "output z = transpose(W) @ U",
    "output z = stack(U, U) @ U",
    "output z = stack(U, U) @ y",
    "output z = y @ stack(U, U)",
    "output z = reshape(U, [1, H, H]) @ stack(U, U, U)",
    "output z = sum(m, axis = -1) + max(m, axis = 1)",
    "output z = max(y) + min(y, y) - mean(y) + logsumexp(y)",
    "output z = softmax(m, axis = 0)",
    "output z = concat(y, x)[0:H] + concat(y, x)[I:I + H]",
    "output z = concat(W, U, axis = 1)",
    "output z = stack(s, s)",
    "output z = y[0] + y[H - 1] + m[S - 1, H - 1]",
    "output z = m[:, 0] + m[0:S, 0]",
    "output z = m[:][0, :]",
    "output z = concat(y, y)[H:]",
    "output z = reshape(concat(y, y), [2, H])[1]",
    "output z = reshape(outer(y, x), [H * I])",
    "output z = transpose(outer(W, y), [2, 0, 1])",
    "output z = outer(s, y) + zeros([H]) * ones([H])",
    "a = y > 0 and not (y > 1 or s == 2) output z = if a then y else 0",
    "output z = if s > 0 then m else y",
    "state k: [S, H] = 1 k' = y output z = k",
    "state k: [S, H] = zeros([H]) k' = 0 output z = k'",
    "output z = y[0:H - 1 + 1]",
    "output z = 1 / sqrt(H) * y / N",
  ])("accepts %s", (items) => {
    expectFine(inCell(items));
  });

  it.each([
    ["output y = scores ‹+› seen", "operands of `+` have shapes [S, S] and [S], which fit in more than one way"],
    ["output y = seen ‹*› scores", "operands of `*` have shapes [S] and [S, S], which fit in more than one way"],
    ["output y = ‹max›(scores, seen)", "arguments of `max` have shapes [S, S] and [S], which fit in more than one way"],
    [
      "output y = ‹if seen > 0 then scores else 0›",
      "the parts of this condition have shapes [S] and [S, S], which fit in more than one way",
    ],
    ["state k: [S, S] k' = ‹seen› output y = k", "the next value of `k` has shape [S], the state has [S, S]"],
  ])("asks which axis of a matrix with the same run-time axis twice is meant: %s", (items, message) => {
    const around = (text: string): string =>
      `cell A(D) { input x: [D] context m: [S, D] seen = m @ x scores = m @ transpose(m) ${text} output z = scores @ seen }`;
    const report = expectReport(around(items), "shape-mismatch");
    expect(report.message).toBe(message);
    expect(report.help).toBe("`reshape(…, [1, S])` is the same in every row, `reshape(…, [S, 1])` in every column");
    const told = items.replace(/‹|›/gu, "").replaceAll("seen", "reshape(seen, [1, S])");
    expectFine(around(told));
    expectFine(around(told.replaceAll("[1, S]", "[S, 1]")));
  });

  it("takes a square matrix and a vector as everywhere where the sizes are the cell's", () => {
    expectFine(inCell("output z = U * y + outer(y, y) - y"));
    expectFine("cell A(D) { context m: [S, D] context n: [S, R] output y = m + sum(m, axis = 0) + n[0, 0] }");
  });

  it("shows both sides of a mismatch and where each came from", () => {
    const report = expectReport(
      "cell A(H, I) { input x: [I] state h: [H] param W: [H, H] h' = tanh(W @ h ‹+› x) output y = h' }",
      "shape-mismatch",
    );
    expect(report.message).toBe("operands of `+` have shapes [H] and [I]");
    expect(report.related.map(({ message }) => message)).toEqual([
      "[H] comes from the param `W`",
      "[I] comes from the input `x`",
    ]);
    expect(report.help).toContain("one size");
  });

  it.each([
    ["output z = x ‹@› W", "swap the operands"],
    ["output z = W ‹@› y", "transpose the left side: `transpose(…) @ …`"],
    ["output z = W ‹+› transpose(W)", "one of them is the other way round: `transpose(…)`"],
    ["output z = W ‹*› y", "shapes are compared from their last axis: `…[:, new]` repeats along the last one"],
    ["output z = s ‹@› y", "a product with a scalar is written with `*`"],
  ])("helps with %s", (items, help) => {
    expect(expectReport(inCell(items), "shape-mismatch").help).toContain(help);
  });

  it("the last element is named as a number where it is one", () => {
    expect(expectReport("cell A { input x: [3] output y = x[‹1:5›] }", "bad-slice").help).toBe(
      "elements are counted from 0 to 2",
    );
  });
});
