/** Verifying what is no cell: several sequences, a result that all examples share, and no stream. */
import { expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { emitModule } from "../../../../compiler/driver/pipeline.js";
import { verifyModule } from "../../../../compiler/tools/verify/verify-module.js";
import { loadModule } from "../../../../runtime/index.js";
import { cellAxes, networkAxes } from "../../../../compiler/base/types/call-axes.js";
import { alignerOver } from "../../../support/aligner-program.js";

it.each([
  ["js", "%T", cellAxes([])[0]!],
  ["wasm", "%T", cellAxes([])[0]!],
  ["js", "V", networkAxes(["V"])[0]!],
] as const)("passes for %s, without what streams, over %s", async (target, _, axis) => {
  const options = { target, dtype: "f64", fma: false, wasmFile: false, gradient: true, jvp: true, hvp: true } as const;
  const module = await loadModule(emitModule(alignerOver(axis), options).text);
  const { checks } = await verifyModule(module, { runs: 2, seed: 3 });
  const others = checks.filter(({ status }) => status !== "passed");
  expect(others.map(({ name, status, detail }) => `${name} ${status}: ${detail ?? ""}`)).toEqual([
    "stream skipped: it looks ahead, so it cannot stream",
    "chunks skipped: it looks ahead, so it cannot stream",
  ]);
});

it("passes for a network whose loss is a quotient over the batch, and needs an input that nothing else does", async () => {
  const source = `
    cell Leaky(H) { input x: [H] state h: [H] param a: [H] h' = tanh(a * h + x) output y = h' }
    network Fit(H; T) {
      input x: [T, H]
      input want: [T, H]
      use ahead, back = Leaky(H)
      y = ahead(x) + reverse(back(reverse(x)))
      output z = y
      loss = sum(square(y - want), axis = [0, 1]) per T
    }`;
  const module = await cell(source, { cell: "Fit", dimensions: { H: 2 }, target: "wasm", dtype: "f64" });
  const { checks } = await verifyModule(module, { runs: 2, seed: 3 });
  expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
  expect(checks.find(({ name }) => name === "batch")?.status).toBe("passed");
});
