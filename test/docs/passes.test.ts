/** Each pass stands in a file of its name and has a test of its own: text in, text out. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { graphPasses } from "../../compiler/passes/graph/passes.js";
import { scalarPasses, vectorPasses } from "../../compiler/passes/kernel/passes.js";

const root = join(import.meta.dirname, "../..");
const kernelPasses = [scalarPasses, vectorPasses].flatMap(({ beforeMemory, afterMemory }) => [
  ...beforeMemory,
  ...afterMemory,
]);

it.each([
  ...graphPasses.map(({ name }) => ["graph", name] as const),
  ...[...new Set(kernelPasses.map(({ name }) => name))].map((name) => ["kernel", name] as const),
])("%s: %s", (room, name) => {
  const folder = `compiler/passes/${room}`;
  const source = [`${folder}/${name}.ts`, `${folder}/${name}/${name}.ts`].find((path) => existsSync(join(root, path)));
  expect(source).toBeDefined();
  const tests = [`${folder}/${name}.test.ts`, `${folder}/${name}/${name}.test.ts`].map((path) => `test/${path}`);
  expect(tests.filter((path) => existsSync(join(root, path)))).toHaveLength(1);
});
