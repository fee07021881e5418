/** Delays: where they may stand, and what they are made of. */
import { describe, expect, it } from "vitest";
import { printDim } from "../../../../compiler/base/types/dim.js";
import { check, expectFine, expectReport } from "./support.js";

const cell = (items: string): string => `cell A(H, N) { input x: [H] input A: [H, N] param W: [H, H] ${items} }`;
const use = "output all = sum(W @ x) + sum(sum(A, axis = 0))";

describe("delays", () => {
  it.each([
    ["two in one equation", "output y = delay(x, by = 1) + ‹delay›(x, by = 2)", "misplaced-delay"],
    ["one inside the other", "output y = delay(‹past›(x, N)[0], by = 1)", "misplaced-delay"],
    ["for each value of an index", "output y[n] = ‹delay›(x[n], by = 2)", "misplaced-delay"],
    ["for each value of an index of a sum", "output y = sum(‹past›(x, N)[0, i] for i)", "misplaced-delay"],
    ["in a function", "fn f(v: [n]): [n] { return ‹delay›(v, by = 1) } output y = f(x)", "misplaced-delay"],
    ["in an initial value", "state h: [H] = ‹delay›(x, by = 1) h' = h output y = h", "misplaced-delay"],
    ["in an initialiser", "param v: [H] ~ ‹delay›(1, by = 1) output y = v", "misplaced-delay"],
    ["no steps", "output y = delay(x, by = ‹0›)", "bad-dimension-size"],
    ["a number that is none of steps", "output y = delay(x, by = ‹1.5›)", "not-a-dimension"],
    ["real steps without a bound", "output y = delay(x, by = ‹sum(x)›)", "not-a-dimension"],
    ["several numbers of steps", "output y = delay(x, by = ‹W›, most = N)", "shape-mismatch"],
    ["other numbers of steps", "output y = delay(x, by = ‹[1, 2]›, most = N)", "shape-mismatch"],
    [
      "a number of steps for each value of an index",
      "output y[n] = ‹delay›(x[n], by = 2 + 0.1 * x[n], most = 4)",
      "misplaced-delay",
    ],
    ["nothing between", "output y = delay(x, by = 1.5, most = ‹1›)", "bad-dimension-size"],
    ["steps that need what is delayed by them", "output ‹y› = delay(x, by = sum(y), most = 4)", "cycle"],
    ["steps that change", "output y = delay(x, by = ‹x›)", "not-a-dimension"],
    ["steps that nobody gives", "output y = ‹delay(x)›", "wrong-arity"],
    ["nothing", "output y = ‹delay(by = 1)›", "wrong-arity"],
    ["another argument", "output y = past(x, N, ‹by› = 1)[0]", "unknown-argument"],
    ["a truth value", "output y = if delay(‹x > 0›, by = 1) > 0 then 1 else 0", "truth-value-as-real"],
    ["a first value of another shape", "output y = delay(x, by = N, first = ‹zeros([N])›)", "shape-mismatch"],
    ["a first value that changes", "output y = delay(x, by = N, first = ‹x›)", "varying-initial-value"],
    ["its own value of this step", "output ‹y› = x + past(y, N)[0]", "cycle"],
    ["a shape that depends on itself", "s = concat(x, ‹delay(s, by = 1)›) output y = sum(s)", "delay-shape-unknown"],
    ["a shape that grows", "s = stack(‹delay(s, by = 1)›) output y = s", "delay-shape-unknown"],
    [
      "steps of a run-time size",
      "context m: [S, H] output y = delay(x, by = ‹S›) + mean(m, axis = 0)",
      "run-time-dimension",
    ],
    [
      "a shape that no state has",
      "context m: [S, H] output y = sum(delay(‹concat(m, m)›, by = 1), axis = 0)",
      "run-time-dimension",
    ],
    ["a mistake in what depends on itself", "s = tanh(A ‹@› delay(s, by = 1)) + x output y = s", "shape-mismatch"],
  ])("are refused: %s", (_what, items, code) => {
    expectReport(cell(`${items} ${use}`), code);
  });

  it("need help where a cycle goes through `past`", () => {
    const { help } = expectReport(cell(`output ‹y› = x + past(y, N)[0] ${use}`), "cycle");
    expect(help).toBe("`past` has the value of this step among its own; one of earlier steps is `delay(y, by = …)`");
  });

  it("are what those are told who write the steps", () => {
    for (const text of ["output y = x[t - 1]", "output y = x + W @ h_{t-1}"]) {
      const { diagnostics } = check(cell(text));
      expect(diagnostics.filter(({ help }) => help?.includes("`delay(x, by = 1)`") === true)).toHaveLength(1);
    }
  });

  it("are as wide as what they depend on", () => {
    const { cells } = expectFine(
      cell(`u = x + W @ delay(u, by = 1)  v = delay(w, by = 2)  w = 0.5 * v + u
        s = concat(x, delay(s, by = 1, first = zeros([2 * H]))[:H])  n = 1 + delay(n, by = 1)
        output y = sum(w) + sum(s) + n ${use}`),
    );
    const states = cells
      .get("A")!
      .items.flatMap((item) => (item.kind === "tensor" && item.tensor.role === "state" ? [item.tensor] : []));
    const shapes = states.map(
      ({ name, type }) => `${name} ${type.kind === "real" ? type.axes.map(({ dim }) => printDim(dim)).join() : ""}`,
    );
    expect(shapes).toEqual(["n.past 1", "s.past 1,2*H", "u.past 1,H", "v.past 2,H"]);
  });

  it("say that steps for each place belong to the whole", () => {
    const { help } = expectReport(
      cell(`output y[n] = ‹delay›(x[n], by = 2 + 0.1 * x[n], most = 4) ${use}`),
      "misplaced-delay",
    );
    expect(help).toContain("delay the whole, `p = delay(v, by = d, most = M)`");
  });

  it.each([
    "lines = delay(fed, by = 2 + sin(x), most = 9) fed = 0.5 * lines + x output y = lines",
    "lines = delay(fed, by = [1.5, H], most = 4 * H) fed = [0.5 * lines[1], sum(x)] output y = lines[0] + W @ delay(outer(x, x), by = 2 + sin(x), most = 9)[0]",
  ])("take as many numbers of steps as there are lines: %s", (items) => {
    expectFine(cell(`${items} ${use}`));
  });

  it.each([
    "fn delay(v: [n], by: real): [n] { return by * v } output y = delay(x, by = 1) + delay(x, by = 2)",
    "fn past(v: [n]): [n] { return 2 * v } output y[n] = past(x)[n]",
    "use delay = B(H) output y = delay(x)",
    "past = past(x, N)[N - 1] output y = past",
  ])("leave their names to a cell: %s", (items) => {
    expectFine(`cell B(H) { input x: [H] output y = 2 * x }\n${cell(`${items} ${use}`)}`);
  });
});
