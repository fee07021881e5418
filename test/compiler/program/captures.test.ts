/** Functions that read values of their cell, against the same functions with arguments. */
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { evaluate, lower } from "./support.js";

/** The same cell twice: with what functions read, and with it given to them. */
const pairs: readonly (readonly [string, string, string])[] = [
  [
    "a param and an equation",
    `cell A(H) { input x: [H] state h: [H] param U: [H, H] param g: [H] gain = exp(g)
       fn layer(v: [H]): [H] { return v + gain * tanh(U @ v) } h' = layer(layer(h + x)) output y = h' }`,
    `fn layer(v: [n], U: [n, n], gain: [n]): [n] { return v + gain * tanh(U @ v) }
     cell A(H) { input x: [H] state h: [H] param U: [H, H] param g: [H] gain = exp(g)
       h' = layer(layer(h + x, U, gain), U, gain) output y = h' }`,
  ],
  [
    "a context, and an initial value",
    `cell A(H) { input x: [H] context m: [S, H] fn read(v: [H]): [H] { return softmax(m @ v) @ m }
       state h: [H] = read(fill(1, [H])) h' = h + read(x) output y = h' }`,
    `fn read(m: [s, n], v: [n]): [n] { return softmax(m @ v) @ m }
     cell A(H) { input x: [H] context m: [S, H]
       state h: [H] = read(m, fill(1, [H])) h' = h + read(m, x) output y = h' }`,
  ],
  [
    "a name that a function between them hides",
    `cell A(H) { input x: [H] param w: [H] fn inner(v: [H]): [H] { return w * v }
       fn outer_one(w: [H]): [H] { return w + inner(2 * w) } output y = outer_one(x) }`,
    `cell A(H) { input x: [H] param w: [H] fn inner(v: [H], w: [H]): [H] { return w * v }
       fn outer_one(w: [H], own: [H]): [H] { return w + inner(2 * w, own) } output y = outer_one(x, w) }`,
  ],
  [
    "a param, for each value of an index",
    `cell A(H, N) { input x: [H] param W: [N, H, H] param g: [H] fn f(v: [H]): [H] { return tanh(g * v) }
       output y[n] = f(W[n] @ x) }`,
    `fn f(v: [k], g: [k]): [k] { return tanh(g * v) }
     cell A(H, N) { input x: [H] param W: [N, H, H] param g: [H] output y[n] = f(W[n] @ x, g) }`,
  ],
  [
    "an equation, in an initial value and in the context of a used cell",
    `cell B(H) { input x: [H] context c: [H] output y = c * x }
     cell A(H) { input x: [H] param w: [H] a = exp(w) fn f(s: real): [H] { return s * a }
       use l = B(H) state h: [H] = f(2) h' = h + l(x, f(3)) output y = h' }`,
    `fn f(s: real, a: [n]): [n] { return s * a }
     cell B(H) { input x: [H] context c: [H] output y = c * x }
     cell A(H) { input x: [H] param w: [H] a = exp(w)
       use l = B(H) state h: [H] = f(2, a) h' = h + l(x, f(3, a)) output y = h' }`,
  ],
  [
    "params of each instance of a used cell",
    `cell B(H) { input x: [H] param w: [H] fn f(v: [H]): [H] { return w * v } output y = f(f(x)) }
     cell A(H) { input x: [H] use a = B(H) use b = B(H) output y = a(b(x)) }`,
    `cell B(H) { input x: [H] param w: [H] output y = w * (w * x) }
     cell A(H) { input x: [H] use a = B(H) use b = B(H) output y = a(b(x)) }`,
  ],
];

const sizes = (text: string) => (text.includes("A(H, N)") ? { H: 2, N: 3 } : { H: 2 });

describe("functions that read values of their cell", () => {
  it.each(pairs)("give the operations of functions with arguments: %s", (_what, captured, given) => {
    const [a, b] = [captured, given].map((text) => lower(text, sizes(text)));
    expect(printFunction(a!.step)).toBe(printFunction(b!.step));
    expect(a!.initial && printFunction(a!.initial)).toBe(b!.initial && printFunction(b!.initial));
  });

  it("compute with them", () => {
    const { y } = evaluate(lower(pairs[2]![1], { H: 2 }).step, { x: [1, 2], w: [3, 5] });
    expect([...y!.data]).toEqual([7, 22]);
  });
});
