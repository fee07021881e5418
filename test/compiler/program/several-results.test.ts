/** Functions with several results, against functions with one, and gradients by several values against those by one. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { evaluate, lower } from "./support.js";

const polar = "fn polar(v: [n], w: [n]): (a: [n], b: real) { s = v * w return (v / (1 + s), sum(s)) }";
const ofPolar = `fn first(v: [n], w: [n]): [n] { s = v * w return v / (1 + s) }
  fn second(v: [n], w: [n]): real { s = v * w return sum(s) }`;

/** Each computes what the other does, though perhaps in another order. */
const pairs: readonly (readonly [what: string, several: string, one: string])[] = [
  [
    "by names, by members",
    `${polar} cell A(H) { input x: [H] input z: [H] p, q = polar(x, z) output y = p + q output u = polar(z, x).b }`,
    `${ofPolar} cell A(H) { input x: [H] input z: [H] output y = first(x, z) + second(x, z) output u = second(z, x) }`,
  ],
  [
    "in a function that reads params, and in rounds",
    `cell A(H) { input x: [H] input z: [H] param U: [H, H] fn two(v: [H]): (a: [H], b: [H]) { r = U @ v return (r, r * v) }
       fn both(v: [H]): [H] { a, b = two(v) return tanh(a + b) } output y = x then both(y) + two(y).a for 2 output u = z }`,
    `cell A(H) { input x: [H] input z: [H] param U: [H, H] fn one(v: [H]): [H] { return U @ v } fn other(v: [H]): [H] { return (U @ v) * v }
       fn both(v: [H]): [H] { return tanh(one(v) + other(v)) } output y = x then both(y) + one(y) for 2 output u = z }`,
  ],
  [
    "for each value of an index, in an initial value",
    `${polar} cell A(H) { input x: [H] input z: [H] param U: [H, H] a, b = polar(U[0], mean(U, axis = 0)) state s: [H] = a + b s' = s * x
       output y[i] = polar(U[i], x).a @ z output u = s' }`,
    `${ofPolar} cell A(H) { input x: [H] input z: [H] param U: [H, H] state s: [H] = first(U[0], mean(U, axis = 0)) + second(U[0], mean(U, axis = 0)) s' = s * x
       output y[i] = first(U[i], x) @ z output u = s' }`,
  ],
  [
    "complex ones",
    `fn turns(z: complex[n], a: [n]): (p: complex[n], r: [n], q: complex[n]) { w = exp(1i * a) return (z * w, abs(z), conj(w)) }
     cell A(H) { input x: [H] input z: [H] p, r, q = turns(complex(x, z), x) output y = re(p) + r output u = im(q) + im(turns(1i * q, z).p) }`,
    `fn turned(z: complex[n], a: [n]): complex[n] { return z * exp(1i * a) }
     cell A(H) { input x: [H] input z: [H] p = turned(complex(x, z), x) q = conj(exp(1i * x))
       output y = re(p) + abs(complex(x, z)) output u = im(q) + im(turned(1i * q, z)) }`,
  ],
  [
    "in the rounds of a group, from the first on",
    `${polar} fn swap(v: [n], w: [n]): (a: [n], b: [n]) { return (polar(w, v).a, polar(v, w).a + polar(v, w).b) }
     cell A(H) { input x: [H] input z: [H] p, q = swap(x, z) then swap(p, q) for 3 output y = p output u = q }`,
    `${ofPolar} cell A(H) { input x: [H] input z: [H]
       p, q = (first(z, x), first(x, z) + second(x, z)) then (first(q, p), first(p, q) + second(p, q)) for 3 output y = p output u = q }`,
  ],
  [
    "in the rounds of a loop, with an index and an end",
    `fn leap(q: [n], p: [n], U: [n, n], k: index(90)): (q: [n], p: [n]) { r = p - 0.1 * (U @ sin(q)) return (q + (0.1 + 0.001 * real(k)) * r, r) }
     cell A(H) { input x: [H] input z: [H] param U: [H, H] output y, u = (x, z) then leap(y, u, U, k) for k < 90 until max(abs(y')) > 9 }`,
    `fn leap(p: [n], q: [n], U: [n, n]): [n] { return p - 0.1 * (U @ sin(q)) }
     cell A(H) { input x: [H] input z: [H] param U: [H, H] q, p = (x, z) then (q + (0.1 + 0.001 * k) * leap(p, q, U), leap(p, q, U)) for k < 90 until max(abs(q')) > 9
       output y = q output u = p }`,
  ],
  [
    "of states and outputs",
    `${polar} cell A(H) { input x: [H] input z: [H] state s: [H] = x_0 state t: real x_0 = U[0] param U: [H, H] s', t' = polar(s + x, z + t) output y, u = polar(s', x) }`,
    `${ofPolar} cell A(H) { input x: [H] input z: [H] state s: [H] = U[0] state t: real param U: [H, H] s' = first(s + x, z + t) t' = second(s + x, z + t)
       output y = first(s', x) output u = second(s', x) }`,
  ],
  [
    "of a state and an equation, of an output of gradients",
    `${polar} cell A(H) { input x: [H] input z: [H] state s: [H] r, s' = gradient(e, by = (x, z)) e = sum(square(x) * sin(z) * s) output y, u = polar(r, s') }`,
    `${ofPolar} cell A(H) { input x: [H] input z: [H] state s: [H] r = 2 * x * sin(z) * s s' = square(x) * cos(z) * s output y = first(r, s') output u = second(r, s') }`,
  ],
  [
    "gradients by several values, one of which is made of another",
    `cell A(H) { input x: [H] input z: [H] param U: [H, H] a = tanh(U @ x) e = sum(sin(a) * z) + a @ x
       dU, dz = gradient(e, by = (U, z)) da, dx = gradient(e, by = (a, x)) output y = dU @ dz output u = da * dx }`,
    `cell A(H) { input x: [H] input z: [H] param U: [H, H] a = tanh(U @ x) e = sum(sin(a) * z) + a @ x
       output y = gradient(e, by = U) @ gradient(e, by = z) output u = gradient(e, by = a) * gradient(e, by = x) }`,
  ],
];

