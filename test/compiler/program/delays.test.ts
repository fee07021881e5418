/** Delays: against states that are shifted by hand, and as what they are along the steps. */
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { evaluate, lower, type Sizes } from "./support.js";

/** A cell with delays, one with states, and what the states of the second are called in the first. */
const pairs: readonly (readonly [string, string, string, Readonly<Record<string, string>>, Sizes])[] = [
  [
    "a delay by a dimension",
    "cell A(H, K) { input x: [H] a = delay(x, by = K) output y = a + x }",
    "cell A(H, K) { input x: [H] state s: [K, H] s' = concat(stack(x), s[:K - 1]) a = s[K - 1] output y = a + x }",
    { "a.past": "s" },
    { H: 2, K: 3 },
  ],
  [
    "a delay by one step",
    "cell A(H) { input x: [H] output y = x - delay(x, by = 1) }",
    "cell A(H) { input x: [H] state s: [1, H] s' = stack(x) output y = x - s[0] }",
    { "y.past": "s" },
    { H: 2 },
  ],
  [
    "a number, with a first value that is learned",
    "cell A(K) { input x: real param v: real output y = delay(square(x), by = K + 1, first = 2 * v) }",
    `cell A(K) { input x: real param v: real state s: [K + 1] = 2 * v s' = concat(stack(square(x)), s[:K])
       output y = s[K] }`,
    { "y.past": "s" },
    { K: 3 },
  ],
  [
    "first values for each step",
    "cell A(H, K) { input x: [H] param v: [K, H] output y = delay(first = v, x = x, by = K) }",
    `cell A(H, K) { input x: [H] param v: [K, H] state s: [K, H] = v s' = concat(stack(x), s[:K - 1])
       output y = s[K - 1] }`,
    { "y.past": "s" },
    { H: 2, K: 3 },
  ],
  [
    "the last values",
    "cell A(H, K) { input x: [H] param w: [K, H] output y = sum(w * past(x, K), axis = 0) }",
    `cell A(H, K) { input x: [H] param w: [K, H] state s: [K, H] s' = concat(stack(x), s[:K - 1])
       output y = sum(w * s', axis = 0) }`,
    { "y.past": "s" },
    { H: 2, K: 3 },
  ],
  [
    "the last values of which there is one",
    "cell A(H, K) { input x: [H] output y = past(x, K)[0] }",
    "cell A(H, K) { input x: [H] state s: [K, H] s' = concat(stack(x), s[:K - 1]) output y = s'[0] }",
    { "y.past": "s" },
    { H: 2, K: 1 },
  ],
  [
    "what depends on its own past",
    "cell A(H) { input x: [H] s = x + 0.5 * delay(s, by = 3) output y = s }",
    `cell A(H) { input x: [H] state p: [3, H] s = x + 0.5 * p[2] p' = concat(stack(s), p[:2]) output y = s }`,
    { "s.past": "p" },
    { H: 2 },
  ],
  [
    "a product with its own past",
    "cell A(I, H) { input x: [I] param W: [H, I] param U: [H, H] output h = tanh(W @ x + U @ delay(h, by = 1)) }",
    `cell A(I, H) { input x: [I] param W: [H, I] param U: [H, H] state p: [1, H] p' = stack(h)
       output h = tanh(W @ x + U @ p[0]) }`,
    { "h.past": "p" },
    { I: 2, H: 3 },
  ],
  [
    "two that need each other's past, through a function",
    `fn f(v: [n], w: [n]): [n] { return v - 0.5 * w }
     cell A(H) { input x: [H] a = delay(b, by = 2, first = zeros([H])) b = f(x, c) c = delay(a, by = 1) output y = b }`,
    `fn f(v: [n], w: [n]): [n] { return v - 0.5 * w }
     cell A(H) { input x: [H] state s: [2, H] = zeros([H]) state t: [1, H] b = f(x, c) c = t[0] s' = concat(stack(b), s[:1])
       t' = stack(a) a = s[1] output y = b }`,
    { "a.past": "s", "c.past": "t" },
    { H: 2 },
  ],
  [
    "a delay in the next value of a state, and one in a used cell",
    `cell B(H) { input x: [H] output y = x * delay(x, by = 2) }
     cell A(H) { input x: [H] use b = B(H) state h: [H] h' = b(delay(h, by = 2)) + x output y = h' }`,
    `cell B(H) { input x: [H] state s: [2, H] s' = concat(stack(x), s[:1]) output y = x * s[1] }
     cell A(H) { input x: [H] use b = B(H) state h: [H] state p: [2, H] p' = concat(stack(h), p[:1])
       h' = b(p[1]) + x output y = h' }`,
    { "h.past": "p", "b.y.past": "b.s" },
    { H: 2 },
  ],
  [
    "a run-time axis",
    "cell A(D) { input q: [D] context m: [S, D] output a = softmax(m @ q - delay(a, by = 2)) }",
    `cell A(D) { input q: [D] context m: [S, D] state p: [2, S] p' = concat(stack(a), p[:1])
       output a = softmax(m @ q - p[1]) }`,
    { "a.past": "p" },
    { D: 2 },
  ],
];

