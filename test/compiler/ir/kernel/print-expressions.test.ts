/** Expressions of kernels as text: printed as they are read. */
import { expect, test } from "vitest";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { printExpression } from "../../../../compiler/ir/kernel/print-expressions.js";

const printed = (text: string): string => {
  const [store] = parseKernelBody(`y[0] = ${text}`);
  return store?.kind === "store" ? printExpression(store.value) : "no store";
};

test.each([
  "x[i * K + j]",
  "x[i * (2*K) + (K - 1)]",
  "(i < 3 ? x[i] : z[i - 3])",
  "(i < H ? (j < 2 ? 1 : 2) : 3)",
  "mul(x[0], add(1, neg(z[i])))",
  "select(lt(x[0], 0), -0.5, 1e-7)",
  '"a b"[i]',
])("%s", (text) => {
  expect(printed(text)).toBe(text);
});
