import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { builtinNames } from "../../../../compiler/language/semantics/builtins.js";
import { standardHeadOf, standardHomeOf } from "../../../../compiler/language/std/sources.js";
import { standardTexts } from "../../../../compiler/language/std/std.generated.js";
import {
  constantsElsewhere,
  equationsInstead,
  notesInstead,
  writtenInstead,
} from "../../../../compiler/language/syntax/other-names.js";
import { expectSnippetsRight } from "../../../support/snippets.js";
import { check, expectReport } from "../semantics/support.js";

/** What functions compute where they have these names. */
const elsewhere: Readonly<Record<string, (x: number, a: number, b: number) => number>> = {
  pow: (x) => x ** 2,
  log2: Math.log2,
  log10: Math.log10,
  exp2: (x) => 2 ** x,
  rsqrt: (x) => 1 / Math.sqrt(x),
  ceil: Math.ceil,
  mod: (_, a, b) => a - b * Math.floor(a / b),
  fmod: (_, a, b) => a % b,
  heaviside: (x) => Number(x >= 0),
  logsigmoid: (x) => -Math.log1p(Math.exp(-x)),
  swish: (x) => x / (1 + Math.exp(-x)),
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  hardtanh: (x) => Math.min(Math.max(x, -1), 1),
  logistic: (x) => 1 / (1 + Math.exp(-x)),
  maximum: (_, a, b) => Math.max(a, b),
  minimum: (_, a, b) => Math.min(a, b),
  clip: (x) => Math.min(Math.max(x, -1), 1),
  sqr: (x) => x * x,
  fabs: Math.abs,
  neg: (x) => -x,
  hypot: (_, a, b) => Math.hypot(a, b),
  trunc: Math.trunc,
  hardswish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  softshrink: (x) => (Math.abs(x) > 0.5 ? x - Math.sign(x) * 0.5 : 0),
  floordiv: (_, a, b) => Math.floor(a / b),
  logit: (x) => Math.log(x / (1 - x)),
  erfc: (x) =>
    [1.9999779095, 1.9661051465, 1.2763263902, 0.7236736098, 0.0338948535, 1.5417e-8][
      [-3, -1.5, -0.25, 0.25, 1.5, 4].indexOf(x)
    ]!,
  degrees: (x) => (x * 180) / Math.PI,
  isinf: () => 0,
  glu: (_, a, b) => a / (1 + Math.exp(-b)),
  celu: (x) => (x > 0 ? x : 2 * Math.expm1(x / 2)),
  sinc: (x) => Math.sin(Math.PI * x) / (Math.PI * x),
  logaddexp: (_, a, b) => Math.log(Math.exp(a) + Math.exp(b)),
  zeros_like: () => 0,
  ones_like: () => 1,
  masked_fill: (x, a) => (x > 0 ? 2 : a),
  nan_to_num: (x) => x,
  isnan: (x) => Number(Number.isNaN(x)),
};

