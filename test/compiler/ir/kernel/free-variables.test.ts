/** What a function made of a part of a kernel takes: names that it does not bind itself, and sizes of the call. */
import { expect, test } from "vitest";
import { freeVariables } from "../../../../compiler/ir/kernel/free-variables.js";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";

test.each([
  ["a variable of an access", "y[i] = x[j]", ["i", "j"], []],
  ["none of its own loop", "for i < 3\n  y[i] = x[i + j]", ["j"], []],
  ["but the same name outside of it", "for i < 3\n  y[i] = 1\ny[i] = 2", ["i"], []],
  ["a size in an offset", "for i < 3\n  y[i * K] = 1", [], ["K"]],
  ["the steps of the call", "for t < %T\n  y[t] = 1", [], ["%T"]],
  ["the example whose length a loop has", "for t < %T of b\n  y[t] = 1", ["b"], []],
  ["none of a region, which is a function itself", "region r\n  y[i] = 1", [], []],
  ["both sides of a choice, and what decides", "y[0] = (i < k ? x[a] : z[c])", ["a", "c", "i", "k"], []],
])("%s", (_, text, variables, symbols) => {
  const found = freeVariables(parseKernelBody(text));
  expect([found.variables, [...found.symbols].sort()]).toEqual([variables, symbols]);
});
