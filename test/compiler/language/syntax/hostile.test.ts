import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticCollector } from "../../../../compiler/base/diagnostics/diagnostic.js";
import { lex } from "../../../../compiler/language/syntax/lexer.js";
import { printSourceFile } from "../../../../compiler/language/syntax/print-ast.js";
import { SyntaxReporter } from "../../../../compiler/language/syntax/reporter.js";
import { Separator } from "../../../../compiler/language/syntax/tokens.js";
import { fuzzParameters, isFuzzing } from "../../../support/fuzz.js";
import { mutated, tokenSoup } from "../../../support/mutate-text.js";
import { parseClean, parseText, withoutPlaces } from "../../../support/syntax.js";

const gru = `import { LSTM as Lower, norm } from "std/cells" // from the library

/// Gated recurrent unit; the reset gate acts after the product.
cell GRU(I, H, eps: real = 1e-5) { // open
  input x: [I]
  input token: index(V)
  state h: [H] = h0 /* learned */
  param W_r, W_z, W_n: [H, I] ~ uniform(1 / sqrt(H))
  use lower = Lower(I, H, eps = 1e-3)

  fn scale(v: [n], g: real): [n] {
    // inner
    d = v - mean(v)
    return d * g
  }
  /// reset
  r  = σ(W_r · x + U_r @ h + b_r); z = σ(W_z @ x)
  n  = tanh(W_n @ x + r ⊙ (U_n @ h)[0:H])
  h' = if sum(n) < 0 and not (z > 1) then (1 - z) * n + z * h else -n² ^ 2
  s' = lower(x).y + lower.h'[1:, :]
  output y = reshape(h', [H, 1])
}
`;

const attention = `cell Attend(D) {
  input q: [D]  context m: [S, D]
  a = softmax(m @ q, axis = 0)
  output y = concat(a @ m, q) output w = a
}
fn f(x: real): real { return x } // end`;

const sources = [gru, attention];

/** What must hold for any text at all. */
function survives(text: string): void {
  const { tree, diagnostics } = parseText(text);
  for (const { span, message } of diagnostics) {
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.end).toBeLessThanOrEqual(text.length);
    expect(message).not.toMatch(/undefined|NaN|EOF|\[object/);
  }
  const printed = printSourceFile(tree);
  if (!diagnostics.some(({ severity }) => severity === "error")) {
    const again = parseText(printed).tree;
    expect(withoutPlaces({ ...again, comments: [] })).toEqual(withoutPlaces({ ...tree, comments: [] }));
    expect(again.comments.map((comment) => comment.text)).toEqual(tree.comments.map((comment) => comment.text));
    expect(printSourceFile(again)).toBe(printed);
    // A text without errors loses nothing on its way through the tree.
    expect(words(printed)).toEqual(words(text));
  }
}

/** The words of a text in canonical spelling, in its order. */
function words(text: string): string[] {
  const { tokens } = lex(text, new SyntaxReporter(new DiagnosticCollector(), "test.cell"));
  return tokens
    .filter(({ tokenType }) => tokenType !== Separator)
    .flatMap(({ payload }) => payload.text.match(/^[A-Za-z_]\w*$/) ?? []);
}

describe("any text", () => {
  test("the sources that are torn apart are good ones", () => {
    for (const source of sources) {
      parseClean(source);
      survives(source);
    }
  });

  test("random strings", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), survives), fuzzParameters(500));
    fc.assert(fc.property(fc.string({ maxLength: 200 }), survives), fuzzParameters(500));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => String.fromCharCode(...data));
    fc.assert(fc.property(bytes, survives), fuzzParameters(500));
    const units = fc.array(fc.nat({ max: 0xffff }), { maxLength: 100 }).map((data) => String.fromCharCode(...data));
    fc.assert(fc.property(units, survives), fuzzParameters(500));
  });

  test("token soup", () => {
    fc.assert(fc.property(tokenSoup, survives), fuzzParameters(1500));
    fc.assert(
      fc.property(tokenSoup, (soup) => survives(`cell A(H) {\n  input x: [H]\n  a = ${soup}\n  b = 2\n}`)),
      fuzzParameters(1500),
    );
  });

  test("mutated sources", () => {
    fc.assert(fc.property(mutated(sources), survives), fuzzParameters(1500));
  });

  test("prefixes", () => {
    for (let end = 0; end <= gru.length; end += 1) survives(gru.slice(0, end));
  });

  test("an error in one item leaves the others alone", () => {
    const items = [
      "a = b",
      "input x: [H]",
      "state h: [H] = 0",
      "param W: [H] ~ zeros",
      "h' = a",
      "output y = f(x, k = 1)",
    ];
    const broken = [
      "c = ",
      "c = (d",
      "c = d)",
      "c = d e",
      "param d",
      "input d",
      "output e",
      "c = [",
      "c = if a then",
      "c = W @",
      "param c: [H",
      "c = f(,)",
      "use c",
      "c =",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...items, ...broken), { maxLength: 12 }), (chosen) => {
        const { tree, diagnostics } = parseText(`cell A(H) {\n${chosen.join("\n")}\n}`);
        const cell = tree.declarations[0];
        const good = chosen.filter((item) => items.includes(item)).length;
        expect(diagnostics.length).toBe(chosen.length - good);
        expect(cell?.kind === "cell" && cell.items.length).toBeGreaterThanOrEqual(good);
      }),
      fuzzParameters(100),
    );
  });
});

