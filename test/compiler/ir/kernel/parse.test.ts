/** Text of kernels, read back: nothing of a program is lost, and other texts are refused with the place. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  KernelSyntaxError,
  parseKernel,
  parseKernelBody,
  parseUnplanned,
} from "../../../../compiler/ir/kernel/parse.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import { lowerSource, readyForKernels } from "../../../../compiler/driver/pipeline.js";
import { lowerToKernels } from "../../../../compiler/passes/to-kernels/index.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { arbitraryGraph, graphDimensions } from "../../../support/arbitrary-graph.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { longestTargets } from "../../../support/kernel-stages.js";
import { lowerProgram } from "../../../support/kernels.js";
import { networkOf } from "../../../support/random-network.js";
import { expectKernelReadBack, expectStagesReadBack } from "../../../support/read-back.js";
import { programOf } from "../../../support/run-kernel.js";
import { sizesFor, standardCells } from "../../../support/standard-cells.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

describe("what is printed is read back", () => {
  test("random functions", () => {
    fc.assert(
      fc.property(arbitraryGraph(), ({ fn }) => {
        expectKernelReadBack(lowerProgram(programOf(fn), { runtimeDimensions: graphDimensions }));
      }),
      fuzzParameters(20, 11),
    );
  });

  test("random cells, after every stage of a target", () => {
    fc.assert(
      fc.property(arbitraryCell(), fc.constantFrom(...longestTargets), ({ source, cell }, target) => {
        const open = lowerSource(source, { cell }, "symbolic");
        const dimensions = Object.fromEntries((open.openDimensions ?? []).map((name, i) => [name, 2 + i]));
        const lowered = lowerSource(source, { cell, dimensions }, "all sizes").cell!;
        const program = buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false });
        expectStagesReadBack(program, target);
      }),
      fuzzParameters(2, 20),
    );
  });

  test("random networks, after every stage of a target", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(11), { minLength: 24, maxLength: 40 }),
        fc.constantFrom(...longestTargets),
        (choices, target) => {
          const { program } = lowerSource(networkOf(choices), { cell: "Random" }, "all sizes");
          expectStagesReadBack(buildEntries(program!, { gradient: true, jvp: false, hvp: false }), target);
        },
      ),
      fuzzParameters(1, 100),
    );
  });

  test("sizes that follow from those of a call, and gradients by rows", () => {
    const text = `network Halved(V, H; T >= 4) {
      input x: [T]
      input words: index(V)[T]
      param E: [V, H]
      z = windows(x, 2, stride = 2)
      output y = max(z, axis = 1)
      output last = sum(E[words[1:]], axis = 0)
    }`;
    const { program } = lowerSource(text, { dimensions: { V: 3, H: 2 } }, "all sizes");
    const entries = buildEntries(program!, { gradient: true, jvp: false, hvp: false });
    expect(printKernel(lowerToKernels(readyForKernels(entries)))).toContain('"%floor(T / 2)"');
    for (const target of longestTargets) expectStagesReadBack(entries, target);
  });

  const cells = ["GRU", "LuongDotGRU"];
  test.each(cells)("%s, after every stage of every target", (name) => {
    const { source, cell, dimensions } = standardCells().find((entry) => entry.cell === name)!;
    const lowered = lowerSource(source, { cell, dimensions: sizesFor(dimensions, 2) }, "all sizes").cell!;
    const program = buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false });
    for (const target of longestTargets) expectStagesReadBack(program, target);
    const unplanned = lowerToKernels(readyForKernels(program));
    expect(parseUnplanned(printKernel(unplanned))).toEqual(unplanned);
  });
});

/** What cells do not make, and names that would be words of the text. */
const odd = `axes %T steps T, S, "of"
slot 0: real[3*S, "of"*%T] at most 12
slot 1: index[%B / 2]
slot 2: real[3]
buffer "in a window": real["of"*%B + S - 1] slot 0 + 2*S within x external
buffer list: index[%B] slot 1 persistent
buffer x: real[3*S] at most 12 slot 0
buffer z: real[3] slot 2 external persistent zeros in panels of 2

kernel "all at once" {
  region "one; two" ; what: it; does
    for "for" < (S) from 3 step 2 reverse in lanes
      index m = remainder("for", (S + 1))
    index n = %T of b beyond from, at most 64
    index k = "of" of b
    index l = S - 1 beyond n + 2*S - 2, at most 7
    index list[n] = n * (-1) + ("of"*S - 3)
    let p = (n < %T - 1 ? bool x[n + (S)] : not(lt(bool q, -0)))
    let sum = select(and(p, true), real((S)), sub(-Infinity, NaN))
    let "fused" = fused tanh(fused exp("fused"))
    var v = 1e-7 in four parts by n
    v = max(v, "true")
    x[0] += -1.5
    product x[i] = sum + sum x[i + k * (3*S)] copied to y in lanes * x[k]
      rows i < examples list[0 .. n]
      contracted k < 3
      joined i of n
    product "t 0", t1 = bool sum[3] + sum sum[u] * x[0] packed in z[k + 1 of 4, n of 2] + sum x[1] * x[2]
      columns c < "of" of b from 2
      earlier u < (S)
      fused
      stored sum
      then for unit < 1
        x["unit"] = "t 0"
    pieces of
    where done is 64, into more
      zero x of 3*S where an example is short in %T, S, "of"
    where more
    pieces of examples n .. m, S from s, last first after k, l
    where done is 64, into more
    where more
    pieces of examples n .. m after k, l
    where done is 64, into more
    where more
}

kernel that of one %T that fills rings {
}

kernel "of" that reads rings {
}
`;

