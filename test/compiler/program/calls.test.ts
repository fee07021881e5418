/** Calls of used cells: against the same equations written out. */
import { describe, expect, it } from "vitest";
import { evaluateDim } from "../../../compiler/base/types/dim.js";
import type { GraphFunction, ValueType } from "../../../compiler/ir/graph/types.js";
import { typeOf } from "../../../compiler/ir/graph/values.js";
import { evaluate, lower } from "./support.js";

const memory = `cell B(H) { input x: [H] state h: [H] param w: [H] h' = tanh(w * x + h) output y = 2 * h' }\n`;
const layer = `cell L(I, O) { input x: [I] param W: [O, I] output y = tanh(W @ x) output z = sum(x) }\n`;
const plain = `cell L(I, O) { input x: [I] param W: [O, I] output y = tanh(W @ x) }\n`;
const look = `cell K(D) { input q: [D] context m: [S, D] param a: real output y = a * softmax(m @ q) @ m }\n`;

/** What a text says with used cells, and without; their params and states have the same order. */
const pairs: readonly (readonly [string, string, string])[] = [
  [
    "a state that the call gives",
    `${memory}cell A(H) { input x: [H] use b = B(H) g = exp(b.h) output y = b(x, h = g) + b.h output z = b.h' }`,
    `cell A(H) { input x: [H] state h: [H] param w: [H] g = exp(h) h' = tanh(w * x + g) output y = 2 * h' + h output z = h' }`,
  ],
  [
    "a state that the call gives a number",
    `${memory}cell A(H) { input x: [H] use b = B(H) output y = b(x, h = 0) }`,
    `cell A(H) { input x: [H] state h: [H] param w: [H] h' = tanh(w * x + zeros([H])) output y = 2 * h' }`,
  ],
  [
    "several calls of one without state",
    `${plain}cell A(H) { input x: [H] use l = L(H, H) output y = l(l(x)) }`,
    `cell A(H) { input x: [H] param W: [H, H] output y = tanh(W @ tanh(W @ x)) }`,
  ],
  [
    "outputs of several calls",
    `${layer}cell A(H) { input x: [H] use l = L(H, H) u = l(x).y output y = u * l(u).z }`,
    `cell A(H) { input x: [H] param W: [H, H] u = tanh(W @ x) output y = u * sum(u) }`,
  ],
  [
    "a call for each value of an index",
    `${plain}cell A(I, H, N) { input x: [N, I] use l = L(I, H) output y[n] = l(x[n]) }`,
    `cell A(I, H, N) { input x: [N, I] param W: [H, I] output y[n] = tanh(W @ x[n]) }`,
  ],
  [
    "a call in a sum over an index, of a cell that uses another",
    `${plain}cell M(I) { input x: [I] use l = L(I, I) output y = l(x) + l(2 * x) }
     cell A(I, N) { input x: [N, I] use m = M(I) output y = sum(m(x[n]) * n for n) }`,
    `cell A(I, N) { input x: [N, I] param W: [I, I] output y = sum((tanh(W @ x[n]) + tanh(W @ (2 * x[n]))) * n for n) }`,
  ],
  [
    "calls with contexts of different lengths",
    `${look}cell A(D) { input x: [D] context m: [S, D] context n: [R, D] use k = K(D) output y = k(k(x, n), m) }`,
    `cell A(D) { input x: [D] context m: [S, D] context n: [R, D] param a: real
       u = a * softmax(n @ x) @ n output y = a * softmax(m @ u) @ m }`,
  ],
  [
    "a call in an initial value",
    `${plain}cell A(H) { input x: [H] context c: [H] use l = L(H, H) state s: [H] = l(c) s' = s + x output y = s' }`,
    `cell A(H) { input x: [H] context c: [H] state s: [H] = tanh(W @ c) param W: [H, H] s' = s + x output y = s' }`,
  ],
  [
    "calls in an initial value and in the step",
    `${plain}cell A(H) { input x: [H] context c: [H] use l = L(H, H) state s: [H] = l(c) s' = s + l(x) output y = s' }`,
    `cell A(H) { input x: [H] context c: [H] state s: [H] = tanh(W @ c) param W: [H, H] s' = s + tanh(W @ x) output y = s' }`,
  ],
];

const sizesOf = (text: string): Record<string, number> => {
  const names = /cell A\(([^)]*)\)/u.exec(text)?.[1]?.split(", ") ?? [];
  return Object.fromEntries(names.map((name, i) => [name, i + 2]));
};

/** Names of params and states say which used cell has them; their values here do not. */
const ownName = (name: string): string => name.split(".").pop() ?? "";

function resultsOf(fn: GraphFunction, runtime: Record<string, number>): number[][] {
  const count = (type: ValueType): number =>
    type.shape.reduce((all, dim) => all * evaluateDim(dim, new Map(Object.entries(runtime))), 1);
  const values = fn.inputs.map((id) => {
    const name = fn.names[id] ?? "";
    const start = [...ownName(name)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    return [name, Array.from({ length: count(typeOf(fn, id)) }, (_, i) => Math.sin(start + i))] as const;
  });
  const results = evaluate(fn, Object.fromEntries(values), runtime);
  return fn.outputNames.map((name) => [...results[name]!.data]);
}

describe("calls of used cells", () => {
  it.each(pairs)("are what they say: %s", (_what, used, written) => {
    const [a, b] = [used, written].map((text) => lower(text, sizesOf(text)));
    for (const part of ["step", "initial"] as const) {
      const [one, other] = [a![part], b![part]].map((fn) => fn && resultsOf(fn, { S: 3, R: 4 }));
      expect(one).toEqual(other);
    }
  });

  it("compute with the state that is given", () => {
    const { y, z } = evaluate(lower(pairs[0]![1], { H: 1 }).step, { x: [1], "b.h": [0], "b.w": [1] });
    expect([...z!.data]).toEqual([Math.tanh(2)]);
    expect([...y!.data]).toEqual([2 * Math.tanh(2)]);
  });
});
