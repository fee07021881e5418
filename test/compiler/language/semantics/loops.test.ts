/** Equations of a network that need each other: which sequence they go along, and which of them are no loop. */
import { expect, it } from "vitest";
import { check } from "./support.js";

const codes = (text: string): string[] =>
  check(text).diagnostics.flatMap(({ code, severity }) => (severity === "error" ? [code] : []));
const loops = (text: string): unknown =>
  [...check(text).program.cells.values()].at(-1)?.loops.map(({ members, axis, reverse }) => [members.join(" "), axis.key, reverse]); // prettier-ignore

it.each([
  ["what its equations read", "network A(; S, T) { input x: [T] a = x + before(a, 0) output y = a }", ["a", "1/1:T", false]], // prettier-ignore
  ["an index with a range", "network A(; S, T) { a[n < S] = b[n] + 1 b = before(a, 0) output y = a }", ["b a", "1/1:S", false]], // prettier-ignore
  ["the only sequence", "network A(; T) { input x: [3] a = before(a, x) / 2 output y = a }", ["a", "1/1:T", false]],
  ["backwards", "network A(; T) { input x: [T] a = x + after(b, 0) b = 2 * a output y = b }", ["a b", "1/1:T", true]],
  ["indices, from a whole number on", "network A(; T) { input x: [T, 4] a[t] = argmax(x[t] + one_hot(p[t], 4)) p = before(a, 0) output y = a }", ["p a", "1/1:T", false]], // prettier-ignore
  ["indices, from a list of them on", "network A(; T) { input x: [T, 4, 2] a[t] = argmax(x[t] + one_hot(p[t], 4)[0][:, new], axis = 0) p = before(a, fill(0, [2])) output y[t] = real(a[t]) }", ["p a", "1/1:T", false]], // prettier-ignore
])("is told by %s", (_, text, loop) => {
  expect(codes(text)).toEqual([]);
  expect(loops(text)).toEqual([loop]);
});

it.each([
  ["along two sequences", "network A(; S, T) { input x: [3] a = before(a, x) / 2 output y = a input z: [S] input w: [T] output v = sum(z) + sum(w) }", ["loop-sequence-unknown"]], // prettier-ignore
  ["a cycle without before", "network A(; T) { input x: [T] a = x + b b = 2 * a output y = b }", ["cycle"]],
  ["before what is no name of an equation", "network A(; T) { input x: [T] a = x + before(2 * a, 0) output y = a }", ["cycle"]], // prettier-ignore
  ["both ways", "network A(; T) { input x: [T] a = x + before(b, 0) b = after(a, 0) output y = a }", ["loop-both-ways"]], // prettier-ignore
  ["shapes that do not fit, as elsewhere", "network A(H, K; T) { input x: [T, H] param A: [K, K] p = before(y, 0) output y[t] = x[t] + A @ p[t] }", ["shape-mismatch"]], // prettier-ignore
  ["in a cell", "cell A(H) { input x: [H] a = x + before(a, 0) output y = a }", ["cycle"]],
])("is refused for %s", (_, text, expected) => {
  expect(codes(text)).toEqual(expected);
});

it("says in a network what to write in a cycle", () => {
  const [found] = check("network A(; T) { input x: [T] a = x + b b = 2 * a output y = b }").diagnostics;
  expect(found?.help).toContain("`before(");
});
