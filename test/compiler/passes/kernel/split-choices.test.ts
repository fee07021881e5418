/** Loops cut where a choice by places changes sides: no choice is left, and the numbers are the same. */
import { describe, expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import type { KernelPass } from "../../../../compiler/passes/kernel/kernel-pass.js";
import { splitChoices } from "../../../../compiler/passes/kernel/split-choices.js";
import type { VectorTarget } from "../../../../compiler/passes/kernel/target.js";
import { expectKernels } from "../../../support/kernel-text.js";
import { flatten } from "../../../support/evaluate-helpers.js";
import { programOf, runFunction } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

/** `input.x` and what `text` makes of it in `%y`. */
const functionOf = (n: string, text: string) =>
  parseProgram(`func f(%input.x: real[${n}]) -> (output.y: %y) { ${text} }`, cellAxes(["S"])).functions[0]!;

const rotate = (n: number) =>
  functionOf(
    String(n),
    `%a: real[${n - 1}] = slice axis 0 start 1 length ${n - 1} %input.x
     %b: real[1] = slice axis 0 start 0 length 1 %input.x
     %r: real[${n}] = concat axis 0 %a, %b
     %y: real[${n}] = mul %r, %input.x`,
  );

function lowered(fn: ReturnType<typeof functionOf>, passes: readonly KernelPass<VectorTarget>[]) {
  return lowerProgram(programOf(fn), { runtimeDimensions: ["S"], passes });
}

function printed(
  fn: ReturnType<typeof functionOf>,
  passes: readonly KernelPass<VectorTarget>[] = [splitChoices],
): string {
  return printKernelFunction(lowered(fn, passes).functions[0]!);
}

test("a rotation becomes two loops that count from 0", () => {
  expect(printed(rotate(7), [])).toContain("(i < 6 ? ");
  expect(printed(rotate(7))).toBe(`kernel forward of one %T {
  region forward y ; y elementwise
    for b < examples
      for i < 6
        let v = mul(input.x[b * 7 + i + 1], input.x[b * 7 + i])
        output.y[b * 7 + i] = v
      for iSide1 < 1
        let vSide1 = mul(input.x[b * 7 + iSide1], input.x[b * 7 + iSide1 + 6])
        output.y[b * 7 + iSide1 + 6] = vSide1
}
`);
});

test("each side of a choice has a loop, whose names are its own", () => {
  const buffers = `
    buffer x: real[5] external persistent
    buffer y: real[8] external persistent`;
  expectKernels(
    splitChoices,
    `${buffers}
    kernel f {
      region y ; y
        for i < 8
          let v = (i < 5 ? x[i] : x[i - 5])
          y[i] = v
    }`,
    `${buffers}
    kernel f {
      region y ; y
        for i < 5
          let v = x[i]
          y[i] = v
        for iSide1 < 3
          let vSide1 = x[iSide1]
          y[iSide1 + 5] = vSide1
    }`,
  );
});

test("a side is called as nothing else is, in its region and around it", () => {
  const buffers = `
    buffer x: real[5] external persistent
    buffer y: real[8] external persistent`;
  expectKernels(
    splitChoices,
    `${buffers}
    kernel f {
      for iSide1 < 2
        region y ; y
          let vSide1 = x[iSide1]
          for i < 8
            let v = (i < 5 ? x[i] : x[i - 5])
            y[i] = add(v, vSide1)
    }`,
    `${buffers}
    kernel f {
      for iSide1 < 2
        region y ; y
          let vSide1 = x[iSide1]
          for i < 5
            let v = x[i]
            y[i] = add(v, vSide1)
          for iSide12 < 3
            let vSide12 = x[iSide12]
            y[iSide12 + 5] = add(vSide12, vSide1)
    }`,
  );
});

describe("stays whole", () => {
  const choice = "(i < 5 ? x[i] : x[i - 5])";
  test.each([
    ["a loop that begins later", `for i < 8 from 2\n  y[i] = ${choice}`],
    ["a loop that runs backwards", `for i < 8 reverse\n  y[i] = ${choice}`],
    ["a loop of every other element", `for i < 8 step 2\n  y[i] = ${choice}`],
    ["a loop with another inside", "for i < 8\n  let v = (i < 5 ? x[i] : x[i - 5])\n  for j < 2\n    y[i] = mul(v, real(j))"],
    ["a loop that never changes sides", "for i < 8\n  y[i] = (i < 8 ? x[i] : x[0])"],
    ["a loop that is on the other side at once", "for i < 8\n  y[i] = (i < 0 ? x[i + 2] : x[i])"],
    ["a loop of more sides than the target has loops for", `for i < 9\n${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `  let v${n} = (i < ${n} ? x[0] : x[1])\n`).join("")}  y[0] = add(v1, v8)`],
  ])("%s", (_, body) => {
    const text = `
    buffer x: real[8] external persistent
    buffer y: real[8] external persistent
    kernel f {
      region y ; y
${body.replace(/^/gmu, "        ")}
    }`;
    expectKernels(splitChoices, text, text);
  }); // prettier-ignore
});

describe.each([2, 3, 5, 8, 13])("%i elements", (n) => {
  test("the same numbers, in a kernel that is in order", () => {
    const x = Array.from({ length: 2 * n }, (_, i) => Math.sin(i + 1));
    const examples = [tensor([n], x.slice(0, n)), tensor([n], x.slice(n))];
    const values = new Map([["input.x", { examples }]]);
    const sizes = [new Map(), new Map()];
    const options = { dtype: "f64", runtimeDimensions: [] } as const;
    const before = runFunction(rotate(n), values, sizes, options).outputs.get("output.y")!;
    const after = runFunction(rotate(n), values, sizes, { ...options, passes: [splitChoices] }).outputs.get(
      "output.y",
    )!;
    expect(flatten(after)).toEqual(flatten(before));
    expect(flatten(after)).toEqual(x.map((value, i) => value * x[i - (i % n) + ((i + 1) % n)]!));
    const call = new Map([["%B", 2], ["%T", 1], ["S", 1]]); // prettier-ignore
    expect(verifyKernel(lowered(rotate(n), [splitChoices]), call)).toEqual([]);
  });
});

test("a padding on both sides becomes three loops", () => {
  const padded = functionOf("4", `%p: real[9] = pad axis 0 before 2 after 3 %input.x %y: real[9] = neg %p`);
  expect(printed(padded).match(/for i/g)).toHaveLength(3);
  expect(printed(padded)).not.toContain("?");
});

test("loops over sizes of a call stay whole", () => {
  const open = functionOf("S", `%p: real[S + 2] = pad axis 0 before 2 after 0 %input.x %y: real[S + 2] = neg %p`);
  expect(printed(open)).toBe(printed(open, []));
});

test("sums stay whole: their parts count from the first element", () => {
  const sum = functionOf(
    "6",
    `%p: real[9] = pad axis 0 before 2 after 1 %input.x
     %q: real[9] = exp %p
     %y: real[] = reduce sum axes [0] %q`,
  );
  expect(printed(sum)).toBe(printed(sum, []));
});
