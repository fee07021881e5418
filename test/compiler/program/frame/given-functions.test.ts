/** Functions as arguments, against the same functions called by their names. */
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { lower } from "../support.js";

const pairs: readonly (readonly [string, string, string])[] = [
  [
    "a function of the file, for two lengths",
    `fn half(v: [n]): [n] { return v / 2 } fn twice(f: fn([m]): [m], v: [m]): [m] { return f(f(v)) }
     cell A(H, N) { input x: [H] input z: [N] output y = twice(half, x) output w = twice(half, z) }`,
    `fn half(v: [n]): [n] { return v / 2 } fn twice(v: [m]): [m] { return half(half(v)) }
     cell A(H, N) { input x: [H] input z: [N] output y = twice(x) output w = twice(z) }`,
  ],
  [
    "a function that reads params, handed on, for each value of an index",
    `fn inner(f: fn([n], real): [n], v: [n]): [n] { return f(v, 2) + v } fn outer_one(g: fn([n], real): [n], v: [n]): [n] { return inner(g, g(v, 3)) }
     cell A(H, N) { input x: [H] param W: [H, H] b = exp(W[0]) fn layer(v: [H], s: real): [H] { return tanh(s * (W @ v) + b) }
       output y[n < N] = outer_one(layer, x * n) }`,
    `cell A(H, N) { input x: [H] param W: [H, H] b = exp(W[0]) fn layer(v: [H], s: real): [H] { return tanh(s * (W @ v) + b) }
       fn inner(v: [H]): [H] { return layer(v, 2) + v } fn outer_one(v: [H]): [H] { return inner(layer(v, 3)) }
       output y[n < N] = outer_one(x * n) }`,
  ],
  [
    "a function that reads params, from another function of the cell above it",
    `fn one(f: fn([n]): [n], v: [n]): [n] { return f(v) }
     cell A(H, N) { input x: [H] param W: [H, H] fn g(z: [H]): [H] { return one(field, z) } fn field(v: [H]): [H] { return W @ v } output y = g(x) }`,
    `cell A(H, N) { input x: [H] param W: [H, H] output y = W @ x }`,
  ],
  [
    "in rounds",
    `fn step(f: fn([n]): [n], v: [n]): [n] { return v + 0.1 * f(v) }
     cell A(H, N) { input x: [H] param U: [H, H] fn field(v: [H]): [H] { return U @ v } r = x then step(field, r) for 3 output y = r }`,
    `cell A(H, N) { input x: [H] param U: [H, H] fn field(v: [H]): [H] { return U @ v } fn step(v: [H]): [H] { return v + 0.1 * field(v) }
       r = x then step(r) for 3 output y = r }`,
  ],
];

describe("functions as arguments", () => {
  it.each(pairs)("give the operations of calls by name: %s", (_what, given, named) => {
    const [a, b] = [given, named].map((text) => lower(text, { H: 2, N: 3 }));
    expect(printFunction(a!.step)).toBe(printFunction(b!.step));
  });
});
