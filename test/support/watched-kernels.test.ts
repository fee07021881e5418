/** What rounds in lanes and buffers take from each other is told, element by element. */
import { expect, test } from "vitest";
import { parseKernel } from "../../compiler/ir/kernel/parse.js";
import { watched } from "./watched-kernels.js";

function problems(body: string): string[] {
  const text = `
axes %T steps T
slot 0: real[16]
slot 1: real[16]
slot 2: real[16]
buffer a: real[8] slot 2
buffer all: real[16] slot 1 persistent
buffer b: real[8] slot 2 + 4
buffer part: real[8] slot 1 + 8 within all external
buffer x: real[16] slot 0 external
kernel f {
  region r
${body.replace(/^/gmu, "    ")}
}
`;
  const { kernels, problems } = watched(parseKernel(text), { batch: 5, steps: 2, sizes: {} });
  (kernels["f"] as () => void)();
  return [...problems];
}

const met = (buffer: string): string => `two rounds use one element of ${buffer}, and one of them writes it`;
const read = (buffer: string): string => `a round reads of ${buffer} what another one writes`;

test.each<readonly [string, readonly string[]]>([
  ["for i < 8 in lanes\n  x[i] = x[i]", []],
  ["for i < 8\n  x[i + 1] = x[i]", []],
  ["for i < 7 in lanes\n  x[i + 4] = x[i]", []],
  ["for i < 7 in lanes\n  x[i + 3] = x[i]", [read("x")]],
  ["for i < 7 in lanes\n  x[i] = x[i + 3]", [met("x")]],
  ["for i < 2 in lanes\n  x[0] = 1", [met("x")]],
  ["for i < 2 in lanes\n  part[i] = 1\n  all[i + 9] = 2", [met("part")]],
  ["for b < examples in lanes\n  for t < 3\n    x[b * 2 + t] = 1", [met("x")]],
  ["for b < examples in lanes\n  for t < 2\n    x[b * 2 + t] = 1", []],
  ["for b < examples in lanes\n  for t < 2 in lanes\n    x[b * 2] = 1", [met("x")]],
  ["for k < 3\n  for i < 2 in lanes\n    x[i + k] = 1", []],
  ["a[7] = 1\nx[0] = a[7]\nb[3] = 2\nx[0] = b[3]", []],
  ["a[7] = 1\nb[3] = 2\nx[0] = a[7]", ["a is read where b was written"]],
  ["part[1] = 1\nx[0] = all[9]", []],
  ["zero b of 8 where an example is short in %T\nx[0] = a[4]", ["a is read where b was written"]],
])("%j", (body, expected) => {
  expect(problems(body)).toEqual(expected);
});
