/** Older spellings whose successors have other tensors and the same numbers, and what only looks like them. */
import { describe, expect, it, test } from "vitest";
import { format } from "../../../../compiler/index.js";
import { upgrade } from "../../../../compiler/tools/upgrade/upgrade.js";
import { cellOf, upgraded } from "../../../support/upgraded-cells.js";

describe("the numbers stay the same", () => {
  test.each([
    [
      "a param that is never learned",
      "param W: [H, H] ~ normal(1) param b: [H] output y = stop_gradient(W) @ x + b",
      "fixed W: [H, H] ~ normal(1) param b: [H] output y = W @ x + b",
    ],
    [
      "one of several",
      "param a, b: [H] ~ normal(1) output y = stop_gradient(b) * x + a",
      "fixed b: [H] ~ normal(1) param a: [H] ~ normal(1) output y = b * x + a",
    ],
    [
      "an input of the step before",
      "state p: [H] p' = x output y = tanh(x - p) output w = p",
      "p = delay(x, by = 1) output y = tanh(x - p) output w = p",
    ],
    [
      "from a value on",
      "state p, h: [H] = 2 p' = x h' = 0.5 * h + p output y = h'",
      "state h: [H] = 2 p = delay(x, by = 1, first = 2) h' = 0.5 * h + p output y = h'",
    ],
    [
      "a window",
      "input u: real state s: [K] s' = concat(stack(u), s[:K - 1]) output y = s' @ v",
      "input u: real s = past(u, K) output y = s @ v",
    ],
  ])("%s", async (_, old, now) => {
    expect(await upgraded(old, "tensors")).toEqual({ text: cellOf(now), left: [] });
    // It is asked for by itself.
    const spelled = old.replace("stack(u)", "[u]");
    expect(await upgraded(old, "spelling")).toEqual({ text: cellOf(spelled), left: [] });
  });

  test.each([
    ["a param that is learned at another place", "param W: [H] output y = stop_gradient(W) * x + W", []],
    ["a state that keeps no input", "state h: [H] h' = u u = tanh(h + x) output y = h", []],
    [
      "an input that is read as the next state",
      "state p: [H] p' = x output y = p + p'",
      ["`p'`, the input of this step, is read as well"],
    ],
    [
      "a window without this step",
      "input u: real state s: [K] s' = concat([u], s[:K - 1]) output y = s @ v",
      ["`s`, the values before this step, is read: a delay of each, or a window without this step"],
    ],
    [
      "sizes that are not found",
      "input u: [H / 7] state p: [H / 7] p' = u output y = x * sum(p)",
      ["no sizes of A are found at which it could be tried"],
    ],
  ])("left: %s", async (_, items, left) => {
    expect(await upgraded(items, "tensors")).toEqual({ text: cellOf(items), left });
  });

  it("leaves what other cells read", async () => {
    const text =
      format(
        "cell A(H) { input x: [H] state p: [H] p' = x output y = p } cell B(H) { input x: [H] use a = A(H) output y = a(x) + a.p }",
      ).text ?? "";
    const { text: now, notes } = await upgrade(text, "tensors");
    expect(now).toBe(text);
    expect(notes.map(({ left }) => left)).toEqual(["other cells of the file read or give `p`"]);
  });

  it("leaves what takes a cell", async () => {
    const text =
      format("cell A(Cell: cell(H, H), H) { input x: [H] use c = Cell(H, H) state p: [H] p' = x output y = c(p) }")
        .text ?? "";
    expect((await upgrade(text, "tensors")).notes.map(({ left }) => left)).toEqual([
      "A takes a cell, and is compiled with one only",
    ]);
  });
});
