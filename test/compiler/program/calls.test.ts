/** Calls of used cells: against the same equations written out. */
import { describe, expect, it } from "vitest";
import { evaluateDim } from "../../../compiler/base/types/dim.js";
import type { GraphFunction, ValueType } from "../../../compiler/ir/graph/graph-function.js";
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
  [
    "params shared by two, one of which uses another cell",
    `${plain}cell M(H) { input x: [H] state s: [H] use l = L(H, H) param g: [H] s' = l(x) + g * s output y = s' }
     cell A(H) { input x: [H] use a, c = M(H) use b = a output y = a(x) + b(2 * x) + c(x) }`,
    `${plain}cell M(H) { input x: [H] state s: [H] param W: [H, H] param g: [H] s' = tanh(W @ x) + g * s output y = s' }
     cell A(H) { input x: [H] state s: [H] state z: [H] param W: [H, H] param g: [H] use c = M(H)
       s' = tanh(W @ x) + g * s z' = tanh(W @ (2 * x)) + g * z output y = s' + z' + c(x) }`,
  ],
  [
    "params that are given, by a param of another, an equation, a number",
    `cell E(V, D) { input k: [V] param table: [V, D] output y = k @ table }
     cell R(V, D) { input h: [D] param table: [V, D] param b: [V] output y = table @ h + b }
     cell A(V, D) { input x: [V] use e = E(V, D) use r = R(V, D, table = e.table, b = 0.5) use q = R(V, D, table = T) use z = q
       T = 2 * e.table h = e(x) output y = r(h) + q(h) * z(2 * h) output t = sum(sum(q.table, axis = 0)) + sum(z.b) }`,
    `cell A(V, D) { input x: [V] param table: [V, D] param b: [V] h = x @ table
       output y = (table @ h + fill(0.5, [V])) + (2 * table @ h + b) * (2 * table @ (2 * h) + b) output t = sum(sum(2 * table, axis = 0)) + sum(b) }`,
  ],
  [
    "a given param in an initial value and in several calls",
    `cell L(H) { input x: [H] param W: [H, H] output y = tanh(W @ x) }
     cell M(H) { input x: [H] param w0: [H] state s: [H] = w0 s' = s + x output y = s' }
     cell A(H) { input x: [H] param U: [H, H] use l = L(H, W = transpose(U)) use m = M(H, w0 = U[0]) output y = m(l(l(x))) }`,
    `cell A(H) { input x: [H] param U: [H, H] V = transpose(U) state s: [H] = U[0] s' = s + tanh(V @ tanh(V @ x)) output y = s' }`,
  ],
  [
    "dimensions with defaults",
    `cell D(H, K = 2, N = 2 * K) { input x: [H] param E: [N, K] output y = x * sum(sum(E, axis = 0)) }
     cell A(H) { input x: [H] use d = D(H) output y = d(x) }`,
    `cell A(H) { input x: [H] param E: [4, 2] output y = x * sum(sum(E, axis = 0)) }`,
  ],
  [
    "cells as parameters, by name and by position",
    `${memory}cell S(Cell: cell(I, H), H) { input x: [H] use a, b = Cell(H, H) output y = b(a(x)) }
     cell T(J, K) { input x: [J] state h: [K] param w: [K, J] h' = tanh(w @ x + h) output y = 2 * h' }
     cell A(H) { input x: [H] use s = S(T, H) output y = s(x) }`,
    `cell T(J, K) { input x: [J] state h: [K] param w: [K, J] h' = tanh(w @ x + h) output y = 2 * h' }
     cell A(H) { input x: [H] use a = T(H, H) use b = T(H, H) output y = b(a(x)) }`,
  ],
  [
    "a cell with a cell and a real given",
    `cell B(H, gain: real) { input x: [H] param w: [H] fn f(v: [n]): [n] { return gain * v } output y = f(w * x) }
     cell S(Cell: cell(H), H, eps: real = 1) { input x: [H] use a = Cell(H) output y = a(x) + eps }
     cell Mine = S(B(gain = -3), eps = 0.5)
     cell A = Mine()`,
    `cell A(H) { input x: [H] param w: [H] output y = -3 * (w * x) + 0.5 }`,
  ],
];

const sizesOf = (text: string): Record<string, number> => {
  const names = /cell A\(([^)]*)\)/u.exec(text)?.[1]?.split(", ") ?? ["H"];
  return Object.fromEntries(names.map((name, i) => [name, i + 2]));
};

/** Names of params and states say which used cell has them; their values here do not. */
const ownName = (name: string): string => (name === "z" ? "s" : (name.split(".").pop() ?? ""));

function resultsOf(fn: GraphFunction, outputs: readonly string[], runtime: Record<string, number>): number[][] {
  const count = (type: ValueType): number =>
    type.shape.reduce((all, dim) => all * evaluateDim(dim, new Map(Object.entries(runtime))), 1);
  const values = fn.inputs.map((id) => {
    const name = fn.names[id] ?? "";
    const start = [...ownName(name)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    return [name, Array.from({ length: count(typeOf(fn, id)) }, (_, i) => Math.sin(start + i))] as const;
  });
  const results = evaluate(fn, Object.fromEntries(values), runtime);
  return outputs.map((name) => [...results[name]!.data]);
}

describe("calls of used cells", () => {
  it.each(pairs)("are what they say: %s", (_what, used, written) => {
    const [a, b] = [used, written].map((text) => lower(text, sizesOf(text)));
    const names = a!.outputs.map(({ name }) => name);
    const [one, other] = [a!, b!].map(({ step }) => resultsOf(step, names, { S: 3, R: 4 }));
    expect(one).toEqual(other);
    const [first, second] = [a!, b!].map(({ initial }) => initial && resultsOf(initial, initial.outputNames, { S: 3 }));
    expect(first).toEqual(second);
  });

  it("compute with the state that is given", () => {
    const { y, z } = evaluate(lower(pairs[0]![1], { H: 1 }).step, { x: [1], "b.h": [0], "b.w": [1] });
    expect([...z!.data]).toEqual([Math.tanh(2)]);
    expect([...y!.data]).toEqual([2 * Math.tanh(2)]);
  });
});
