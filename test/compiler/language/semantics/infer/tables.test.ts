/** Lists of whole numbers as places: what is said of the number that is none. */
import { describe, expect, it } from "vitest";
import { check } from "../../../../../compiler/index.js";

const errors = (text: string): string[] =>
  check(text)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message, span }) => `${code} at ${text.slice(span.start, span.end)}: ${message}`);

const withTables = (output: string): string[] =>
  errors(`perm = [2, 0, 3] less = [0, -1] half = [0, 0.5] nested = [[0, 1], [2, 0]] sized[i < 3] = (2 * i) mod 4
  cell A(N) { input x: [3] input z: [N] input t: index(3) output y = ${output} output unused = sum(z) + x[t] }`);

describe("tables as places", () => {
  it.each<[string, string | undefined]>([
    ["x[perm]", "place-out-of-range at perm: the place is 3, and the last place is 2"],
    ["x[perm[t]]", "place-out-of-range at perm[t]: the place is 3, and the last place is 2"],
    ["sum(x[perm[i]] for i)", "place-out-of-range at perm[i]: the place is 3, and the last place is 2"],
    ["x[[0, 7]]", "place-out-of-range at 7: the place is 7, and the last place is 2"],
    ["x[less]", "place-out-of-range at less: the place is -1, and places begin at 0"],
    ["x[[0, -1]]", "place-out-of-range at -1: the place is -1, and places begin at 0"],
    ["x[half]", "place-out-of-range at half: 0.5 is no place: places are whole numbers"],
    ["one_hot(half, 3)", "place-out-of-range at half: 0.5 is no place: places are whole numbers"],
    ["one_hot(perm, 3)", "place-out-of-range at perm: the place is 3, and the last place is 2"],
    ["scatter(x, at = perm, size = 3)", "place-out-of-range at perm: the place is 3, and the last place is 2"],
    ["z[[0, 1]]", "place-out-of-range at 1: nothing says that N is more than 1"],
    ["z[[0, N - 1]]", undefined],
    ["x[nested]", undefined],
    ["x[2 * perm - perm]", "place-out-of-range at 2 * perm - perm: the place may be below 0"],
    ["x[[t, 0]]", undefined],
    ["x[x]", "not-a-dimension at x: the input `x` is a real number, and a place is a whole one"],
    ["x[sized]", "place-out-of-range at sized: the places may go up to 3, and the last place is 2"],
    ["z[sized]", "place-out-of-range at sized: nothing says that N is more than 3"],
    ["x[[1 + 6, 0]]", "place-out-of-range at 1 + 6: the place is 7, and the last place is 2"],
    ["x[[0, 1 - 3]]", "place-out-of-range at 1 - 3: the place is -2, and places begin at 0"],
    ["x[[N, 0]]", "place-out-of-range at N: nothing says that 3 is more than N"],
    ["z[[0, 2 * N]]", "place-out-of-range at 2 * N: nothing says that N is more than 2*N"],
    ["perm * x + sum(half)", undefined],
  ])("%s", (output, message) => {
    const found = withTables(output);
    if (message === undefined) expect(found).toEqual([]);
    else expect(found.join("\n")).toContain(message);
  });

  it.each([
    ["x[[0, 7]]", "of an axis of size 3: another place, or a longer axis"],
    ["x[[0, -1]]", "the last one is 2"],
    ["z[[0, 1]]", "it must hold for all sizes: with `2 + R` in the place of `N` it does"],
    ["x[[0, N]]", "it must hold for all sizes: `N + 1` in the place of the 3 is enough for it"],
  ])("%s: what to do", (value, help) => {
    const { diagnostics } = check(`cell A(N) { input x: [3] input z: [N] output y = ${value} output w = x[0] + z }`);
    expect(diagnostics.map((one) => one.help)).toContain(help);
  });

  it("a name of the cell hides the constant", () => {
    const text = "perm = [2, 0, 1] cell A { input x: [3] input perm: [3] output y = x[perm] }";
    expect(errors(text).join("\n")).toContain("the input `perm` is a real number");
  });

  it("of states that are indices", () => {
    const state = (next: string, type = "index(3)[2]"): string =>
      errors(`cell A { input x: [3] state p: ${type} p' = ${next} output y = x[p] }`).join("\n");
    expect(state("[1, 3]")).toContain("place-out-of-range at 3: the place is 3, and the last place is 2");
    expect(state("[0, 1, 2]")).toContain("shape-mismatch at [0, 1, 2]: the next value of `p` has shape [3], the state has [2]"); // prettier-ignore
    expect(state("x[:2]")).toContain("the state `p` is an index(3), this is [2]");
    expect(state("[1, 2]", "index(3)")).toContain("the next value of `p` has shape [2], the state has a scalar");
    expect(state("p + 1")).toContain("the state `p` is an index(3)");
    expect(state("[2, 0]")).toBe("");
  });
});
