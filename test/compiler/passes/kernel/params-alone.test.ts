/** What of a region tells of kept buffers alone, and costs something, is taken out of it. */
import { expect, test } from "vitest";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { printStatement } from "../../../../compiler/ir/kernel/print.js";
import { takeParamsAlone } from "../../../../compiler/passes/kernel/params-alone.js";
import { dedent } from "../../../support/kernel-text.js";

/** `p` changes with params alone. */
function taken(body: string): { kept: string; body: string; sizes: readonly number[] } {
  const sizes: number[] = [];
  const found = takeParamsAlone(
    parseKernelBody(dedent(body)),
    (buffer) => buffer === "p",
    (elements) => `kept${sizes.push(elements)}`,
  );
  const text = (statements: typeof found.kept): string =>
    statements.map((statement) => printStatement(statement, "")).join("");
  return { kept: text(found.kept), body: text(found.body), sizes };
}

test("a matrix of functions, in loops of its own", () => {
  expect(
    taken(`
      for b < examples
        for i < 2
          for j < 3
            let v = mul(p[i * 3 + j], 2)
            y[b * 6 + i * 3 + j] = mul(exp(v), x[b])`),
  ).toEqual({
    kept: "for i < 2\n  for j < 3\n    let v = mul(p[i * 3 + j], 2)\n    kept1[i * 3 + j] = exp(v)\n",
    body: "for b < examples\n  for i < 2\n    for j < 3\n      y[b * 6 + i * 3 + j] = mul(kept1[i * 3 + j], x[b])\n",
    sizes: [6],
  });
});

test("what is read twice is kept once, and a name stays where it is", () => {
  expect(
    taken(`
      let v = sqrt(p[0])
      for b < examples
        y[b] = add(mul(exp(p[1]), x[b]), mul(exp(p[1]), v))`),
  ).toEqual({
    kept: "let v = sqrt(p[0])\nkept1[0] = exp(p[1])\nkept2[0] = mul(exp(p[1]), v)\n",
    body: "for b < examples\n  y[b] = add(mul(kept1[0], x[b]), kept2[0])\n",
    sizes: [1, 1],
  });
});

test.each([
  ["what moves with examples or steps", "for t < %T\n  y[t] = mul(exp(p[t]), x[t])\n"],
  ["what other buffers hold", "for i < 2\n  y[i] = mul(exp(x[i]), p[i])\n"],
  ["sums and products of numbers", "for i < 2\n  y[i] = mul(add(p[i], 1), x[i])\n"],
  ["truth values", "let v = lt(div(p[0], 2), 1)\nfor i < 2\n  y[i] = select(bool v, x[i], 0)\n"],
  ["a side of a choice", "for i < 2\n  y[i] = (i < 1 ? x[i] : exp(p[i - 1]))\n"],
])("not %s", (_, body) => {
  expect(taken(body)).toEqual({ kept: "", body, sizes: [] });
});

test("a long chain of names, each of which reads the one before twice", () => {
  const names = Array.from({ length: 60 }, (_, i) => `let v${i + 1} = add(v${i}, v${i})`);
  const chain = ["let v0 = mul(p[0], 2)", ...names].join("\n");
  expect(taken(`${chain}\ny[0] = mul(v60, x[0])\n`).sizes).toEqual([]);
  expect(taken(`${chain}\ny[0] = mul(exp(v60), x[0])\n`).sizes).toEqual([1]);
});
