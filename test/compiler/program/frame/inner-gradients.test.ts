/** Gradients inside of a cell that are 0 whatever the sizes: the number does not depend on what they are by. */
import { describe, expect, it } from "vitest";
import { check, compile } from "../../../../compiler/driver/compile.js";

const found = (items: string, functions = ""): string[] => {
  const text = `${functions} cell A(H) { input x: [H] state h: [H] param W, U: [H, H] ${items} h' = W @ h + U @ x }`;
  const { diagnostics } = compile(text, { dimensions: { H: 2 }, target: "js" });
  return diagnostics.map(({ code, message, span, related }) => {
    const of = related[0] && text.slice(related[0].span.start, related[0].span.end);
    return `${code} at ${text.slice(span.start, span.end)} of ${of ?? ""}: ${message}`;
  });
};

const checked = (items: string): string[] =>
  check(`cell A(H) { input x: [H] state h: [H] param W, U: [H, H] ${items} h' = W @ h + U @ x }`).diagnostics.map(({ message }) => message); // prettier-ignore

describe("a gradient by what a number does not depend on", () => {
  it.each<[string, readonly string[]]>([
    [
      "e = sum(W @ x) output y = gradient(e, by = U) @ x",
      ["at U of e: `e` does not depend on `U`, so this gradient is 0"],
    ],
    [
      "a = W @ x output y = gradient(sum(a), by = U) @ x",
      ["at U of sum(a): this number does not depend on `U`, so this gradient is 0"],
    ],
    [
      "e = sum(W @ x) a, b = gradient(e, by = (U, W)) output y = a @ x + b @ x",
      ["at U of e: `e` does not depend on `U`, so this gradient is 0"],
    ],
    ["e = sum(h' * x) output y = gradient(e, by = h)", []],
    [
      "e = sum(h * x) output y = gradient(e, by = h')",
      ["at h' of e: `e` does not depend on `h'`, so this gradient is 0"],
    ],
    // What is constant along the way is a derivative of 0, and may be something else elsewhere.
    ["e = sum(floor(W @ x)) output y = gradient(e, by = W) @ x", []],
    ["output y = x then y - 0.1 * gradient(sum(W @ y), by = y) for 3", []],
  ])("%s", (items, messages) => {
    expect(checked(items)).toEqual(messages.map((message) => message.slice(message.indexOf(": ") + 2)));
    expect(found(items)).toEqual(messages.map((message) => `gradient-without-influence ${message}`));
  });

  it("is said once of functions, which may be given something that matters elsewhere", () => {
    const slope =
      "fn slope(v: [n], w: [n], on: real): [n] { e = sum(if on > 0 then v * v else w) return gradient(e, by = v) }";
    expect(found("output y = slope(x, h, 1) + slope(h, x, 1)", slope)).toEqual([]);
    const none = "fn none(v: [n], w: [n]): [n] { e = sum(w) return gradient(e, by = v) }";
    expect(found("output y = none(x, h) + none(h, x)", none)).toEqual([
      "gradient-without-influence at v of e: `e` does not depend on `v`, so this gradient is 0",
    ]);
  });
});
