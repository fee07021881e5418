/** What is refused in networks, and of them, and what the message helps with. */
import { describe, expect, it } from "vitest";
import { check, expectReport } from "./support.js";

const gru = `import { GRU } from "std/gru" `;
const sums = "network Sum(I; T) { input x: [T, I] output y = sum(x, axis = 0) } ";

describe("networks", () => {
  it.each([
    [
      "a state by the used cell, which may have many calls",
      `${gru}network N(I; T) { input x: [T, I] use l = GRU(I, I) output y = l(x) + ‹l.h'› }`,
      "unknown-member",
      "`h'` of which call of `l`?",
    ],
    [
      "an output by the used cell",
      `cell A(I) { input x: [I] output y = x output z = 2 * x } network N(I; T) { input x: [T, I] use a = A(I) b = a(x) output w = ‹a.z› + b.y }`,
      "unknown-member",
      "`z` of which call of `a`?",
    ],
    [
      "a network in a cell",
      `${sums}cell C(N, I) { input x: [N, I] use s = ‹Sum›(I) output y = s(x) }`,
      "not-in-cell",
      "`Sum` is a network, and a cell uses cells",
    ],
    [
      "a dimension that is not declared",
      "network N(I) { input x: [‹T›, I] output y = x }",
      "unknown-dimension",
      "there is no dimension `T`",
    ],
    [
      "a network over another axis",
      `${sums}network N(I; S, T) { input x: [S, T, I] use s = Sum(I) output y = s(‹x›) }`,
      "shape-mismatch",
      "input `x` of `s` is [T, I], this is [S, T, I]",
    ],
    [
      "the place before the first",
      "network N(I; T) { input x: [T, I] output y[t < T] = x[‹t - 1›] }",
      "place-out-of-range",
      "the place is -1 where `t` is 0, and places begin at 0",
    ],
  ])("refuse %s", (_what, text, code, message) => {
    expectReport(text, code);
    expect(check(text.replaceAll(/[‹›]/gu, "")).diagnostics[0]?.message).toBe(message);
  });

  it.each(["loss = x", "loss = sum(x) per x", "loss l = sum(x) * 0.5i"])("are not sound with `%s`", (loss) => {
    const { program, diagnostics } = check(`network N(; T) { input x: [T] ${loss} }`);
    expect(diagnostics.map(({ severity }) => severity)).toContain("error");
    expect(program.cells.get("N")?.sound).toBe(false);
  });

  it("help with what networks have", () => {
    const helpOf = (text: string): string | undefined => check(text).diagnostics[0]?.help;
    expect(helpOf("network N(I) { input x: [T, I] output y = x }")).toContain("`network Name(…; T)` where each call");
    expect(helpOf("network N(I; T) { input x: [T, I] output y[t < T] = x[t - 1] }")).toContain("`before(v, 0)[n]`");
    expect(helpOf("network N(I; T) { input x: [T, I] loss = sum(x) }")).toContain("`axis = [0, 1]` over all");
    expect(helpOf("network N(I; T) { input x: [T, I] output y = softmax(x) }")).not.toContain("over all");
    for (const [read, least] of [
      ["x[T - 1]", 1],
      ["x[0]", 1],
      ["x[T - 3]", 3],
      ["x[2:]", 2],
    ] as const)
      expect(helpOf(`network N(I; T) { input x: [T, I] output y = sum(${read}, axis = I) }`)).toContain(
        `T >= ${least})`,
      );
    expect(helpOf("network N(I; T) { input x: [T, I] output y = trace(x) }")).toContain(
      "all values of a state of a call",
    );
    expect(helpOf("cell C(I) { input x: [T, I] output y = x }")).toContain("`cell Name(…, T)`");
  });
});
