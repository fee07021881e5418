import { defineConfig } from "vitest/config";

// `--mode fuzz` runs the property tests many times over (`npm run fuzz`), with RUNS and SEED (test/support/fuzz.ts).
export default defineConfig(({ mode }) => ({
  // Tests run on the sources: without what a build puts beside them.
  resolve: { alias: { "#chevrotain": "chevrotain" } },
  test: {
    include: ["test/**/*.test.ts"],
    env: mode === "fuzz" ? { RUNS: process.env["RUNS"] ?? "10000" } : {},
    testTimeout: mode === "fuzz" ? 3_600_000 : 60_000,
    hookTimeout: 120_000,
    // The default leaves a core to the main process, which has next to nothing to do.
    maxWorkers: "100%",
  },
}));
