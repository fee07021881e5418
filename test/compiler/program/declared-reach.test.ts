/** The manifest says which gradients are not the derivatives of the values. */
import { describe, expect, test } from "vitest";
import { check, compile, type CompileSuccess } from "../../../compiler/index.js";
import { standardCell } from "../../support/models.js";
import { sizesFor } from "../../support/standard-cells.js";

const reached = (source: string, dimensions: Record<string, number>, cell?: string): readonly string[] | undefined =>
  (compile(source, { dimensions, ...(cell === undefined ? {} : { cell }) }) as CompileSuccess).manifest
    .gradientAsDeclared;

const cellWith = (equations: string): string =>
  `cell A(N) {
    input x: [N] input k: index(3) context m: [N] state h: [N] state c: [N] = m * d
    param a, b, d: [N] param e: [3, N]
    ${equations}
    output y = h' + c' + m + e[k] + a * d
  }`;

describe("gradientAsDeclared", () => {
  test("is left out where every gradient is that of the values", () => {
    expect(reached(cellWith("h' = a * h + x  c' = b * c"), { N: 2 })).toBeUndefined();
    for (const [file, cell] of [
      ["bahdanau", "BahdanauGRU"],
      ["luong", "LuongDotGRU"],
    ] as const) {
      const source = standardCell(file);
      const { dimensions } = check(source).cells.find(({ name }) => name === cell)!;
      expect(reached(source, sizesFor(dimensions, 1), cell), "the shift of a softmax").toBeUndefined();
    }
  });

  test("is left out for every function that takes out its greatest element, also within index equations", () => {
    const wholes = ["softmax(x)", "log_softmax(x)", "logsumexp(x)", "softmax(a * x) * logsumexp(b)"];
    for (const whole of wholes) expect(reached(cellWith(`h' = ${whole} + h  c' = c`), { N: 2 }), whole).toBeUndefined();
    const heads = `cell A(N, M) { input x: [N, M]  state h: [N, M]  h'[n] = softmax(x[n]) + h[n]  output y = h' }`;
    expect(reached(heads, { N: 2, M: 3 })).toBeUndefined();
  });

  test("names what goes into a `stop_gradient`, and nothing else", () => {
    expect(reached(cellWith("h' = a * h + x  c' = stop_gradient(b) * c"), { N: 2 })).toEqual(["b"]);
    expect(reached(cellWith("h' = a * h + x * stop_gradient(max(b))  c' = c"), { N: 2 })).toEqual(["b"]);
    expect(reached(cellWith("h' = a * h + stop_gradient(x + b)  c' = c"), { N: 2 })).toEqual(["b", "x"]);
  });

  test("follows states through time and to their first values", () => {
    expect(reached(cellWith("h' = b * h + x  c' = c * stop_gradient(h)"), { N: 2 })).toEqual(["b", "x", "h"]);
    expect(reached(cellWith("h' = h + stop_gradient(c)  c' = c * e[k]"), { N: 2 })).toEqual(["d", "e", "k", "m", "c"]);
  });

  test("names what goes into functions with a declared derivative", () => {
    expect(reached(standardCell("lif"), { I: 2, H: 3 }, "LIF")).toContain("x");
    const source = `fn step(v: [n]): [n] {
        return if v > 0 then 1 else 0
        derivative(dv) = dv
      }
      ${cellWith("h' = a * h + step(x)  c' = c")}`;
    expect(reached(source, { N: 2 })).toEqual(["x"]);
  });
});
