import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printSourceFile } from "../../../../compiler/language/syntax/print-ast.js";
import { arbitraryExpression } from "../../../support/arbitrary-ast.js";
import { parseClean, parseText, withoutPlaces } from "../../../support/syntax.js";

const format = (text: string): string => printSourceFile(parseClean(text));

describe("formatting", () => {
  test("sections of arrays, rounds from a number on, states by path, settings", () => {
    const text = `network N(H, L; T) {
  input x: [T, H]
  setting drop: real = 0.1
  use l[0] = B(H)
  use l[1:L] = B(H)

  r = l[0](x, rnn.h = 0) then l[k](r) for 1 <= k < L

  output y = drop * r
}
`;
    expect(format(text)).toBe(text);
  });

  test("parameters that are cells, in one line or in several", () => {
    const text = `network N(Cell: cell(I, H) { input x, z: [I]; state h: [H] }, I, H, B: cell(I, H) = GRU; T) {
}

network M(
  Read: network(I, H; S >= 1) { input source: [S, I]; output memory: [S, H]; output end: [H] },
  Say: network(I, H; S >= 1, T) {
    input previous: index(I)[T]
    input memory: [S, H]
    output said: complex[T, H]
    output look: [T, S]
  },
  Nothing: cell(I) {},
  I
) {
}
`;
    expect(format(text)).toBe(text);
    expect(format(text.replaceAll(/\n {2,}/gu, " ").replaceAll("; output", " output"))).toBe(text);
  });

  test.each([
    [
      "of a file, and of what it begins with",
      "/// Both.\n/// They are alike.\n\n/// One.\nfn f(x: real): real {\n  return x\n}\n",
    ],
    ["of a file that begins with imports", '/// All.\n/// Of it.\nimport { A } from "x"\n\ncell B(H) {\n}\n'],
    ["of a file, and a comment", "/// All.\n\n// A note.\ncell A(H) {\n}\n"],
    ["of a file, and nothing else", "/// One.\n\n// Two.\n"],
  ])("documentation %s stays apart", (_, text) => {
    expect(format(text)).toBe(text);
  });

  test("what documents an import becomes a comment, where it stood", () => {
    const read = parseText('import { A } from "x"\n\n/// Of none.\nimport { B } from "y"\n').tree;
    expect(printSourceFile(read)).toBe('import { A } from "x"\n\n// Of none.\nimport { B } from "y"\n');
  });

  test("puts everything in its place and keeps comments and blank lines", () => {
    const text = `// header


/* block
   of two lines */ import {A,B as C} from "x" // imp
import {D} from "y"
/// A gated cell.
cell GRU(I,H,eps:real=1e-5){ // open
  input x:[I]   // the input

  state h:[H]=0
  // weights
  param W_r,W_z:[H,I]~uniform(1/sqrt(H))
  param b: [H] ~ zeros
  r=σ(W_r@x + // inside
     b); long_name = ((r))
  /// gate
  h'=(1-r)*x+r*h

  // apart
  k = 1
  fn f(v:[n],g:real):[n]{
    // inner
    d = v
    return d*g // done
    // last
  } // after f
  output y=h' // out
  // end
} // after
// tail`;
    const formatted = format(text);
    expect(formatted).toBe(`// header

/* block
   of two lines */
import { A, B as C } from "x" // imp
import { D } from "y"

/// A gated cell.
cell GRU(I, H, eps: real = 1e-5) { // open
  input x: [I] // the input

  state h: [H] = 0
  // weights
  param W_r, W_z: [H, I] ~ uniform(1 / sqrt(H))
  param b: [H] ~ zeros

  // inside
  r         = sigmoid(W_r @ x + b)
  long_name = r
  /// gate
  h' = (1 - r) * x + r * h

  // apart
  k = 1

  fn f(v: [n], g: real): [n] {
    // inner
    d = v
    return d * g // done
    // last
  } // after f

  output y = h' // out
  // end
} // after
// tail
`);
    expect(format(formatted)).toBe(formatted);
  });

  test("breaks what is too long", () => {
    const name = "a_rather_long_name";
    const sum = Array.from({ length: 7 }, (_, index) => `${name}_${index}`).join(" + ");
    const formatted = format(`cell A() { a = ${sum} b = if ${name} then f(${sum}) else ${name} }`);
    expect(formatted).toMatchInlineSnapshot(`
      "cell A() {
        a = a_rather_long_name_0
          + a_rather_long_name_1
          + a_rather_long_name_2
          + a_rather_long_name_3
          + a_rather_long_name_4
          + a_rather_long_name_5
          + a_rather_long_name_6
        b = if a_rather_long_name
            then f(
              a_rather_long_name_0
                + a_rather_long_name_1
                + a_rather_long_name_2
                + a_rather_long_name_3
                + a_rather_long_name_4
                + a_rather_long_name_5
                + a_rather_long_name_6
            )
          else a_rather_long_name
      }
      "
    `);
    for (const line of formatted.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(format(formatted)).toBe(formatted);
  });

  test("no comment is ever lost", () => {
    const places =
      "@cell@ A@(@H@,@ eps@:@ real@ =@ 1@)@ {@ input@ x@:@ [@H@]@ ;@ a@ =@ f@(@x@,@ k@ =@ 1@)@ fn@ g@(@v@:@ real@)@:@ real@ {@ return@ v@ }@ }@";
    const count = places.split("@").length - 1;
    const comment = fc.constantFrom("// c\n", "/* c */", "\n// c\n", "\n\n// c\n", "/* c\n   d */", "/* c */\n", "");
    fc.assert(
      fc.property(fc.array(comment, { minLength: count, maxLength: count }), (comments) => {
        let index = 0;
        const numbered = comments.map((text, place) => text.replace("c", `c${place}`));
        const { tree } = parseText(places.replace(/@/g, () => numbered[index++]!));
        const printed = printSourceFile(tree);
        const again = parseClean(printed);
        expect(again.comments.map(({ text }) => text)).toEqual(tree.comments.map(({ text }) => text));
        expect(tree.comments.length).toBe(comments.filter((text) => text !== "").length);
        expect(printSourceFile(again)).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  test("the fewest parentheses", () => {
    const span = { file: "", start: 0, end: 0 };
    const wrap = (value: unknown): string => {
      const equation = {
        kind: "equation",
        documentation: undefined,
        name: { text: "a", span },
        next: false,
        value,
        span,
      };
      const cell = {
        kind: "cell",
        form: "cell",
        name: { text: "A", span },
        documentation: undefined,
        parameters: [],
        runtime: [],
        entries: [],
        items: [equation],
        span,
      };
      return printSourceFile({ imports: [], declarations: [cell as never], comments: [], blankLines: [], span });
    };
    fc.assert(
      fc.property(arbitraryExpression, (expression) => {
        const text = wrap(expression);
        const tree = withoutPlaces(parseClean(text));
        for (const [open, close] of pairs(text)) {
          const without = `${text.slice(0, open)} ${text.slice(open + 1, close)} ${text.slice(close + 1)}`;
          const { tree: other, diagnostics } = parseText(without);
          if (diagnostics.length === 0) expect(withoutPlaces(other)).not.toEqual(tree);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Places of the parentheses that group: not those of calls and headers. */
function pairs(text: string): [number, number][] {
  const open: number[] = [];
  const found: [number, number][] = [];
  for (let index = text.indexOf("{"); index < text.length; index += 1) {
    if (text[index] === "(") open.push(index);
    if (text[index] === ")") {
      const start = open.pop()!;
      if (!/\w$/.test(text.slice(0, start)) || /\b(not|if|then|else|and|or)$/.test(text.slice(0, start)))
        found.push([start, index]);
    }
  }
  return found;
}
