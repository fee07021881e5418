/** Panels lie in memory, and are packed again where their matrix is another. */
import { expect, it } from "vitest";
import { evaluateKernels } from "../../../../compiler/ir/kernel/evaluate.js";
import { parseKernel } from "../../../../compiler/ir/kernel/parse.js";

/** `y = z · x` of panels; `after` follows. */
const kernels = (mark: string, after = ""): string => `
slot 0: real[2]
slot 1: real[2]
slot 2: real[4]
slot 3: real[5]
buffer panels: real[5] slot 3 persistent in panels of 1
buffer s: real[5] slot 3
buffer x: real[2] slot 0 external
buffer y: real[2] slot 1 external
buffer z: real[4] slot 2 external

kernel f {
  pack panels from z[j * 2 + k] over j < 2, k < 2 as 1 strips of 2${mark}
  product y[j] = sum x[k] * z[j * 2 + k] packed in panels
    columns j < 2
    contracted k < 2
${after}}
`;

/** The results of one call after the other, for these matrices. */
function results(text: string, matrices: readonly (readonly number[])[]): number[][] {
  const { buffers, run } = evaluateKernels(parseKernel(text), { batch: 1, steps: 1, sizes: {} });
  buffers["x"]!.set([1, 10]);
  return matrices.map((matrix) => {
    buffers["z"]!.set(matrix);
    run("f");
    return [...buffers["y"]!];
  });
}

const [one, other] = [[1, 2, 3, 4], [5, 6, 7, 8]]; // prettier-ignore

it.each(["", " where changed"])("panels%s are those of the matrix of each call", (mark) => {
  expect(results(kernels(mark), [one, one, other])).toEqual([[21, 43], [21, 43], [65, 87]]); // prettier-ignore
});

it("panels of the matrices of all rounds are read part by part", () => {
  const text = `
slot 0: real[2]
slot 1: real[4]
slot 2: real[8]
slot 3: real[8]
buffer panels: real[8] slot 3 in panels of 1
buffer x: real[2] slot 0 external
buffer y: real[4] slot 1 external
buffer z: real[8] slot 2 external

kernel f {
  pack panels from z[r * 4 + j * 2 + k] over j < 2, k < 2 for r < 2 as 1 strips of 2
  for n < 2
    product y[n * 2 + j] = sum x[k] * z[n * -4 + j * 2 + k + 4] packed in panels[n * -1 + 1 of 2]
      columns j < 2
      contracted k < 2
}
`;
  const { buffers, run } = evaluateKernels(parseKernel(text), { batch: 1, steps: 1, sizes: {} });
  buffers["x"]!.set([1, 10]);
  buffers["z"]!.set([...one, ...other]);
  run("f");
  expect([...buffers["y"]!]).toEqual([65, 87, 21, 43]);
});

it("panels that something overwrites are wrong until they are packed again", () => {
  const overwritten = "  s[0] = 0\n";
  expect(results(kernels("", overwritten), [one, one, other])).toEqual([[21, 43], [21, 43], [65, 87]]); // prettier-ignore
  expect(results(kernels(" where changed", overwritten), [one, one, other])).toEqual([[21, 43], [20, 43], [65, 87]]); // prettier-ignore
});
