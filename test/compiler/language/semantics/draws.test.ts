/** Draws: where they may stand, and what they are given. */
import { describe, expect, it } from "vitest";
import { tensorsIn } from "../../../../compiler/language/semantics/cell-tensors.js";
import { tryLower } from "../../program/support.js";
import { expectFine, expectReport } from "./support.js";

const cell = (items: string): string => `cell A(H, N) { input x: [H] input A: [N, H] ${items} }`;
const use = "output all = sum(x) + sum(sum(A, axis = 0))";

describe("draws", () => {
  it.each([
    [
      "for each value of an index of which nothing says how far it goes",
      "output y = sum(‹uniform([])› for i)",
      "index-range-unknown",
    ],
    ["in rounds that nothing counts", "output y = x then y + ‹normal›([H]) for 3", "misplaced-draw"],
    ["in a function", "fn f(v: [n]): [n] { return ‹noise›(v, 1) } output y = f(x)", "misplaced-draw"],
    ["where `step` is something else", "input step: real output y = step * ‹noise›(x, 1)", "misplaced-draw"],
    ["in an initialiser", "param v: [H] ~ ‹dropout›(1, 0.5) output y = v", "misplaced-draw"],
    [
      "in what an initial value reads",
      "d = normal([H]) state h: [H] = ‹d› h' = h + x output y = h",
      "varying-initial-value",
    ],
    ["without a shape", "output y = x + ‹normal()›", "wrong-arity"],
    ["with a number for the shape", "output y = x * mask(‹0.7›, [H])", "bad-argument"],
    ["with three numbers", "output y = x + uniform([H], 1, 2, ‹3›)", "wrong-arity"],
    ["with a value of another shape", "output y = x + normal([H], ‹A[:, 0]›, 1)", "shape-mismatch"],
    ["with a rate of another shape", "output y = dropout(x, ‹A[:, 0]›)", "shape-mismatch"],
    ["with a rate of 1", "output y = dropout(x, ‹1›)", "bad-argument"],
    ["with a probability above 1", "output y = x * bernoulli([H], ‹1.5›)", "bad-argument"],
    ["with a probability below 0", "output y = zoneout(x, 2 * x, ‹-0.5›)", "bad-argument"],
    ["that keeps nothing", "output y = x * mask([H], ‹0›)", "bad-argument"],
    ["between two shapes", "output y = ‹zoneout›(x, A[:, 0], 0.5)", "shape-mismatch"],
    ["of a truth value", "output y = dropout(‹x > 0›, 0.5)", "truth-value-as-real"],
    ["along an axis that is not told", "output y = real(‹sample›(A))", "missing-axis"],
  ])("are refused: %s", (_what, items, code) => {
    expectReport(cell(`${items} ${use}`), code);
  });

  it("are called after the equation and the position in it, and make a cell count its steps", () => {
    const program = expectFine(
      cell(`state h, m: [H] = mask([H], 0.5) h' = zoneout(h, x + normal([H]), 0.5) m' = m output y = h ${use}`),
    );
    const tensors = tensorsIn(program.cells.get("A")!).filter(({ role }) => role === "random" || role === "state");
    expect(tensors.map(({ name }) => name)).toEqual(["h", "m", "step", "h' 0", "h' 1", "initial h 0", "initial m 0"]);
  });

  it("of initial values alone count none", () => {
    const program = expectFine(cell(`state m: [H] = mask([H], 0.5) m' = m output y = m * x ${use}`));
    expect(tensorsIn(program.cells.get("A")!).some(({ name }) => name === "step")).toBe(false);
  });

  it("leave their names to functions and used cells of the author", () => {
    expectFine(cell(`fn noise(v: [n]): [n] { return 2 * v } output y[n] = noise(A[n]) ${use}`));
    const layer = "cell Layer(H) { input x: [H] output y = 2 * x } ";
    expectFine(layer + cell(`use mask = Layer(H) output y[n] = mask(A[n]) ${use}`));
    expectFine(`uniform = 0.5 ${cell(`output y = uniform * x ${use}`)}`);
  });

  it("leave initialisers their own", () => {
    expectFine(cell(`param w: [H] ~ log(uniform(1, 2)) * bernoulli(0.5) output y = w + uniform([H], 1, 2) ${use}`));
  });

  it("take names of options of calls, from the cells that use them too", () => {
    const names = (text: string) => tryLower(text, { H: 2 }).codes;
    const noisy = "cell Noisy(H) { input x: [H] output y = noise(x, 1) } ";
    expect(names("cell A(H) { input seed: [H] output train = noise(seed, 1) }")).toEqual([
      "reserved-name",
      "reserved-name",
    ]);
    expect(names(`${noisy} cell B(H) { input examples: [H] use n = Noisy(H) output y = n(examples) }`)).toEqual([
      "reserved-name",
    ]);
    expect(names("cell A(H) { input seed, train: [H] output examples = seed + train }")).toEqual([]);
  });

  it("make a cell one with a state, which is called once", () => {
    const noisy = "cell Noisy(H) { input x: [H] output y = noise(x, 1) } ";
    expectReport(`${noisy}cell B(H) { input x: [H] use n = Noisy(H) output y = n(‹n›(x)) }`, "called-twice");
  });
});