const fill = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length));

function reportsFew(piece: string, length: number): void {
  for (const text of [fill(piece, length), `cell A { a = ${fill(piece, length)}`]) {
    expect(parseText(text).diagnostics.length).toBeLessThanOrEqual(202);
  }
}

describe("size", () => {
  test.each(["a ", "(", "a^", "a = ", "x = (\n", "€", "/*", "return 1 ", "a\n\n", "/// d\n"])(
    "a text that is long and full of %j",
    (piece) => {
      reportsFew(piece, isFuzzing ? 1_000_000 : 200_000);
    },
  );

  test.each([
    ...[
      "[",
      "{",
      "- ",
      "not ",
      "if ",
      "€ ",
      "\0",
      "'",
      '"',
      "// c\n",
      "\ud800",
      "cell A { ",
      "} ",
      "fn f(",
      "else if ",
      ",",
    ],
    ...["import { ", "é", "x", "9", "#\n", " \n", "1 ", "cell A() {}\n", "fn f(): real { return 1 }\n", "2x ", "// "],
    ...["a_{1}", "^", "a.", "[a,", "f(a,", "\r", "₁", "σ(", "h' = 1;", "/**/", "a/**/", "\u0303", "ﬀ", "🚀"],
  ])("a text full of %j", (piece) => {
    reportsFew(piece, isFuzzing ? 100_000 : 20_000);
  });

  test("many good equations", () => {
    const count = isFuzzing ? 70_000 : 20_000;
    const cell = parseClean(`cell A {\n${"a = b + c * d\n".repeat(count)}}`).declarations[0];
    expect(cell?.kind === "cell" && cell.items.length).toBe(count);
  });

  test("long flat expressions are refused, not followed into the depth", () => {
    const codeOf = (text: string): string[] =>
      parseText(`cell A { a = ${text}\n b = 1 }`).diagnostics.map(({ code }) => code);
    expect(codeOf("a" + " + a".repeat(30_000))).toEqual(["expression-too-large"]);
    expect(codeOf("a" + " ^ a".repeat(30_000))).toEqual(["expression-too-large"]);
    expect(codeOf("-".repeat(30_000) + "a")).toEqual(["expression-too-large"]);
    expect(codeOf("not ".repeat(30_000) + "a")).toEqual(["expression-too-large"]);
    expect(codeOf("a" + ".b".repeat(30_000))).toEqual(["expression-too-large"]);
    expect(codeOf("a" + "[0]".repeat(30_000))).toEqual(["expression-too-large"]);
    expect(codeOf("if a then b else ".repeat(15_000) + "c")).toEqual(["expression-too-large"]);
    expect(codeOf(`f(${"a, ".repeat(30_000)}a)`)).toEqual(["expression-too-large"]);
    expect(codeOf("a" + " + a".repeat(499))).toEqual([]);
    expect(codeOf("a" + " + a".repeat(500))).toEqual(["expression-too-large"]);
  });

  test.each([
    ["(", ")"],
    ["f(", ")"],
    ["[", "]"],
    ["x[", "]"],
    ["f(k = ", ")"],
    ["-(", ")"],
    ["(1 + ", " * 2)"],
    ["if ", " then b else c"],
    ["if a then ", " else c"],
    ["(if a then b else ", ")"],
    ["if a then b else (", ")"],
  ])("nesting of %s … %s", (open, close) => {
    const nested = (depth: number): string[] => {
      const { diagnostics } = parseText(`cell A { a = ${open.repeat(depth)}x${close.repeat(depth)} }`);
      return diagnostics.map(({ code }) => code);
    };
    expect(nested(90)).toEqual([]);
    expect(nested(250)).toEqual(["nesting-too-deep"]);
    expect(nested(30_000)).toEqual(["nesting-too-deep"]);
  });

  test("a parser that failed is as good as new", () => {
    const before = withoutPlaces(parseClean(gru));
    for (const text of [fill("a = ", 10_000), "cell A { a = ((((((", "cell A(", "}{)("]) parseText(text);
    expect(withoutPlaces(parseClean(gru))).toEqual(before);
  });
});