/** Values of `y` along the steps, which `a` has in them. */
function run(source: string, sizes: Sizes, a: readonly number[]): number[] {
  const { step, states } = lower(source, sizes);
  let given: Record<string, readonly number[]> = {};
  return a.map((value, t) => {
    const results = evaluate(step, { ...given, x: [t + 1], a: [value] });
    given = Object.fromEntries(states.map(({ name }) => [name, [...(results[name]?.data ?? [])]]));
    return results["y"]?.data[0] ?? NaN;
  });
}

/** As a text, with the names of the other. */
function graphs(source: string, sizes: Sizes, names: Readonly<Record<string, string>>): string[] {
  const cell = lower(source, sizes);
  return [cell.step, ...(cell.initial === undefined ? [] : [cell.initial])].map((fn) =>
    Object.entries(names).reduce((text, [from, to]) => text.replaceAll(from, to), printFunction(fn)),
  );
}

describe("delays", () => {
  it.each(pairs)("are states that are shifted: %s", (_what, delays, states, names, sizes) => {
    expect(graphs(delays, sizes, names)).toEqual(graphs(states, sizes, {}));
  });

  it("by a real number give what lies between two steps", () => {
    const cell = "cell A(M) { input x: real input a: real output y = delay(x, by = a, most = M) }";
    const steps = [1, 1, 1, 2.5, 2, 1.25, 4, 9, 3.75, -1, NaN];
    const expected = [0, 1, 2, 1.5, 3, 4.75, 3, 4, 5.25, 9, NaN];
    expect(run(cell, { M: 4 }, steps)).toEqual(expected);
    const squares =
      "cell A(M) { input x: real input a: real output y = delay(stack(x, 1 / x), by = sum([a]), most = M)[0] }";
    expect(run(squares, { M: 4 }, steps)).toEqual(expected);
    const whole = run("cell A { input x: real input a: real output y = delay(x + a, by = 3) }", {}, steps);
    expect(run("cell A { input x: real input a: real output y = delay(x + a, by = 3, most = 3) }", {}, steps)).toEqual(
      whole,
    );
  });

  it.each([1, 2, 5])("by %d give the sequence shifted", (K) => {
    const cell = lower("cell A(K) { input x: real param v: real output y = delay(x, by = K, first = v) }", { K });
    const x = Array.from({ length: 8 }, (_, t) => Math.sin(t));
    let past = [...(evaluate(cell.initial as never, { v: [7] })["y.past"]?.data ?? [])];
    const y = x.map((value) => {
      const results = evaluate(cell.step, { x: [value], "y.past": past });
      past = [...(results["y.past"]?.data ?? [])];
      return results["y"]?.data[0];
    });
    expect(y).toEqual([...new Array<number>(K).fill(7), ...x].slice(0, x.length));
  });
});
