/** Texts are split into tokens, and what is none is told with its place. */
import { expect, it, test } from "vitest";
import { splitTokens, TokenCursor } from "../../../../compiler/base/types/token-cursor.js";

const pattern = /\s+|;.*|(\w+|[()])/gu;

function split(text: string) {
  return splitTokens(text, pattern, (from, to) => {
    throw new RangeError(`${from} to ${to}`);
  });
}

it("says where tokens and comments begin, and leaves space out", () => {
  expect(split("a (bc) ; of it")).toEqual([
    { text: "a", place: 0, kind: "token" },
    { text: "(", place: 2, kind: "token" },
    { text: "bc", place: 3, kind: "token" },
    { text: ")", place: 5, kind: "token" },
    { text: "; of it", place: 7, kind: "comment" },
  ]);
});

test.each([
  ["a ? b", "2 to 3"],
  ["a b !", "4 to 24"],
])("%s has text that is no token", (text, where) => {
  expect(() => split(text)).toThrow(where);
});

class Words extends TokenCursor {
  constructor(text: string) {
    super(text.split(" "), "the end");
  }

  symbol(): string {
    return this.take();
  }

  fail(problem: string): never {
    throw new SyntaxError(problem);
  }
}

it("goes from left to right, up to the end and no further", () => {
  const words = new Words("a b c");
  expect([words.next, words.peek(2), words.peek(3)]).toEqual(["a", "c", "the end"]);
  expect([words.accept("b"), words.accept("a"), words.next]).toEqual([false, true, "b"]);
  words.expect("b", "c");
  expect([words.atEnd, words.take()]).toEqual([true, "the end"]);
});

it("tells what was expected and what came", () => {
  expect(() => new Words("a b").expect("a", "c")).toThrow("expected c, found b");
  expect(() => new Words("a").expect("a", "b")).toThrow("expected b, found the end");
  expect(() => new Words("a").expected("a number")).toThrow("expected a number, found a");
});
