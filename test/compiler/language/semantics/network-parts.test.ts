/** What is said of entries of networks that give, or are given, what they cannot; and that they are written as any other item. */
import { describe, expect, it } from "vitest";
import { check, format } from "../../../../compiler/index.js";

const told = (text: string): string[] => check(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);
const network = (items: string): string => `import { GRU } from "std/gru"
network A(H; T >= 1) {
  input x: [T, H]
  param W: [H]
  setting gain: real = 1
  use rnn = GRU(H, H)
  e = rnn(x)
  u = W * x * gain
  twice = 2 * u
  isLarge = twice > 1
  place = argmax(x, axis = T)
  output y = e + twice + (if isLarge then 1 else 0) + x[place[0]]
  loss far = sum(y, axis = [0, 1])
  ${items}
}`;

describe("entries", () => {
  it.each([
    ["entry part = u, e.h' given x", []],
    ["entry part = y given e, u", []],
    ["entry forward = y", []],
    ["entry part = u entry part = y", ["duplicate-name: there are two entries `part`"]],
    ["entry part = v", ["unknown-name: nothing is called `v` here"]],
    ["entry part = y given v", ["unknown-name: nothing is called `v` here"]],
    ["entry part = x", ["bad-entry: the input `x` is nothing that the network computes"]],
    ["entry part = W", ["bad-entry: the param `W` is nothing that the network computes"]],
    ["entry part = far", ["bad-entry: the loss `far` is of the whole network"]],
    ["entry part = u + 1", ["bad-entry: an entry gives equations by their names"]],
    ["entry part = u given u", ["bad-entry: `u` is given, so it is no result"]],
    ["entry part = u, u", ["duplicate-name: `u` stands here twice"]],
    ["entry part = y given W", ["bad-entry: the param `W` cannot be given"]],
    ["entry part = y given gain", ["bad-entry: the setting `gain` cannot be given"]],
    ["entry part = y given rnn", ["bad-entry: the used cell `rnn` cannot be given"]],
    ["entry part = y given far", ["bad-entry: the loss `far` cannot be given"]],
    ["entry part = y given isLarge", ["bad-entry: the equation `isLarge` is not made of real numbers or places, and a call gives no others"]], // prettier-ignore
    ["entry part = y given place", []],
    ["entry part = u given twice", ["given-not-needed: nothing in `part` reads `twice`"]],
    ["left = e.h' entry part = left given e", ["bad-entry: `e` is given, and `e.h'` of its call is read"]],
    ["entry part = e.h' given e", ["bad-entry: `e` is given, so it is no result"]],
    ["entry part = isLarge", ["truth-value-as-real: a truth value is not a real number"]],
    ["final = u entry part = y given final", ["reserved-name: `final` has a name that the module needs"]],
  ])("%s", (items, messages) => {
    expect(told(network(items)).map((message) => message.split("; ")[0])).toEqual(messages);
  });

  it("of a call with several values name one", () => {
    const text = (items: string): string => `cell C(H) { input x: [H] output a = x output b = 2 * x }
      network A(H; T) { input x: [T, H] use c = C(H) d = c(x) output y = d.a + d.b ${items} }`;
    expect(told(text("entry part = d.a, d.b"))).toEqual([]);
    expect(told(text("entry part = d"))).toEqual(["bad-entry: `d` has several values"]);
    expect(told(text("entry part = y given d"))).toEqual(["bad-entry: the equation `d` has several values"]);
  });

  it("are of networks alone, and results as outputs are", () => {
    expect(told("cell A(H) { input x: [H] y = 2 * x output z = y entry part = y }")).toEqual([
      "not-in-cell: `part` is an entry, and a cell has none",
    ]);
    expect(told("network A(H; T) { input x: [T, H] y = 2 * x entry part = y }")).toEqual([]);
  });

  it("have a line of their own, and their words are names elsewhere", () => {
    const text = `network A(H; T) {
  input x: [T, H]

  entry = 2 * x
  given = entry + 1

  output y = given

  /// The last part.
  entry entry = y given given
}
`;
    expect(told(text)).toEqual([]);
    expect(format(text.replace("y given given", "y\n    given   given")).text).toBe(text);
  });

  it("are given no equation of a length that values tell", () => {
    const text = `network W(; N) {
      input start: [N]
      said[t] = 2 * before(said, 0)[t] + start[t] over L <= N until said[t] > 9
      output words = said
      twice = 2 * said
      output more = twice
      entry next = twice given said
    }`;
    expect(told(text)).toEqual([
      "bad-entry: the equation `said` is as long as values tell, `L`, and a call gives no such length",
    ]);
    expect(told(text.replace("given said", "given start"))).toEqual([]);
  });
});
