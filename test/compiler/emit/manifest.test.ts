import { expect, it } from "vitest";
import { compile } from "../../../compiler/index.js";

it("tells of each stored tensor what the numbers of its own shape are drawn by, however many there are", () => {
  const text = `cell A(H) {
    input x: [H]
    param W: [H, H] ~ he_uniform
    param b, c, d: [2] ~ normal(1)
    fixed e, f, g, h: [2] ~ he_uniform
    output y = W @ x + sum(b + c + d + e + f + g + h)
  }`;
  const { manifest } = compile(text, { dimensions: { H: 3 } });
  const fans = ({ name, initializer }: { readonly name: string; readonly initializer: object }): unknown[] => [
    name,
    "fans" in initializer ? initializer.fans : undefined,
  ];
  expect(manifest?.params.map(fans)).toEqual([["W", 3], ["b", undefined], ["c", undefined], ["d", undefined]]); // prettier-ignore
  expect(manifest?.fixed?.map(fans)).toEqual([["e", 2], ["f", 2], ["g", 2], ["h", 2]]); // prettier-ignore
});
