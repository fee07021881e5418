/** What may round once is said of products and of functions that have multiply-adds, and of nothing else. */
import { expect, it } from "vitest";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { buildKernels, emitModule, lowerSource } from "../../../../compiler/driver/pipeline.js";
import { disassemble } from "../../../../compiler/emit/wasm/assembler/disassemble.js";
import { printWasmKernels } from "../../../../compiler/emit/wasm/kernels/print-kernels.js";
import { planLayout } from "../../../../compiler/emit/wasm/memory/memory-layout.js";
import { fuseMultiplyAdds } from "../../../../compiler/passes/kernel/fuse-multiply-adds.js";
import { targetPasses } from "../../../../compiler/passes/kernel/passes.js";
import { simd128 } from "../../../../compiler/passes/kernel/target.js";
import type { Program } from "../../../../compiler/program/program.js";
import { expectStatements } from "../../../support/kernel-text.js";

const buffers = `
  buffer b: real[8] external persistent
  buffer x: real[8] external persistent
  buffer h: real[8] external persistent
  buffer y: real[4] external persistent
  buffer W: real[8] external persistent held
  buffer U: real[32] external persistent held`;

const expectFused = (before: string, after: string): void => {
  expectStatements(fuseMultiplyAdds, simd128, buffers, before, after);
};

it("the terms of a product, in loops too", () => {
  expectFused(
    `
    for r < 2
      product y[c * 2 + r] = b[c] + sum x[k + r * 4] * W[c * 4 + k]
        columns c < 2
        contracted k < 4
        stored mul(sum, 2)`,
    `
    for r < 2
      product y[c * 2 + r] = b[c] + sum x[k + r * 4] * W[c * 4 + k]
        columns c < 2
        contracted k < 4
        fused
        stored mul(sum, 2)`,
  );
});

it("those of both sums of a product with a tail, and functions in what it begins with and in its tail", () => {
  expectFused(
    `
    product i, f = tanh(b[c]) + sum x[j] * W[c] + sum h[k] * U[c * 4 + k]
      columns c < 8
      earlier j < 1
      contracted k < 4
      then for u < 4
        y[u] = mul(sigmoid(i), f)`,
    `
    product i, f = fused tanh(b[c]) + sum x[j] * W[c] + sum h[k] * U[c * 4 + k]
      columns c < 8
      earlier j < 1
      contracted k < 4
      fused
      then for u < 4
        y[u] = mul(fused sigmoid(i), f)`,
  );
});

it("functions within each other, wherever a value is computed, and no single operation", () => {
  expectFused(
    `
    var s = exp(x[0])
    for i < 4 in lanes
      let v = tanh(exp(x[i]))
      y[i] += add(mul(v, x[i]), clamp(erf(v), -1, 1))
    s = sum(s, (0 < 1 ? log(x[1]) : sqrt(x[2])))
    set s = sin(s)
    y[0] = s`,
    `
    var s = fused exp(x[0])
    for i < 4 in lanes
      let v = fused tanh(fused exp(x[i]))
      y[i] += add(mul(v, x[i]), clamp(fused erf(v), -1, 1))
    s = sum(s, (0 < 1 ? fused log(x[1]) : sqrt(x[2])))
    set s = fused sin(s)
    y[0] = s`,
  );
});

/** The kernels of a module, as hosts without fused multiply-add run them and as those with it do. */
function modulesOf(equation: string): { readonly program: Program; readonly files: readonly Uint8Array[] } {
  const text = `cell A(H) {
    input x: [H]
    state h: [H]
    param W: [H, H]
    h' = h + x
    output y = ${equation}
  }`;
  const program = lowerSource(text, { dimensions: { H: 3 } }, "all sizes").program!;
  const options = { target: "wasm", dtype: "f32", fma: true, wasmFile: true } as const;
  const { wasmFiles } = emitModule(program, { ...entryOptions, ...options });
  return { program, files: wasmFiles.map(({ bytes }) => bytes) };
}

const entryOptions = { gradient: false, jvp: false, hvp: false } as const;

it.each([
  ["tanh(h')", true],
  ["W @ x", true],
  // A product of two numbers of a cell is added in an operation of its own.
  ["sqrt(h' * x + 1)", false],
])("%s is fused in what hosts with the operation run, and in nothing else: %s", (equation, isFused) => {
  const { files } = modulesOf(equation);
  expect(files.map((bytes) => /relaxed_n?madd/u.test(disassemble(bytes)))).toEqual([false, isFused]);
});

it.each(["wasm", "wasm-fma"] as const)("a module has what the passes of %s give", (target) => {
  const { program, files } = modulesOf("tanh(W @ h')");
  const passes = targetPasses[target];
  const kernel = buildKernels(buildEntries(program, entryOptions), { passes, dtype: "f32" });
  const layout = planLayout(kernel, "f32", simd128.cacheLine);
  const bytes = printWasmKernels(kernel, { dtype: "f32", layout, target: simd128 });
  // What tells the build comes after it.
  const own = files[target === "wasm" ? 0 : 1]!.subarray(0, bytes.length);
  expect(Buffer.from(own).equals(bytes)).toBe(true);
});
