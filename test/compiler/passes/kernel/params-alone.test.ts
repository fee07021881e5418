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

test("loops beside each other whose variables have one name keep as many numbers as each has", () => {
  const body = [2, 4].map((size, k) => `for i < ${size}\n  y[i + ${k * 4}] = mul(exp(p[i]), x[i])\n`).join("");
  expect(taken(body)).toEqual({
    kept: "for i < 2\n  kept1[i] = exp(p[i])\nfor i < 4\n  kept2[i] = exp(p[i])\n",
    body: "for i < 2\n  y[i] = mul(kept1[i], x[i])\nfor i < 4\n  y[i + 4] = mul(kept2[i], x[i])\n",
    sizes: [2, 4],
  });
});

test("what loops over other axes need, too, has another name there", () => {
  expect(
    taken(`
      let v = sqrt(p[0])
      y[0] = mul(v, x[0])
      for i < 3
        y[i] = mul(mul(v, p[i]), x[i])`),
  ).toEqual({
    kept: "let v = sqrt(p[0])\nkept1[0] = v\nfor i < 3\n  let v2 = sqrt(p[0])\n  kept2[i] = mul(v2, p[i])\n",
    body: "let v = kept1[0]\ny[0] = mul(v, x[0])\nfor i < 3\n  y[i] = mul(kept2[i], x[i])\n",
    sizes: [1, 3],
  });
});

test("what is cheap is kept where a name or a side of a choice in it is not", () => {
  expect(
    taken(`
      let v = exp(p[0])
      for i < 3
        y[i] = mul(add(v, 1), x[i])
        z[i] = mul((i < 1 ? p[i] : sqrt(p[i - 1])), x[i])`),
  ).toEqual({
    kept: "let v = exp(p[0])\nkept1[0] = add(v, 1)\nfor i < 3\n  kept2[i] = (i < 1 ? p[i] : sqrt(p[i - 1]))\n",
    body: "for i < 3\n  y[i] = mul(kept1[0], x[i])\n  z[i] = mul(kept2[i], x[i])\n",
    sizes: [1, 3],
  });
});

test("a name stays where a product reads it", () => {
  const product = "product y[i] = v + sum x[j] * w[j]\n  columns i < 2\n  contracted j < 2\n";
  expect(taken(`let v = mul(p[0], 2)\n${product}`)).toEqual({
    kept: "",
    body: `let v = mul(p[0], 2)\n${product}`,
    sizes: [],
  });
});

test.each([
  ["what a loop counts that begins later", "for i < 3 from 1\n  y[i] = mul(exp(p[i]), x[i])\n"],
  ["what a loop counts in steps", "for i < 4 step 2\n  y[i] = mul(exp(p[i]), x[i])\n"],
  ["what a loop counts backwards", "for i < 3 reverse\n  y[i] = mul(exp(p[i]), x[i])\n"],
  ["what moves with examples or steps", "for t < %T\n  y[t] = mul(exp(p[t]), x[t])\n"],
  ["what other buffers hold", "for i < 2\n  y[i] = mul(exp(x[i]), p[i])\n"],
  ["sums and products of numbers", "for i < 2\n  y[i] = mul(add(p[i], 1), x[i])\n"],
  ["quotients and roots of literals", "let v = sqrt(10)\nfor i < 2\n  y[i] = mul(div(1, v), x[i])\n"],
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

test("what a place of the call chooses stays", () => {
  const body = "for t < %T\n  y[t] = mul((t < 1 ? exp(p[0]) : exp(p[1])), x[t])\n";
  expect(taken(body)).toEqual({ kept: "", body, sizes: [] });
});
