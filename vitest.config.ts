import { defineConfig } from "vitest/config";

/** What these test has no state, and they change none: the files of each worker share what they import, which takes half the time of files that are short. */
const stateless = [
  ...["base", "ir", "language", "program", "passes", "emit", "driver", "cli"].map(
    (room) => `test/compiler/${room}/**/*.test.ts`,
  ),
  ...[
    "calls",
    "charts",
    "diagnose",
    "equations",
    "explain",
    "gradcheck",
    "report",
    "testing",
    "upgrade",
    "verify",
    "weights",
  ].map((tool) => `test/compiler/tools/${tool}/**/*.test.ts`),
  "test/compiler/*.test.ts",
  ...["base", "decoding", "io", "module", "sequence", "streams", "training"].map(
    (room) => `test/runtime/${room}/**/*.test.ts`,
  ),
  ...["docs", "examples", "numerics", "spec", "support"].map((folder) => `test/${folder}/**/*.test.ts`),
];

/** These measure memory or time of the process they run in, or ask what its engine can do, which flags of others change; or they change it. */
const measuring = [
  ...["emit/js/allocation", "emit/wasm/module/print-module", "driver/turns"].map((name) => `compiler/${name}`),
  ...["cli/compile-cache", "cli/train/learn", "cli/verify"].map((name) => `compiler/${name}`),
  ...["module/import-text", "training/elementwise/run-wasm"].map((name) => `runtime/${name}`),
].map((name) => `test/${name}.test.ts`);

// `--mode fuzz` runs the property tests many times over (`npm run fuzz`), with RUNS and SEED (test/support/fuzz.ts).
export default defineConfig(({ mode }) => {
  // Projects read this file again, without the mode: they are given what depends on it.
  const testTimeout = mode === "fuzz" ? 3_600_000 : 60_000;
  // Engines keep every module that was imported: of thousands in several files of one process they run out of memory.
  const isolate = mode === "fuzz";
  // A twentieth of the time went into collecting what is young: compilers make much of it. One file of fuzzing imports thousands of modules.
  const execArgv = ["--max-semi-space-size=64", ...(mode === "fuzz" ? ["--max-old-space-size=8192"] : [])];
  return {
    // Tests run on the sources: without what a build puts beside them.
    resolve: { alias: { "#chevrotain": "chevrotain" } },
    test: {
      env: mode === "fuzz" ? { RUNS: process.env["RUNS"] ?? "2500" } : {},
      setupFiles: ["test/support/fixed-seed.ts"],
      testTimeout,
      hookTimeout: 120_000,
      // The default leaves a core to the main process, which has next to nothing to do.
      maxWorkers: "100%",
      projects: [
        {
          extends: true,
          test: { name: "shared", include: stateless, exclude: measuring, isolate, testTimeout, execArgv },
        },
        {
          extends: true,
          test: { name: "alone", include: ["test/**/*.test.ts"], exclude: stateless, testTimeout, execArgv },
        },
        { extends: true, test: { name: "measuring", include: measuring, testTimeout, execArgv } },
      ],
    },
  };
});
