/** A stage of kernels that changes a number is named, for whichever target and in whichever entry. */
import { expect, test } from "vitest";
import { createRandom } from "../../../../../runtime/base/random.js";
import { lowerSource } from "../../../../../compiler/driver/pipeline.js";
import { targetPasses } from "../../../../../compiler/passes/kernel/passes.js";
import type { KernelFunction } from "../../../../../compiler/ir/kernel/kernel-program.js";
import { parseKernelBody } from "../../../../../compiler/ir/kernel/parse.js";
import type { TargetPasses } from "../../../../../compiler/passes/kernel/passes.js";
import { manifestOf } from "../../../../../compiler/tools/gradcheck/candidates.js";
import { drawPoint } from "../../../../../compiler/tools/gradcheck/draw-point.js";
import { faultOfPass } from "../../../../../compiler/tools/gradcheck/locate/describe-fault.js";
import { findChangingKernelPass } from "../../../../../compiler/tools/gradcheck/locate/find-kernel-pass.js";

const source = `cell A(H) {
  input x: [H]
  state h: [H] = tanh(a)
  param W: [H, H] ~ glorot_uniform
  param a: [H] ~ ones
  h' = tanh(W @ h + x)
  output y = h'
}`;
const { program, sources } = lowerSource(source, { dimensions: { H: 2 }, file: "a.cell" }, "all sizes");
const point = drawPoint(manifestOf(program!), createRandom(1), { batch: 3, steps: 3, states: "declared" });

const parted = `network Parts(H; T, S >= 1) {
  input x: [T, H]
  input memory: [S, H]
  param W: [H, H] ~ glorot_uniform
  first = tanh(memory[S - 1])
  h = tanh(before(h, tanh(W[0])) + first + x @ W)
  output y[t] = softmax(memory @ h[t]) @ memory
  entry next = y given first
}`;
const parts = lowerSource(parted, { dimensions: { H: 2 } }, "all sizes").program!;

/** What passes of a target are with what one of them does to a function of kernels after it. */
function planted(target: "wasm" | "js", pass: string, entry: string, change: (fn: KernelFunction) => KernelFunction) {
  const { machine, beforeMemory, afterMemory } = targetPasses[target];
  const spoiled = <
    Own extends TargetPasses<unknown>["beforeMemory"][number] | TargetPasses<unknown>["afterMemory"][number],
  >(
    own: Own,
  ): Own =>
    own.name !== pass
      ? own
      : ({
          ...own,
          run: (kernels: never, context: never) => {
            const made = own.run(kernels, context) as { readonly functions: readonly KernelFunction[] };
            return { ...made, functions: made.functions.map((fn) => (fn.name === entry ? change(fn) : fn)) };
          },
        } as unknown as Own);
  return { [target]: { machine, beforeMemory: beforeMemory.map(spoiled), afterMemory: afterMemory.map(spoiled) } };
}

const empty = (fn: KernelFunction): KernelFunction => ({ ...fn, body: [] });

test("none does", () => {
  expect(findChangingKernelPass(program!, point)).toBeUndefined();
  const at = drawPoint(manifestOf(parts), createRandom(1), { batch: 2, steps: 3, states: "declared" });
  expect(findChangingKernelPass(parts, at, { wasm: targetPasses.wasm })).toBeUndefined();
});

test.each([
  ["wasm", "fuse-tails", "forward", "value"],
  ["wasm", "drop-single-rounds", "backward", "reverse"],
  ["js", "tile-products", "step", "value"],
  ["js", "interleave-sums", "jvp", "forward"],
  ["js", "hoist-addresses", "hvp", "second"],
] as const)("one for %s does, %s in %s", (target, pass, entry, mode) => {
  const changed = findChangingKernelPass(program!, point, planted(target, pass, entry, empty))!;
  expect(changed).toMatchObject({ target, pass, run: 1, entry });
  const fault = faultOfPass(changed, (file) => sources.get(file), {} as never);
  expect(fault).toMatchObject({ stage: "kernel", mode, operation: pass, entry, target, equation: changed.output });
});

test("what a kernel must not do is told, too", () => {
  const strange = (fn: KernelFunction): KernelFunction => ({
    ...fn,
    body: [...fn.body, { kind: "region", name: "more", body: parseKernelBody("nowhere[0] = 1") }] as never,
  });
  const changed = findChangingKernelPass(program!, point, planted("js", "hoist-addresses", "forward", strange));
  expect(changed).toMatchObject({
    pass: "hoist-addresses",
    entry: "forward",
    problem: expect.stringContaining("nowhere") as string,
  });
});
