/** Each pass stands in a file of its name and has a test of its own: text in, text out. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { beforeKernels, graphPasses as entryGraphPasses } from "../../compiler/passes/graph/passes.js";
import { scalarPasses, vectorPasses } from "../../compiler/passes/kernel/passes.js";

const root = join(import.meta.dirname, "../..");
const graphPasses = [...entryGraphPasses, ...beforeKernels];
const kernelPasses = [scalarPasses, vectorPasses].flatMap(({ beforeMemory, afterMemory }) => [
  ...beforeMemory,
  ...afterMemory,
]);

/** The name of the constant that has a pass, and that of the pass. */
const declared = /export const (\w+): (?:GraphPass|KernelPass|PlannedPass|Pass<)[^=]*= \{\s*name: "([^"]*)"/u;

/** What compares the whole text that the pass gives with a text. */
const wholeText = (pass: string): RegExp =>
  new RegExp(`\\b(?:expectRewritten|expectKernels|expectStatements)\\(\\s*${pass}\\b`, "u");

const withoutComments = (text: string): string => text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gmu, "");

it.each([
  ...graphPasses.map(({ name }) => ["graph", name] as const),
  ...[...new Set(kernelPasses.map(({ name }) => name))].map((name) => ["kernel", name] as const),
])("%s: %s", (room, name) => {
  const folder = `compiler/passes/${room}`;
  const source = [`${folder}/${name}.ts`, `${folder}/${name}/${name}.ts`].find((path) => existsSync(join(root, path)));
  expect(source, `no file ${folder}/${name}.ts`).toBeDefined();
  const tests = [`${folder}/${name}.test.ts`, `${folder}/${name}/${name}.test.ts`].map((path) => `test/${path}`);
  expect(tests.filter((path) => existsSync(join(root, path))), `no test ${tests.join(" or ")}`).toHaveLength(1); // prettier-ignore
  const [, pass = ""] = declared.exec(readFileSync(join(root, source!), "utf8")) ?? [];
  const test = `test/${source!.replace(".ts", ".test.ts")}`;
  const text = withoutComments(readFileSync(join(root, test), "utf8"));
  expect(text, `${test} does not import ${pass}`).toMatch(new RegExp(`import \\{[^}]*\\b${pass}\\b[^}]*\\} from "[^"]*/${name}\\.js"`, "u")); // prettier-ignore
  expect(wholeText(pass).test(text), `${test} has no case with text in and text out, expectRewritten(${pass}, … or one by expectKernels or expectStatements`).toBe(true); // prettier-ignore
});

it.each(["graph", "kernel"])("%s: each file that has a pass is in a list", (room) => {
  const folder = join(root, "compiler/passes", room);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((path) => {
    if (!path.endsWith(".ts")) return [];
    const pass = declared.exec(readFileSync(join(folder, path), "utf8"));
    return pass === null ? [] : [pass[2]!];
  });
  const listed = new Set<string>([...graphPasses, ...kernelPasses].map(({ name }) => name));
  expect(names.length).toBeGreaterThan(4);
  const missing = names.filter((name) => !listed.has(name));
  expect(missing, `to be added to a list of compiler/passes/${room}/passes.ts`).toEqual([]);
});
