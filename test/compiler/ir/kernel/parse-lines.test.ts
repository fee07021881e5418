/** What stands below what, and the tokens of a line. */
import { expect, test } from "vitest";
import { type Line, LineTokens, linesOf } from "../../../../compiler/ir/kernel/parse-lines.js";

const tree = (lines: readonly Line[]): unknown[] =>
  lines.map(({ tokens, below }) => (below.length === 0 ? tokens.join(" ") : [tokens.join(" "), ...tree(below)]));

test("lines further to the right are below the one before, empty ones nowhere", () => {
  expect(tree(linesOf("a\n  b\n\n    c\n  d\ne"))).toEqual([["a", ["b", "c"], "d"], "e"]);
});

test("numbers of lines, comments and tokens", () => {
  const [line] = linesOf('\n x.y[i*2 + %T] += "a b" ; what it is');
  expect(line).toMatchObject({ number: 2, comment: "what it is" });
  expect(line!.tokens).toEqual(["x.y", "[", "i", "*", "2", "+", "%T", "]", "+=", '"a b"']);
});

test.each([
  ["  a\nb", "line 2: is not in line with those above"],
  ["a\n   b\n  c", "line 3: is not in line with those above"],
  ["a $ b", 'line 1: unexpected text "$ b"'],
])("%j", (text, message) => {
  expect(() => linesOf(text)).toThrow(message);
});

test("tokens are taken one by one", () => {
  const tokens = new LineTokens(linesOf('for "a b" 12')[0]!);
  expect([tokens.next, tokens.accept("let"), tokens.accept("for"), tokens.name(), tokens.integer(), tokens.atEnd]).toEqual(["for", false, true, "a b", 12, true]); // prettier-ignore
  expect(() => tokens.name()).toThrow("line 1: expected a name, found the end of the line");
});
