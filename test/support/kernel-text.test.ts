/** What `expectKernels` says of texts that are no kernels: which line, and what is above it. */
import { expect, test } from "vitest";
import { dropSingleRounds } from "../../compiler/passes/kernel/drop-single-rounds.js";
import { expectKernels } from "./kernel-text.js";

const buffers = "buffer y: real[4] external persistent";
const right = `${buffers}
kernel f {
  region y ; y
    for i < 4
      y[i] = 1
}`;

test.each([
  [
    "a line too far to the left",
    `  ${buffers}\nkernel f {\n}`,
    "stands further to the left than the first line of its text: kernel f {",
  ],
  [
    "a line that is in no line",
    right.replace("      y[i]", "   y[i]"),
    'is not in line with those above: "   y[i] = 1", below "    for i < 4"',
  ],
  ["a word that means nothing", right.replace("for i < 4", "for i 4"), "expected"],
])("%s", (_, text, message) => {
  expect(() => { expectKernels(dropSingleRounds, text, right); }).toThrow(message); // prettier-ignore
  expect(() => { expectKernels(dropSingleRounds, right, text); }).toThrow(message); // prettier-ignore
});

test("what is right passes, wherever its text stands", () => {
  expectKernels(dropSingleRounds, right, right.replace(/^/gmu, "    "));
});
