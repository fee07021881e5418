import { describe, expect, it } from "vitest";
import { check, expectFine, expectReport } from "./support.js";

describe("dimensions", () => {
  it("halves that are taken twice are whole only where the half is", () => {
    // What cancels leaves the obligation there.
    const program = expectFine("cell A(N) { input x: [N] output y = x[0:2 * (N / 2)] }");
    expect(program.cells.get("A")?.obligations.map(({ kind, dim }) => `${kind} ${dim.key}`)).toEqual(["whole 1/2:N"]);
    expectReport("cell A(D) { context m: [S, D] output y = sum(m[0:2 * ‹(S / 2)›], axis = 0) }", "run-time-dimension");
  });

  it.each([
    ["a quotient that is not whole", "cell A(H) { input x: [‹7 / 2›] output y = sum(x) * H }", "dimension-not-whole"],
    [
      "a quotient that is not whole, symbols",
      "cell A(H) { input x: [‹3 / 2› * H] output y = sum(x) }",
      "dimension-not-whole",
    ],
    ["a quotient by 0", "cell A(H) { input x: [‹H / 0›] output y = sum(x) }", "dimension-not-whole"],
    ["a quotient by a sum", "cell A(H, N) { input x: [‹H / (N + 1)›] output y = sum(x) }", "dimension-division"],
    ["a size of 0", "cell A(H) { input x: [H, ‹0›] output y = sum(sum(x, axis = 0)) }", "bad-dimension-size"],
    ["a negative size", "cell A(H) { input x: [H, ‹2 - 3›] output y = sum(sum(x, axis = 0)) }", "bad-dimension-size"],
    ["a fraction", "cell A(H) { input x: [‹1.5› * H] output y = sum(x) }", "not-a-dimension"],
    ["a huge size", "cell A(H) { input x: [‹1e300›] output y = sum(x) * H }", "not-a-dimension"],
    ["a huge product", "cell A(H) { input x: [‹100000 * 100000›] output y = sum(x) * H }", "dimension-too-large"],
    ["a real parameter", "cell A(H, a: real) { input x: [‹a›] output y = sum(x) * H }", "not-a-dimension"],
    [
      "the result of a call that is too large",
      "fn twice(v: [n]): [65536 * n] { return sum(v) + zeros([65536 * n]) } cell A(H) { input x: [H] output y = sum(‹twice(twice(x))›) }",
      "dimension-too-large",
    ],
    [
      "an output of a used cell that is too large",
      "cell B(H) { input x: real output y = zeros([65536 * H]) + x } cell A(H) { input x: real use b = B(65536 * H) output y = sum(‹b(x)›) }",
      "dimension-too-large",
    ],
    [
      "a state of a used cell that is too large",
      "cell B(H) { input x: real state h: [65536 * H] h' = h + x output y = x } cell A(H) { input x: real use b = B(65536 * H) output y = b(x) + sum(‹b.h›) }",
      "dimension-too-large",
    ],
    [
      "an input of a used cell that is too large",
      "cell B(H) { input x: [65536 * H] output y = sum(x) } cell A(H) { input x: real use b = B(65536 * H) output y = ‹b(x)› }",
      "dimension-too-large",
    ],
    [
      "a context of a used cell that is too large",
      "cell B(H) { input x: real context m: [65536 * H] output y = sum(m) + x } cell A(H) { input x: real context k: [H] use b = B(65536 * H) output y = ‹b(x, k)› }",
      "dimension-too-large",
    ],
    [
      "a promise of a function about sizes that are too large",
      "fn f(v: [n]): real { return sum(v) + sum(zeros([65536 * n - 65536])) } cell A(H) { input x: [65536 * H] output y = ‹f(x)› }",
      "dimension-too-large",
    ],
    ["a power", "cell A(H) { input x: [‹H ^ 2›] output y = sum(x) }", "not-a-dimension"],
    ["a function", "cell A(H) { input x: [‹max(H, 2)›] output y = sum(x) * H }", "not-a-dimension"],
    ["a value", "cell A(H) { input n: real input x: [‹n›] output y = sum(x) * n * H }", "not-a-dimension"],
    ["an unknown dimension", "cell A(Hidden) { input x: [‹Hiden›] output y = sum(x) * Hidden }", "unknown-dimension"],
    [
      "a run-time dimension of a param",
      "cell A(H) { context m: [S, H] param w: ‹[S]› output y = w @ m }",
      "run-time-dimension",
    ],
    [
      "a run-time dimension of an input",
      "cell A(H) { context m: [S, H] input w: ‹[S]› output y = w @ m }",
      "run-time-dimension",
    ],
    [
      "arithmetic on it in a context",
      "cell A(H) { context m: [S, H] context k: ‹[2 * S]› output y = sum(m, axis = 0) * sum(k) }",
      "run-time-dimension",
    ],
    [
      "arithmetic on it in a state",
      "cell A(H) { context m: [S, H] state k: ‹[S + 1]› k' = k output y = sum(m, axis = 0) }",
      "run-time-dimension",
    ],
    [
      "arithmetic on it in an output",
      "cell A(H) { context m: [S, H] output y = ‹concat(m, m)› }",
      "run-time-dimension",
    ],
    [
      "a quotient of it",
      "cell A(H) { context m: [S, H] output y = sum(sum(sum(reshape(m, [2, ‹S / 2›, H]), axis = 0), axis = 0)) }",
      "run-time-dimension",
    ],
    [
      "a quotient of it in a function",
      "fn f(v: [n]): real { return sum(reshape(v, [2, n / 2])[0]) } cell A(H) { context m: [S, H] output y = ‹f(m[:, 0])› }",
      "run-time-dimension",
    ],
    [
      "a difference that may be negative",
      "cell A(H) { context m: [S, H] output y = m[0] + sum(zeros([‹S - 2›])) }",
      "run-time-dimension",
    ],
    [
      "it as an argument of a used cell",
      "cell B(H) { input x: [H] output y = sum(x) } cell A(H) { context m: [S, H] use b = B(‹S›) output y = b(m[:, 0]) }",
      "run-time-dimension",
    ],
    [
      "it in an initialiser",
      "cell A(H) { context m: [S, H] param w: [H] ~ uniform(1 / ‹S›) output y = m @ w }",
      "not-a-constant",
    ],
    ["too many axes", "cell A(H) { input x: ‹[H, 1, 1, 1, 1, 1, 1, 1, 1]› output y = 1 }", "too-many-axes"],
  ])("refuses %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it.each([
    "cell A(H, N) { input x: [H] output y = sum(reshape(x, [N, H / N]), axis = 0) }",
    "cell A(H, N) { input x: [N * (H / N)] state h: [H] h' = x output y = h }",
    "cell A(H) { input x: [(H + H) / 2] state h: [H] h' = x output y = h }",
    "cell A(I, H) { input x: [I] state h: [H] param W: [4 * H, I + H] a = W @ concat(x, h) h' = a[0:H] + a[H:2 * H] * a[3 * H:] output y = h' }",
    "cell A(H) { context m: [S, H] state seen: [S] a = softmax(m @ sum(m, axis = 0) - seen) seen' = seen + a output alpha = a output y = a @ m / S }",
    "cell A(H) { context m: [S, H] context k: [S] output y = k @ m output z = k }",
    "cell A(H) { context m: [S, H] output y = m[0] + sum(zeros([S - 1])) }",
    "cell A(H) { context m: [S, H] output y = sum(concat(m, m)[S:], axis = 0) / (2 * S) }",
    "cell A(K) { input x: real state b: [K] b' = concat(stack(x), b[0:K - 1]) output y = sum(b) }",
  ])("proves %s", (text) => {
    expectFine(text);
  });

  it("helps", () => {
    expect(
      expectReport("cell A(Hidden) { input x: [‹Hiden›] output y = sum(x) * Hidden }", "unknown-dimension").help,
    ).toBe("did you mean `Hidden`?");
    expect(
      expectReport("cell A(H) { input x: [H] state h: [H] h' = x + h[‹t› - 1] output y = h' }", "unknown-dimension")
        .help,
    ).toContain("a cell is written for one time step");
    const { diagnostics } = check("cell A(H) { input x: [I] output y = x }");
    expect(diagnostics[0]?.help).toBe("declare it as a parameter of the cell: `cell Name(…, I)`");
  });

  it("ends for dimensions that grow without end", () => {
    const squares = Array.from(
      { length: 60 },
      (_, i) => `cell C${i + 1}(H) { input x: [H] use a = C${i}(H * H + H) output y = sum(x) + a(zeros([H * H + H])) }`,
    );
    expectFine(`cell C0(H) { input x: [H] output y = sum(x) }\n${squares.join("\n")}`);
    const factors = (count: number): string => Array.from({ length: count }, (_, i) => `(A${i} + B${i})`).join(" * ");
    const names = Array.from({ length: 12 }, (_, i) => `A${i}, B${i}`).join(", ");
    const rest = factors(12).slice(factors(6).length);
    expectReport(`cell A(${names}) { input x: [‹${factors(6)}›${rest}] output y = sum(x) }`, "dimension-too-large");
  });
});
