/** Verifying what is no cell: several sequences, a result that all examples share, and no stream. */
import { expect, it } from "vitest";
import { emitModule } from "../../../../compiler/driver/emit-module.js";
import { verifyModule } from "../../../../compiler/tools/verify/verify-module.js";
import { loadModule } from "../../../../runtime/index.js";
import { TIME_SYMBOL } from "../../../../compiler/base/types/dim.js";
import { alignerOver } from "../../../support/aligner-program.js";

it.each([
  ["js", TIME_SYMBOL],
  ["wasm", TIME_SYMBOL],
  ["js", "%V"],
] as const)("passes for %s, without what streams, over %s", async (target, axis) => {
  const options = { target, dtype: "f64", fma: false, wasmFile: false, gradient: true, jvp: true, hvp: true } as const;
  const module = await loadModule(emitModule(alignerOver(axis), options).text);
  const { checks } = await verifyModule(module, { runs: 2, seed: 3 });
  const others = checks.filter(({ status }) => status !== "passed");
  expect(others.map(({ name, status, detail }) => `${name} ${status}: ${detail ?? ""}`)).toEqual([
    "stream skipped: the module looks ahead, so it cannot stream",
    "chunks skipped: the module looks ahead, so it cannot stream",
  ]);
});
