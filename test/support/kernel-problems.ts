/** What the verifier says of the body of a kernel over a few buffers. */
import { parseKernel } from "../../compiler/ir/kernel/parse.js";
import { verifyKernel } from "../../compiler/ir/kernel/verify.js";

export const kernelSizes: ReadonlyMap<string, number> = new Map([
  ["%B", 3],
  ["%T", 4],
  ["S", 2],
]);

export const declarations = `
axes %T steps T, S
slot 0: real[12]
slot 1: real[12]
slot 2: index[%B]
slot 3: real[13]
slot 4: real[12]
slot 5: index[12]
buffer list: index[%B] slot 2 external
buffer panels: real[13] slot 3 persistent in panels of 1
buffer places: index[12] slot 5 external
buffer x: real[12] slot 0 external
buffer y: real[12] slot 1 external
buffer z: real[12] slot 4 external held
`;

export function problemsOf(body: string, buffers = declarations, sizes = kernelSizes): string[] {
  const lines = body.split("\n").filter((line) => line.trim() !== "");
  const margin = /^ */u.exec(lines[0] ?? "")![0].length;
  const text = lines.map((line) => `  ${line.slice(margin)}\n`).join("");
  return problemsIn(`${buffers}\nkernel f {\n${text}}\n`, sizes);
}

/** Of a whole program. */
export function problemsIn(text: string, sizes = kernelSizes): string[] {
  return verifyKernel(parseKernel(text), sizes);
}