describe("names of other languages", () => {
  it("are none of this language", () => {
    const names = [...writtenInstead.keys(), ...equationsInstead.keys(), ...notesInstead.keys()];
    expect(names.filter((name) => builtinNames.has(name))).toEqual([]);
    // Nor of the library, which says where to import them from.
    expect(names.filter((name) => standardHeadOf(name) !== undefined)).toEqual([]);
    expect(names.length).toBeGreaterThan(250);
  });

  it.each([...writtenInstead])("%s is said by an expression that is right", (_, expression) => {
    const isTruth = / (>|!=|<|==) (0|x|inf)$/.test(expression);
    const text = `cell A(N, p: real = 2) {
      input x, a, b: [N]
      input A, B: [N, N]
      output seen = sum(x + a + b) + sum(A + B, axis = 0) + p
      output y = ${isTruth ? `if ${expression} then 1 else 0` : expression}
    }`;
    expect(check(text).diagnostics).toEqual([]);
  });

  it.each([...equationsInstead])("%s is said by an equation that is right", (_, equation) => {
    const name = /^\w+/u.exec(equation)![0];
    const text = `cell A(N, p: real = 2) {
      input x, a: [N]
      input A, B: [N, N]
      ${equation}
      output seen = p * sum(x + a) + sum(A + B, axis = 0)
      output y = ${name}
    }`;
    expect(check(text).diagnostics).toEqual([]);
  });

  it.each([...notesInstead])("%s is said by what is right", (_, note) => {
    expectSnippetsRight(note);
  });

  it("scalar ones compute what they do elsewhere", async () => {
    const names = Object.keys(elsewhere);
    const outputs = names.map((name) => {
      const expression = writtenInstead.get(name) ?? "";
      return `output o_${name} = ${/ (>|!=|<|==) (0|x|inf)$/.test(expression) ? `if ${expression} then 1 else 0` : expression}`;
    });
    const text = `cell A(N, p: real = 2) {\n input x, a, b: [N]\n ${outputs.join("\n ")} }`;
    const instance = (await cell(text, { dtype: "f64", dimensions: { N: 6 } })).instantiate();
    const x = [-3, -1.5, -0.25, 0.25, 1.5, 4];
    const [a, b] = [
      [-3, 3, -5, 5, 0.5, -7.25],
      [2, 2, -3, -3, -0.75, 2],
    ];
    const results = instance.forward({ x, a, b } as never) as unknown as Record<string, Float64Array>;
    for (const [name, compute] of Object.entries(elsewhere)) {
      const expected = x.map((value, i) => compute(value, a[i]!, b[i]!));
      for (const [i, value] of expected.entries()) {
        const got = results[`o_${name}`]![i]!;
        if (Number.isNaN(value)) expect(got, name).toBeNaN();
        else expect(got, name).toBeCloseTo(value, name === "erfc" ? 9 : 12);
      }
    }
  });

  it.each([
    ["where(x > 0, x, 0)", "write `if x > 0 then a else b`"],
    ["l2norm(x)", "write `norm(x)`"],
    ["fori_loop(x)", "write rounds: `r = x then tanh(A @ r) for 6`"],
    ["unit(x)", 'import it: `import { unit } from "std/norms"`, `unit(v: [n], eps: real): [n]`'],
    ["tril(x)", 'import it: `import { tril } from "std/linear"`, `tril(N): [N, N]`'],
    ["cummin(x)", "write `-cummax(-x)`"],
    [
      "svd(x)",
      'the library has `solve`, `inverse`, `det`, `log_det`, `cholesky` and `expm`: `import { solve } from "std/linear"`',
    ],
    [
      "randn_like(x)",
      "draws have their shape in brackets: `uniform([N])`, `normal([N])`, `bernoulli([N], 0.5)`; a place is `sample(x)`",
    ],
    ["ReLU6(x)", "write `clamp(x, 0, 6)`"],
  ])("%s comes with a way to say it", (call, help) => {
    const name = call.slice(0, call.indexOf("("));
    const marked = `cell A(H) { input x: [H] output y = ‹${name}›${call.slice(name.length)} }`;
    expect(expectReport(marked, "unknown-function").help).toBe(help);
  });

  it("of the library are imported", () => {
    const heads = [...standardTexts].flatMap(([, text]) =>
      [...text.matchAll(/^fn (\w+)/gmu)].map(([, name = ""]) => name),
    );
    expect(heads.length).toBeGreaterThan(50);
    for (const name of heads) {
      const home = standardHomeOf(name);
      expect(standardHeadOf(name), name).toMatch(/^\w+\(.*\): ./u);
      const text = `import { ${name} } from "${home}"\ncell A(H) { input x: [H] output y = ‹${name}_›(x) }`;
      // That there is such a function to import: it alone is not used.
      expect(check(text.replace(/[‹›]/gu, "")).diagnostics.map(({ code }) => code)).not.toContain("not-exported");
    }
  });

  it.each([
    ["x.detach()", "there are no methods: write `stop_gradient(x)`"],
    ["x.pow(2)", "there are no methods: write `x ^ p`"],
    ["x.view(H)", "there are no methods: write `reshape(A, [N * N])`"],
    ["x.tanh()", "there are no methods: write `tanh(…)`"],
  ])("the method %s says the function that there is", (call, help) => {
    const { diagnostics } = check(`cell A(H) { input x: [H] output y = ${call} }`);
    expect(diagnostics.map((diagnostic) => diagnostic.help)).toEqual([help]);
  });

  it("sizes are no members", () => {
    const { help } = expectReport("cell A(N) { input x: [N] output y = x / x.‹shape› }", "unknown-member");
    expect(help).toBe("sizes are dimensions: a vector `x: [N]` has `N` elements");
  });

  it.each([...constantsElsewhere.keys()])("the constant %s comes with a way to say it", (name) => {
    const marked = `cell A(H) { input x: [H] output y = ‹${name}› * x }`;
    expect(expectReport(marked, "unknown-name").help).toBe(constantsElsewhere.get(name));
  });

  it("are no better than a name of one's own that is near", () => {
    const marked = `fn normalise(v: [n]): [n] { return v / 2 } cell A(H) { input x: [H] output y = ‹normalize›(x) + normalise(x) }`;
    expect(expectReport(marked, "unknown-function").help).toBe("did you mean `normalise`?");
    expect(expectReport("cell A(H) { input x: [H] output y = ‹Tanh›(x) }", "unknown-function").help).toContain(
      "`tanh`",
    );
  });
});
