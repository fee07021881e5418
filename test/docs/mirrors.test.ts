/** A test is at the path of the file that it tests; what tests more than one file is listed here, with what it is that it tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sourceFiles } from "../support/source-imports.js";

const root = join(import.meta.dirname, "../..");

/** By folder: what these are tests of, and their names. */
const ofSeveral: Readonly<Record<string, readonly [of: string, ...names: string[]]>> = {
  compiler: ["the library as a whole, from outside", "hostile-sources", "paths-and-imports", "wrong-arguments"],
  "compiler/base/diagnostics": ["files that are generated", "generated"],
  "compiler/base/math": [
    "each of what the spec says of all functions",
    "accuracy",
    "same-bits",
    "spec",
    "special-values",
  ],
  "compiler/cli": ["commands, as they are typed", "cli", "declared", "format", "killed-builds", "networks"],
  "compiler/emit": ["modules of both targets", "build", "odd-cells"],
  "compiler/emit/js": ["memory that kernels take", "allocation"],
  "compiler/emit/shell": [
    "modules as their callers see them: the shell is text until it is in one",
    "derivatives",
    "draws",
    "entries",
    "gradient-of-params",
    "instance",
    "losses",
    "network-streams",
    "padding",
    "parameters",
    "random",
    "random-calls",
    "refused-calls",
    "roles",
    "rows",
    "segments",
    "starts",
    "steps",
    "told",
  ],
  "compiler/emit/wasm": ["imports between rooms", "rooms"],
  "compiler/emit/wasm/assembler": ["what is written and what is read, together", "round-trip"],
  "compiler/emit/wasm/kernels/products": ["all products, over rows in reverse", "reversed-rows"],
  "compiler/emit/wasm/module": ["where WebAssembly is missing", "fallback"],
  "compiler/language/semantics": [
    "features of the language, each in all walks",
    "codes",
    "complex",
    "convolution",
    "cumulative",
    "dimensions",
    "first-attempts",
    "functions",
    "indexed",
    "indices",
    "names",
    "network-messages",
    "results",
    "rounds",
    "shapes",
    "uses",
  ],
  "compiler/language/syntax": ["texts, through lexer, layout and grammar", "errors", "hostile", "round-trip"],
  "compiler/passes": ["all lists of passes", "random-graphs"],
  "compiler/passes/autodiff": [
    "kinds of derivatives, in all modes",
    "branches",
    "declared",
    "derivatives",
    "edges",
    "linear-algebra",
    "rounds",
  ],
  "compiler/passes/kernel": ["all passes of both targets", "random-graphs"],
  "compiler/passes/to-kernels": ["graphs, through all of it", "batches", "lstm", "random-graphs", "windows"],
  "compiler/program": [
    "features of the language, each in its graph and its values",
    "array-sections",
    "arrays",
    "calls",
    "captures",
    "cells",
    "delays",
    "dimension-arguments",
    "draws",
    "fixed",
    "hostile",
    "index-arithmetic",
    "index-parameters",
    "index-states",
    "indexed",
    "kinds-of-values",
    "large-values",
    "linear-algebra",
    "network-draws",
    "network-places",
    "network-sizes",
    "networks",
    "requirements",
    "rounds",
    "settings",
    "several-results",
    "spectral",
    "standard-values",
    "states-by-path",
    "use-starts",
    "values",
    "vectors",
  ],
  "compiler/tools/diagnose": ["data, through all of it", "budget", "hostile-csv", "known-answers"],
  "compiler/tools/gradcheck": [
    "what the whole check finds, and what it must not",
    "declared",
    "false-alarms",
    "mutation",
    "programs",
    "random-cells",
    "uncompared",
    "zero-gradients",
  ],
  "compiler/tools/testing": ["all properties, on cells and on faults", "properties"],
  "compiler/tools/verify": [
    "what the whole check finds, and what it must not",
    "entries",
    "mutants",
    "programs",
    "shipped-cells",
  ],
  "compiler/tools/weights": ["files of weights, their figures and their differences, together", "weights"],
  runtime: ["the runtime as a whole, from outside", "bare-language", "with-compiled-cells"],
  "runtime/io": ["files that others wrote, or that nobody should have", "hostile-headers", "official"],
  "runtime/io/arrays": ["files that nobody should have written", "hostile-arrays"],
  "runtime/module": ["what nobody should have written", "hostile-manifests", "hostile-snapshots"],
  "runtime/training/checkpoint": ["all of a checkpoint, there and back", "checkpoint"],
  "runtime/training/data": ["all ways to give data", "data"],
  "runtime/training/optimizers": ["all optimizers, by one table", "optimizers"],
};

const tests = ["compiler", "runtime"].flatMap((house) =>
  readdirSync(join(root, "test", house), { recursive: true, encoding: "utf8" }).flatMap((path) =>
    path.endsWith(".test.ts") ? [join(house, path).slice(0, -".test.ts".length)] : [],
  ),
);

/** What has something to run: a type alone has nothing to test. */
const hasCode = (path: string): boolean =>
  /^(?:export )?(?:abstract )?(?:async )?(?:const|let|function|class)\b/mu.test(readFileSync(join(root, path), "utf8"));

it("sources without a test at their path: only ever less", () => {
  const own = new Set(tests.map((path) => `${path}.ts`));
  const sources = sourceFiles(["compiler", "runtime"]).filter((path) => /(?<!\.generated|\.d)\.ts$/u.test(path));
  const withCode = sources.filter(hasCode);
  const untested = withCode.filter((path) => !own.has(path));
  console.log(
    `${untested.length} of ${withCode.length} sources have no test of their own: they are tested through others`,
  );
  expect(withCode.length).toBeGreaterThan(500);
  expect(untested.length).toBeLessThanOrEqual(538);
});

it("tests are at the paths of what they test", () => {
  const strays = tests.filter((path) => !existsSync(join(root, `${path}.ts`)));
  const listed = Object.entries(ofSeveral).flatMap(([folder, [, ...names]]) => names.map((name) => join(folder, name)));
  expect(strays.sort()).toEqual(listed.sort());
});