const values = { x: [0.5, -1.25], z: [0.75, 2], U: [0.3, -0.7, 1.1, 0.2], s: [1, 2], t: [0.25] };

describe("several results", () => {
  it.each(pairs)("%s", (_what, several, one) => {
    const [a = {}, b = {}] = [several, one].map((text) => evaluate(lower(text, { H: 2 }).step, values));
    expect(Object.keys(a)).toEqual(Object.keys(b));
    for (const [name, { data, shape }] of Object.entries(a)) {
      expect(shape).toEqual(b[name]?.shape);
      data.forEach((value, i) => expect(value).toBeCloseTo(b[name]?.data[i] ?? NaN, 12));
    }
  });

  it("writes a function out once for all its names", () => {
    const text = `${polar} cell A(H) { input x: [H] input z: [H] p, q = polar(x, z) output y = p output u = q }`;
    expect(printFunction(lower(text, { H: 2 }).step).match(/ mul/gu)).toHaveLength(1);
  });

  it("has one delay in a group, with the first of its names", () => {
    const text = `${polar} cell A(H) { input x: [H] p, q = polar(delay(x, by = 1), x) output y = p + q }`;
    expect(lower(text, { H: 2 }).states.map(({ name }) => name)).toEqual(["p.past"]);
  });

  it("writes a function out once in a round", () => {
    const text = `${polar} cell A(H) { input x: [H] input z: [H] p, q = (x, 1) then polar(p, z) for 3 output y = p + q }`;
    expect(printFunction(lower(text, { H: 2 }).step).match(/ mul/gu)).toHaveLength(3);
  });

  it("follows declared derivatives of each, the same bits on both targets", async () => {
    const text = `fn two(v: [n], w: [n]): (a: [n], b: real) { return (round(v), sum(v * w)) derivative(dv, dw) = (7 * dv, sum(v * dw) + 3 * sum(dv * w)) }
      cell A(H) { input x, z: [H] param g: real ~ 1 a, b = two(g * x, z) output y = a + b }`;
    const results = [];
    for (const target of ["js", "wasm"] as const) {
      const compiled = await cell(text, { target, dtype: "f64", dimensions: { H: 2 } });
      const instance = compiled.instantiate({ steps: 1 }) as ModuleInstance;
      const { y } = instance.forward({ x: values.x, z: values.z }) as unknown as { y: Float64Array };
      const { z, params } = instance.backward?.({ y: [1, 10] }) as unknown as {
        z: Float64Array;
        params: { g: Float64Array };
      };
      results.push([...y, ...z, ...params.g]);
    }
    const product = 0.5 * 0.75 - 1.25 * 2;
    expect(results[0]).toEqual([product, -1 + product, 11 * 0.5, 11 * -1.25, 7 * (0.5 - 12.5) + 11 * 3 * product]);
    expect(results[1]).toEqual(results[0]);
  });
});
