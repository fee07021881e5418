/** Elements that are stored to where they were loaded from are left alone. */
import { expect, test } from "vitest";
import { withoutSelfCopies } from "../../../../compiler/passes/to-kernels/self-copies.js";
import { dedent, rewritten } from "../../../support/kernel-text.js";

const left = (text: string): string =>
  rewritten(dedent(text), (body) => body.flatMap((statement) => withoutSelfCopies(statement, "v") ?? []));

test("a copy goes with the number that only it read; others stay", () => {
  const before = `
    for b < examples
      for i < 4
        let x = q[b * 4 + i]
        let y = v[b * 4 + i]
        z[b * 4 + i] = x
        v[b * 4 + i] = y`;
  const after = `
    for b < examples
      for i < 4
        let x = q[b * 4 + i]
        z[b * 4 + i] = x`;
  expect(left(before)).toBe(dedent(after));
});

test("a number that something else reads stays", () => {
  const before = `
    for i < 4
      let y = v[i]
      z[i] = mul(y, y)
      v[i] = y`;
  const after = `
    for i < 4
      let y = v[i]
      z[i] = mul(y, y)`;
  expect(left(before)).toBe(dedent(after));
});

test("nothing is left of loops that do nothing else", () => {
  expect(left("for i < 4\n  v[i] = v[i]")).toBe("");
});

test.each([
  ["another element", "for i < 4\n  let y = v[i + 1]\n  v[i] = y"],
  ["another buffer", "for i < 4\n  let y = w[i]\n  w[i] = y"],
  ["a number of it", "for i < 4\n  let y = v[i]\n  v[i] = neg(y)"],
  ["a sum", "for i < 4\n  let y = v[i]\n  v[i] += y"],
])("%s is stored", (_, text) => {
  expect(left(text)).toBe(text);
});
