/** What is found about streams where a source is checked, without sizes, is what is found where it is compiled. */
import { expect, test } from "vitest";
import { check } from "../../../compiler/driver/compile.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";

const codes = (found: { readonly diagnostics: readonly { readonly code: string }[] }): string[] =>
  found.diagnostics.map(({ code }) => code);

test.each([
  [3, ["looks-ahead"]],
  // Rounds that are a loop, and rounds that are too many for one.
  [12_000, ["looks-ahead"]],
  [30_000, ["program-too-large"]],
])("%i rounds in a network that looks ahead", (rounds, expected) => {
  const text = `network N(H; T) {
    stream
    input x: [T, H]
    q = sum(x, axis = 0)
    z = x then tanh(z + x) for ${rounds}
    output y[t] = z[t] + q
  }`;
  expect(codes(lowerSource(text, { dimensions: { H: 3 } }, "all sizes"))).toEqual(expected);
  expect(codes(check(text, {}))).toEqual(expected);
});