test("odd names, numbers and empty parts are read back", () => {
  // A name that needs no quotes loses them.
  expect(printKernel(parseKernel(odd))).toBe(odd.replace('x["unit"]', "x[unit]"));
  const [region] = parseKernel(odd).functions[0]!.body;
  expect(region).toMatchObject({ name: "one; two", comment: "what: it; does" });
});

describe("other texts", () => {
  it.each([
    ["kernel f {\n  for i < \n}", 2, "expected a dimension, found the end of the line"],
    ["kernel f {\n  x[0] = frobnicate(1)\n}", 2, "expected an operation, found frobnicate"],
    ["kernel f {\n  x[0] = fused x[1]\n}", 2, "expected an operation, found x"],
    ["kernel f {\n  let v = add(1)\n}", 2, "expected 2 operands of add, found 1"],
    ["kernel f that turns rings {\n}", 1, "expected fills or reads, found turns"],
    ["kernel f {\n  let v = 1\n    let w = 2\n}", 3, "nothing stands below let"],
    ["kernel f {\n  let v = 1 2\n}", 2, "expected the end of the line, found 2"],
    ["kernel f {\n    let v = 1\n  let w = 2\n}", 3, "is not in line with those above"],
    ["kernel f {\n  let v = 1\n", 1, "expected } after the kernel"],
    ["kernel f {\n  let for = 1\n}", 2, "expected a name, found for"],
    ["kernel f {\n  v = add(v, 1)\n}", 2, "expected sum, max or min, found add"],
    ["kernel f {\n  v = sum(w, 1)\n}", 2, "expected sum(v, …)"],
    ["kernel f {\n  index i = %T\n  index j = %T beyond 3\n}", 3, "expected ,, found the end of the line"],
    ["kernel f {\n  index i = S / (S + 1)\n}", 2, "expected the end of the line, found /"],
    ["kernel f {\n  index i = (S / (S + 1))\n}", 2, "division of a dimension by a sum"],
    ["kernel f {\n  pieces of examples a .. b after c\n}", 2, "expected ,, found the end of the line"],
    ["kernel f {\n  pieces of examples a .. b\n}", 2, "expected where … is 64 and where … after pieces"],
    ["kernel f {\n  pieces of examples a .. b\n  where d is 63, into e\n}", 3, "expected 64, found 63"],
    ["kernel f {\n  pieces of %T from t\n  where d is 64, into e\n  where d\n}", 4, "expected where e"],
    ["kernel f {\n  product x[0] = 1\n}", 2, "expected +, found the end of the line"],
    [
      "kernel f {\n  product x[0] = sum a[i] * b[i]\n    contracted i < 3\n    rows r < 3\n}",
      4,
      "expected another line of the product, in the order rows",
    ],
    [
      "kernel f {\n  product s = sum a[i] * b[i]\n    contracted i < 3\n}",
      2,
      "expected an element or, below, then for",
    ],
    ["kernel f {\n  product x[0] = sum a[i] * b[i]\n    then for u < 3\n}", 3, "expected another line of the product"],
    ["slot 1: real[3]\nslot 0: real[3]", 2, "slot 0 stands after slot 1: they are numbered upwards"],
    ["slot 1000000000: real[3]", 1, "slot 1000000000, and there are at most 100000"],
    ["slot x: real[3]", 1, "expected the number of a slot, found x"],
    ["buffer x: float[3] slot 0", 1, "expected real or index, found float"],
    ["\nbuffer x: real[3]", 2, "expected slot, found the end of the line"],
    ["buffer x: real[3] slot 0\n  external", 2, "nothing stands below buffer"],
    ["function f {", 1, "expected axes, slot, buffer, kernel, found function"],
    ["kernel f {\n  let v = #\n}", 2, 'unexpected text "#"'],
    ['kernel f {\n  let "\\q" = 1\n}', 2, '"\\q" is no name in quotes'],
    ["kernel f {\n  zero x of 3 where an example is short in\n}", 2, "expected a dimension, found the end of the line"],
  ])("%j", (text, line, problem) => {
    const parse = (): unknown => parseKernel(text);
    expect(parse).toThrow(KernelSyntaxError);
    expect(parse).toThrow(`line ${line}: ${problem}`);
  });

  it("are refused by a line of their own where there is no program around", () => {
    expect(parseKernelBody("x[0] = 1")).toHaveLength(1);
    expect(() => parseKernelBody("x[0] == 1")).toThrow("line 1: expected a value, found =");
  });
});
