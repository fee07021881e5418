/** Each pass stands in a file of its name and has a test of its own: text in, text out. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { graphPasses } from "../../compiler/passes/graph/passes.js";
import { scalarPasses, vectorPasses } from "../../compiler/passes/kernel/passes.js";

const root = join(import.meta.dirname, "../..");
const kernelPasses = [scalarPasses, vectorPasses].flatMap(({ beforeMemory, afterMemory }) => [
  ...beforeMemory,
  ...afterMemory,
]);

/** What compares the whole text that a pass gives with a text. */
const wholeTexts = /\b(?:expectRewritten|expectKernels|expectStatements)\(|\bexpect\(rewritten\(/u;

it.each([
  ...graphPasses.map(({ name }) => ["graph", name] as const),
  ...[...new Set(kernelPasses.map(({ name }) => name))].map((name) => ["kernel", name] as const),
])("%s: %s", (room, name) => {
  const folder = `compiler/passes/${room}`;
  const source = [`${folder}/${name}.ts`, `${folder}/${name}/${name}.ts`].find((path) => existsSync(join(root, path)));
  expect(source, `no file ${folder}/${name}.ts`).toBeDefined();
  const tests = [`${folder}/${name}.test.ts`, `${folder}/${name}/${name}.test.ts`].map((path) => `test/${path}`);
  expect(tests.filter((path) => existsSync(join(root, path))), `no test ${tests.join(" or ")}`).toHaveLength(1); // prettier-ignore
  expect(wholeTexts.test(readFileSync(join(root, `test/${source!.replace(".ts", ".test.ts")}`), "utf8"))).toBe(true);
});

it.each(["graph", "kernel"])("%s: each file that has a pass is in a list", (room) => {
  const folder = join(root, "compiler/passes", room);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((path) => {
    if (!path.endsWith(".ts")) return [];
    const pass = /: (?:GraphPass|KernelPass|PlannedPass)[^=]*= \{\s*name: "([^"]*)"/u.exec(
      readFileSync(join(folder, path), "utf8"),
    );
    return pass === null ? [] : [pass[1]!];
  });
  const listed = new Set<string>([...graphPasses, ...kernelPasses].map(({ name }) => name));
  expect(names.length).toBeGreaterThan(4);
  expect(names.filter((name) => !listed.has(name))).toEqual([]);
});
