import { describe, expect, test } from "vitest";
import { codes } from "../../../../compiler/base/diagnostics/codes.js";
import { syntaxCodes } from "../../../../compiler/base/diagnostics/codes/syntax.js";
import { parseText, unmark } from "../../../support/syntax.js";

/** Each `‹…›` is the place of a diagnostic, in the order of the text. */
const cases: readonly (readonly [title: string, marked: string, ...codes: string[]])[] = [
  ["nothing after =", "cell A() { a ‹=›\n b = 1 }", "unexpected-token"],
  ["nothing after an operator", "cell A() { a = W ‹@›\n input x: [H]\n b = 2 }", "unexpected-token"],
  ["two values side by side", "cell A() { y = sin ‹x›\n z = 1 }", "unexpected-token"],
  ["a declaration without a type", "cell A() { input ‹x›\n y = x }", "unexpected-token"],
  ["a declaration without a name", "cell A() { input ‹:› [H]\n y = x }", "unexpected-token"],
  ["if without else", "cell A() { y = if a then ‹b›\n z = 1 }", "unexpected-token"],
  ["if as an operand", "cell A() { y = 1 + ‹if› a then b else c }", "unexpected-token"],
  ["a comma at the end", "cell A() { y = f(a, ‹)› }", "unexpected-token"],
  ["an operator without its left side", "cell A() { y = ‹*› a }", "unexpected-token"],
  ["a string in an expression", 'cell A() { y = ‹"a"› }', "unexpected-token"],
  ["braces in an expression", "cell A() { y = ‹{›a}\n z = 1 }", "unexpected-token"],
  ["an item of an interface without its type", "cell A(C: cell(H) { input x ‹[›H]; output y: [H] }, H) { a = 1 }", "unexpected-token"], // prettier-ignore
  ["a param in an interface", "cell A(C: cell(H) { ‹param› x: [H]; output y: [H] }, H) { a = 1 }", "unexpected-token"],
  ["an output of an interface with a value", "cell A(C: cell(H) { output y ‹=› x }, H) { a = 1 }", "unexpected-token"],
  ["a network as a parameter of which nothing is said", "cell A(C: ‹network(H; T)›, H) { a = 1 }", "cell-parameter-type"], // prettier-ignore
  ["a cell as a parameter without dimensions", "cell A(C: ‹cell()›, H) { a = 1 }", "cell-parameter-type"],
  ["a dimension of an interface that is computed", "cell A(C: cell(‹2 * H›) { input x: [H] }, H) { a = 1 }", "cell-parameter-type"], // prettier-ignore
  ["equals in parentheses", "cell A() { y = (a ‹=› b) }", "unexpected-token"],
  ["a colon for a brace", "cell A(H)‹:›\n input x: [H]\n output y = x", "unexpected-token"],
  ["colons for braces in two cells", "cell A‹:›\n a = 1\ncell B‹:›\n b = 1\n", "unexpected-token", "unexpected-token"],
  ["no braces at all", "cell A(H)\n ‹input› x: [H]\n output y = x", "unexpected-token"],
  ["a reserved word where an operand is expected", "cell A() { a = ‹import›\n b = 1 }", "reserved-word"],
  [
    "assignments that go on",
    "cell A() { h ‹+=› x\n g ‹**=› x\n h' ‹/=› 2 }",
    ...Array<string>(3).fill("foreign-operator"),
  ],
  [
    "open numbers",
    "cell A() { a = ‹2.› * x\n b = ‹1.f›\n c = ‹1.e5› + 1 }",
    ...Array<string>(3).fill("malformed-number"),
  ],
  ["UTF-16", "‹c\0e\0›l\0l\0 \0A\0", "wrong-encoding"],
  ["UTF-16 of the other order", "‹\ufffd\ufffd\0c›\0e\0l\0l", "wrong-encoding"],
  ["a header without its brace", "cell A(H)\n ‹input› x: [H]\n output y = x }", "unexpected-token"],
  ["a broken header", "cell A(I, ‹3›) { a = 1\n b = ‹}›", "unexpected-token", "unexpected-token"],
  [
    "three independent errors",
    "cell A() { a ‹=›\n b = (c ‹]›\n d = 1 ‹2›\n e = 1 }",
    "unexpected-token",
    "unmatched-bracket",
    "unexpected-token",
  ],
  ["errors in two cells", "cell A() { a = ‹}›\ncell B() { b = 1 ‹2› }", "unexpected-token", "unexpected-token"],
  ["an open parenthesis", "cell A() { a = tanh‹(›x\n b = 1 }", "unclosed-bracket"],
  ["two open brackets", "cell A() { a = tanh(x‹[›1\n b = 1 }", "unclosed-bracket"],
  ["an open parenthesis in a header", "cell A‹(›H { a = 1 }", "unclosed-bracket"],
  ["a surplus parenthesis", "cell A() { a = (x)‹)›\n b = 1 }", "unmatched-bracket"],
  ["the wrong bracket", "cell A() { a = f(x‹]›\n b = 1 }", "unmatched-bracket"],
  ["a surplus brace ends the cell", "cell A() { a = 1 }\n‹}›\n‹output› y = a }", "unmatched-bracket", "outside-cell"],
  ["an open cell before another", "cell A() ‹{› a = 1\ncell B() { b = 1 }", "unclosed-block"],
  ["an open cell at the end", "cell A() ‹{› a = 1", "unclosed-block"],
  ["an open function", "cell A() { fn f(v: [n]): [n] ‹{› return v\n output y = f(x) }", "unclosed-block"],
  ["an open import", 'import ‹{› A from "x"\ncell A() {}', "unclosed-block"],
  ["items outside of cells, once", "‹input› x: [H]\n a = (b\n c = d }\ncell A() { a = 1 }", "outside-cell"],
  ["an unknown character, once", "cell A() { a = b ‹€€› c\n d = 1 }", "unexpected-character"],
  ["a NUL", "cell A() { a = b‹\0› }", "unexpected-character"],
  ["a lone surrogate", "cell A() { a = b‹\ud800› }", "unexpected-character"],
  ["a comment of another language", "cell A() { ‹#› weights\n a = 1 }", "unexpected-character"],
  ["letters without a spelling", "cell A() { ‹größe› = 1\n b = ‹größe› }", "unsupported-letter", "unsupported-letter"],
  ["a transpose", "cell A() { y = ‹Wᵀ› @ x }", "unsupported-letter"],
  [
    "operators of other languages",
    "cell A() { a = b ‹**› 2 ‹&&› ‹!›c\n d ‹:=› 1 }",
    "foreign-operator",
    "foreign-operator",
    "foreign-operator",
    "foreign-operator",
  ],
  [
    "a product without its sign",
    "cell A() { input x: [‹4H›]\n a = ‹2x› + ‹1e›\n }",
    "malformed-number",
    "malformed-number",
    "malformed-number",
  ],
  ["a number that is infinite", "cell A() { a = ‹1e309› }", "number-overflow"],
  ["two primes", "cell A() { a = h'‹'› + 1\n b = 1 }", "misplaced-prime"],
  ["a prime after brackets", "cell A() { a = (W)‹'› @ x\n b = 1 }", "misplaced-prime"],
  [
    "places on the left",
    "cell A() { y[‹0›] = 1\n y[‹i + 1›, j] = 2\n output z[‹H'›] = 3 }",
    "bad-index",
    "bad-index",
    "bad-index",
  ],
  ["indices of a state that begins at 0", "cell A(N) { state s[‹n›]: [N] s' = 2 * s\n output y = s }", "bad-index"],
  [
    "indices of a state that is an integer",
    "cell A(N) { state k[‹n›]: index(N) = n\n k' = k\n output y = real(k) }",
    "bad-index",
  ],
  [
    "places after for",
    "cell A() { y = sum(x for ‹i + 1›)\n z = f(a, b ‹for› i)\n u = f(a = b ‹for› i) }",
    "bad-index",
    "bad-index",
    "bad-index",
  ],
  ["steps on the left", "cell A() { h[‹t›] = x\n h[‹t + 1›] = h }", "time-subscript", "time-subscript"],
  ["rounds of a state", "cell A() { s' = s ‹then› f(s) for 3 }", "misplaced-rounds"],
  ["rounds with indices", "cell A() { y[n] = v[n] ‹then› y for 3 }", "misplaced-rounds"],
  ["a group without rounds", "cell A() { a, b = ‹c› }", "misplaced-rounds"],
  ["a group with a state", "cell A() { a', b = (c, d) ‹then› (a, b) for 3 }", "misplaced-rounds"],
  [
    "a group of other values",
    "cell A() { a, b = (‹c, d, e›) then (a, b) for 3\n f, g = ‹c› then (f, g) for 3 }",
    "misplaced-rounds",
    "misplaced-rounds",
  ],
  ["rounds without their number", "cell A() { a = b then f(a‹)›\n c = 1 }", "unexpected-token"],
  ["rounds that are counted by something else", "cell A() { a = b then f(a) for ‹1› < L }", "bad-index"],
  ["implicit rounds that nothing ends", "cell A() { a = b then f(a) for 3 ‹implicit› }", "misplaced-implicit"],
  ["implicit rounds that differ", "cell A() { a = b then f(a) for k < 3 until c ‹implicit› }", "misplaced-implicit"],
  ["a list in parentheses", "cell A() { a = (b‹,› c)\n d = 1 }", "unexpected-token"],
  ["loops in braces", "cell A() { y = 1\n ‹for› l in range {\n h = l }\n z = 2 }", "loop-statement"],
  ["loops with colons", "cell A() { y = x\n ‹while› x > 0: y\n z = 2 }", "loop-statement"],
  ["words of other languages", "cell A() { y = [1]\n ‹weight› V: [H]\n z = 2 }", "unexpected-token"],
  ["an output without a value", "cell A() { y = 1\n output ‹h›\n}", "unexpected-token"],
  ["two types in a declaration", "cell A() { input x: [I]‹,› z: [H]\n y = 1 }", "unexpected-token"],
  ["time subscripts", "cell A() { h' = ‹h_{t-1}› + ‹hₜ₋₁›\n b = 1 }", "time-subscript", "time-subscript"],
  [
    "reserved words as names",
    "cell A() { input ‹if›: [H]\n ‹use› = 1\n a = ‹param› * 2\n b = ‹then'› }",
    "reserved-word",
    "reserved-word",
    "reserved-word",
    "reserved-word",
  ],
  ["= for ==", "cell A() { y = if a ‹=› b then 1 else 2\n z = 1 }", "single-equals"],
  ["chained comparisons", "cell A() { y = a < b ‹<› c }", "chained-comparison"],
  ["not as an operand", "cell A() { y = a + ‹not› b }", "misplaced-not"],
  [
    "calls of other things than names",
    "cell A() { a = (b)‹(›c)\n d = f(x)‹(›y)\n e = h'‹(›x)\n g = 2‹(›x)\n i = j.k‹(›x) }",
    ...Array.from({ length: 5 }, () => "not-callable"),
  ],
  [
    "types that do not exist",
    "cell A(H) { input x: ‹float›\n input i: ‹index›\n input v: ‹H› }",
    "unknown-type",
    "unknown-type",
    "unknown-type",
  ],
  ["an initial value of an input", "cell A() { input x: [H] = ‹0› }", "misplaced-initial-value"],
  ["an initialiser of a state", "cell A() { state h: [H] ~ ‹normal(1)› }", "misplaced-initializer"],
  ["parameters of a cell", "cell A(‹a› = 0.5, b: ‹[H]›) { }", "cell-parameter-type", "cell-parameter-type"],
  ["a prime in a function", "fn f(v: real): real { ‹v'› = 1 return v }", "prime-in-function"],
  ["a function without return", "fn ‹f›(v: real): real { w = v }", "missing-return"],
  ["return in the middle", "fn f(v: real): real { ‹return› v; return v }", "misplaced-return"],
  ["two values for one result", "fn f(v: real): real { return (‹v, 2 * v›) }", "misplaced-return"],
  ["one value for two results", "fn f(v: real): (a: real, b: real) { return ‹v› }", "misplaced-return"],
  ["a name for the only result", "fn f(v: real): (‹a›: real) { return v }", "misplaced-return"],
  [
    "one derivative for two results",
    "fn f(v: real): (a: real, b: real) { return (v, 2 * v) derivative(dv) = ‹dv› }",
    "misplaced-derivative",
  ],
  ["several names for a product", "cell A(H) { input x: [H] a, b = ‹2 * x› output y = a }", "misplaced-rounds"],
  ["a call of what has no name", "cell A(H) { input x: [H] output y = x[0:1]‹(›x) }", "not-callable"],
  ["several values as an argument", "cell A(H) { input x: [H] output y = tanh((x‹,› x)) }", "unexpected-token"],
  ["return in a cell", "cell A() { ‹return› x\n a = 1 }", "misplaced-return"],
  [
    "documentation of nothing",
    "cell A() { a = 1 ‹/// one›\n b =\n ‹/// two›\n 2\n ‹/// three›\n }\n‹/// four›",
    ...Array.from({ length: 4 }, () => "dangling-documentation"),
  ],
  ["documentation of an import", 'import { A } from "x"\n‹/// B›\nimport { B } from "x"', "dangling-documentation"],
  [
    "a comment that was to divide",
    "cell A() { a = b ‹// 2›\n c = b(3) ‹//2 + 1›\n d = h' ‹// 2 * e›\n f = [b ‹// N] + 1›\n ]}",
    ...Array.from({ length: 4 }, () => "quotient-as-comment"),
  ],
  [
    "comments that divide nothing",
    "cell A() { a = b // 2 layers\n c = d // N\n e = 1 // 2-layer\n f = 1 + // 2\n 3\n // 2\n }",
  ],
  [
    "several values for several names",
    "cell A() { a', b' = (‹c, d›)\n e, f = (‹c, d, g›) }",
    "misplaced-rounds",
    "misplaced-rounds",
  ],
  ["a head of the file", '/// A\n/// b\nimport { A } from "x"'],
  ["an open comment", "cell A() { a = 1 }\n‹/*› more", "unterminated-comment"],
  ["/*/ is open", "cell A() { a = 1 }\n‹/*›/", "unterminated-comment"],
  ["an open string", 'import { A } from ‹"x›\ncell A() {}', "unterminated-string"],
];

