/** Constants at the top of files, against the same written where they are read. */
import { describe, expect, it } from "vitest";
import { format } from "../../../../compiler/index.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { linkCell } from "../../../../compiler/language/semantics/link-cell.js";
import { parse } from "../../../../compiler/language/syntax/parse.js";
import { DiagnosticCollector } from "../../../../compiler/base/diagnostics/diagnostic.js";
import { printSourceFile } from "../../../../compiler/language/syntax/print-ast.js";
import { evaluate, lower } from "../../program/support.js";
import { expectFine, expectReport } from "./support.js";

const file = {
  "taps.cell":
    "taps = [0.25, 0.5] twice = 2 * taps fn filtered(v: [2]): real { return twice @ v } E[i < 2, j < 2] = if i == j then 1 else 0",
};

describe("constants", () => {
  it.each([
    [
      "taps = [0.25, 0.5] half = taps[1] cell A(H) { input x: [2] fn f(v: [2]): [2] { return half * v } output y = f(taps) @ x }",
      "cell A(H) { input x: [2] fn f(v: [2]): [2] { return [0.25, 0.5][1] * v } output y = f([0.25, 0.5]) @ x }",
    ],
    [
      "E[i < 2, j < 2] = i + 2 * j fn trace(A: [n, n]): real { return sum(A[i, i] for i) } t = trace(E) cell A(H) { input x: [2] output y = t * (E @ x) }",
      "fn E(N): [N, N] { E[i < N, j < N] = i + 2 * j return E } fn trace(A: [n, n]): real { return sum(A[i, i] for i) } cell A(H) { input x: [2] output y = trace(E(2)) * (E(2) @ x) }",
    ],
    [
      "c = 2 cell B(H, g: real = c) { input x: [H] output y = g * x } cell A(H) { input x: [H] use b = B(H) use d = B(H, g = c / 2) output y = b(d(x)) }",
      "cell B(H, g: real = 2) { input x: [H] output y = g * x } cell A(H) { input x: [H] use b = B(H) use d = B(H, g = 1) output y = b(d(x)) }",
    ],
    ["c = 2 cell A(H) { input c: [H] output y = c * 3 }", "cell A(H) { input c: [H] output y = c * 3 }"],
    [
      "c = f(1) fn f(c: real): real { return c + 1 } cell A(H) { input x: [H] output y = c * x }",
      "fn f(v: real): real { return v + 1 } cell A(H) { input x: [H] output y = f(1) * x }",
    ],
  ])("are what they say: %s", (constants, written) => {
    const [a, b] = [constants, written].map((text) => {
      const { step, initial } = lower(text, { H: 2 });
      return [printFunction(step), initial && printFunction(initial)].join("\n");
    });
    expect(a).toBe(b);
  });

  it("are complex, and hide the names of the language", () => {
    const [a, b] = [
      "z = [1i, 2] pi = 3 cell A(H) { input x: [2] state s: [2] = re(z) s' = s * pi output y = im(z * s) + x }",
      "cell A(H) { input x: [2] state s: [2] = re([1i, 2]) s' = s * 3 output y = im([1i, 2] * s) + x }",
    ].map((text) => evaluate(lower(text, { H: 1 }).step, { x: [1, 2], s: [3, 4] }));
    expect(a).toEqual(b);
  });

  it("begin params", () => {
    const [a, b] = ["k = 0.5 t = [1, 2] cell A(H) { input x: [2] param v: [2] ~ 2 * k param w: [2] ~ t * k output y = v * w * x }", "cell A(H) { input x: [2] param v: [2] ~ 2 * 0.5 param w: [2] ~ [1, 2] * 0.5 output y = v * w * x }"].map((text) => lower(text, { H: 1 })); // prettier-ignore
    expect(a!.params.map(({ initializer }) => initializer)).toEqual(b!.params.map(({ initializer }) => initializer));
    expect(printFunction(a!.starts!.fn)).toBe(printFunction(b!.starts!.fn));
  });

  it("are imported, with what they are made of", () => {
    expectFine(
      'import { twice as t, filtered, E } from "./taps.cell" cell A { input x: [2] output y = t * (E @ x) + filtered(x) }',
      file,
    );
  });

  it("are linked under names that hide nothing", () => {
    const text = 'import { twice as taps } from "./taps.cell" cell A(H) { input twice: [2] output y = taps * twice }';
    const linked = linkCell(
      parse(text, "main.cell", new DiagnosticCollector()),
      (name) => (file as Record<string, string>)[name],
      "A",
    );
    const printed = printSourceFile(linked);
    const [a, b] = [printed, "cell A(H) { input twice: [2] output y = 2 * [0.25, 0.5] * twice }"].map((one) => printFunction(lower(one, { H: 1 }).step)); // prettier-ignore
    expect(a, printed).toBe(b);
  });

  it("are formatted like equations", () => {
    const text =
      "/// Weights.\ntaps   = [0.25, 0.5]\nw[i<2] = i\n\ncell A(H) {\n  input x: [2]\n\n  output y = taps * w * x\n}\n";
    expect(format(text).text).toBe(text.replace("i<2", "i < 2").replace("taps   =", "taps     ="));
  });

  it.each([
    ["of a dimension", "c = 2 * ‹H› cell A(H) { input x: [H] output y = x * c }", "unknown-name"],
    ["of each other", "a = b + 1 ‹b› = a cell A(H) { input x: [H] output y = x * a }", "cycle"],
    ["of itself", "‹a› = a + 1 cell A(H) { input x: [H] output y = x * a }", "cycle"],
    ["of a truth value", "c = ‹1 > 2› cell A(H) { input x: [H] output y = x }", "truth-value-as-real"],
    ["twice", "c = 1 ‹c› = 2 cell A(H) { input x: [H] output y = x * c }", "duplicate-name"],
    ["with the name of a cell", "A = 1 cell ‹A›(H) { input x: [H] output y = x }", "duplicate-name"],
    ["as a dimension", "c = 2 cell A(H) { input x: [‹c›] output y = x }", "unknown-dimension"],
    ["as a function", "c = 2 cell A(H) { input x: [H] output y = ‹c›(x) }", "not-a-function"],
    ["as a cell", "c = 2 cell A(H) { input x: [H] use l = ‹c›(H) output y = l(x) }", "unknown-cell"],
    ["with rounds", "c = 1 ‹then› c / 2 for 3 cell A(H) { input x: [H] output y = x }", "misplaced-rounds"],
    ["in a group", "a, b = ‹f(1)› fn f(v: real): (a: real, b: real) { return (v, v) }", "misplaced-rounds"],
    ["with a prime", "‹c'› = 1 cell A(H) { input x: [H] output y = x }", "outside-cell"],
    ["that are drawn", "c = ‹uniform›(1) cell A(H) { input x: [H] output y = x * c }", "misplaced-draw"],
    ["without a range", "c[‹i›] = 1 cell A(H) { input x: [H] output y = x * c[0] }", "index-range-unknown"],
    [
      "that are not there",
      'import { ‹nix› } from "./taps.cell" cell A(H) { input x: [H] output y = x * nix }',
      "missing-export",
    ],
  ])("are refused %s", (_what, text, code) => {
    expectReport(text, code, file);
  });
});
