/** Older spellings whose program stays the same, and what only looks like them. */
import { describe, expect, it, test } from "vitest";
import { format } from "../../../../compiler/index.js";
import { upgrade } from "../../../../compiler/tools/upgrade/upgrade.js";
import { cellOf, upgraded } from "../../../support/upgraded-cells.js";

describe("the program stays the same", () => {
  test.each([
    [
      "a number as an initialiser",
      "param b: [H] ~ constant(-0.5) output y = x + b",
      "param b: [H] ~ -0.5 output y = x + b",
    ],
    ["a list of values", "output y = stack(x, z)", "output y = [x, z]"],
    ["lists in lists", "output y = stack(stack(x, z), stack(z, x), axis = 0)", "output y = [[x, z], [z, x]]"],
    ["new axes", "output y = reshape(x, [H, 1]) * reshape(v + 1, [1, K])", "output y = x[:, new] * (v + 1)[new]"],
    [
      "between others",
      "param A: [H, K] output y = x[:, new, new] * reshape(A, [H, 1, K])",
      "param A: [H, K] output y = x[:, new, new] * A[:, new]",
    ],
    ["digits of pi", "output y = sin(3.141592653589793 * x)", "output y = sin(pi * x)"],
    ["remainders", "output y = 2 * (x - (z + 1) * floor(x / (z + 1)))", "output y = 2 * (x mod (z + 1))"],
    [
      "in functions",
      "fn col(v: [n]): [n, 1] { return reshape(v, [n, 1]) } output y = col(x) @ col(v)[:, 0][new]",
      "fn col(v: [n]): [n, 1] { return v[:, new] } output y = col(x) @ col(v)[:, 0][new]",
    ],
  ])("%s", async (_, old, now) => {
    expect(await upgraded(old, "spelling")).toEqual({ text: cellOf(now), left: [] });
    // What it is now is no older spelling of anything.
    expect(await upgraded(now, "tensors")).toEqual({ text: cellOf(now), left: [] });
  });

  it("asks for no value of a cell's own numbers", async () => {
    const head = "cell A(V, start: index(V), eps: real) { input x: [V] output y = ";
    const { text } = await upgrade(`${head}stack(x, eps * x) + real(start) }`, "spelling");
    expect(text).toBe(format(`${head}[x, eps * x] + real(start) }`).text);
  });

  test.each([
    ["lists along another axis", "output y = stack(x, z, axis = 1)"],
    ["entries in another order", "param A: [H, K] output y = reshape(A, [K, 1, H])"],
    ["sizes that were 1 already", "param A: [1, H] output y = reshape(A, [H, 1])"],
    ["other digits", "output y = 3.14159 * x"],
    ["a name that is something else", "param pi: real output y = 3.141592653589793 * pi * x"],
    ["remainders of another quotient", "output y = x - z * floor(z / x)"],
    ["a number that is computed as params are", "param b: [H] ~ 2 * constant(1 - 0.5) output y = x + b"],
  ])("left: %s", async (_, items) => {
    expect(await upgraded(items, "spelling")).toEqual({ text: cellOf(items), left: [] });
  });
});