describe("errors", () => {
  test.each(cases)("%s", (_title, marked, ...expected) => {
    const { text, spans } = unmark(marked);
    const { diagnostics } = parseText(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(expected);
    expect(diagnostics.map(({ span }) => [span.start, span.end])).toEqual(spans);
  });

  test("helps", () => {
    const helpOf = (text: string): string | undefined => parseText(text).diagnostics[0]?.help;
    expect(helpOf("cell A() { y = if a then b }")).toContain("else");
    expect(helpOf("cell A() { y = (W)' @ x }")).toContain("transpose");
    expect(helpOf("cell A() { y = h'' }")).toContain("`'` is one step");
    expect(helpOf("cell A() { y = 0x10 }")).toContain("this is `16`");
    expect(helpOf("cell A() { y = 0b11 }")).toContain("this is `3`");
    expect(helpOf("cell A() { y = 0xffffffffffffffff }")).toMatch(/decimal digits.*`1e-3`$/u);
    expect(helpOf("cell A() { y = 1_000_000 }")).toContain("digits are not grouped: `1000000`");
    expect(helpOf("cell A() { y = 2x }")).toContain("`2 * x`");
    expect(helpOf("cell A() { y = x[::2] }")).toContain("no step");
    expect(helpOf("cell A() { y = x[0:8:2] }")).toContain("no step");
    expect(helpOf('import * as cells from "./a.cell"')).toContain("import { GRU, LSTM as Memory }");
    expect(helpOf("cell A() { y = a < b < c }")).toContain("a < b and b < c");
    expect(helpOf("cell A() { y = (a = b) }")).toContain("==");
    expect(helpOf("cell A() { y = x.sum() }")).toContain("there are no methods: write `sum(…)`");
    expect(helpOf("cell A() { y = 1\n h x = 2 }")).toContain("operator");
    expect(helpOf("cell A() { y = x\n weight V: [H] }")).toContain("`param W: [H, I]`");
    expect(helpOf("cell A() { buffer V: [H] }")).toContain("`state h: [H]`");
    expect(helpOf("cell A() { y = x\n def f(x) }")).toContain("`fn f(v: [n])");
    expect(helpOf("cell A() { y = x\n output h }")).toBe("an output has a name and a value: `output y = h`");
    expect(helpOf("cell A() { input x: [I], z: [H] }")).toContain("each type has a declaration of its own");
    expect(helpOf("cell A() { y = 1\n for l in 0..L {\n h = l } }")).toContain("no loops");
    expect(helpOf("cell A() { let z = x }")).toContain("needs no keyword");
    expect(helpOf("cell A(H: int) { y = 1 }")).toContain("a dimension stands without a type");
    expect(helpOf("cell A() { y = 2(x) }")).toContain("`*`");
    expect(helpOf("cell A() { y = √x }")).toContain("sqrt(x)");
    expect(helpOf("cell A() { input x: float }")).toContain("real");
    expect(helpOf("import { A } from './a.cell'")).toContain('"');
  });
});

describe("the table of codes", () => {
  test.each(Object.keys(syntaxCodes) as (keyof typeof syntaxCodes)[])("the example of %s gives it", (code) => {
    const found = parseText(codes[code].example).diagnostics;
    const others = code === "too-many-errors" ? ["foreign-operator"] : [];
    expect(found[found.length - 1]).toMatchObject({ code, severity: codes[code].severity });
    expect([...new Set(found.map((diagnostic) => diagnostic.code))]).toEqual([...others, code]);
    if (code !== "too-many-errors") expect(found.length).toBe(1);
  });
});
