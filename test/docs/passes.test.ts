/** Each pass stands in a file of its name and has a test of its own: text in, text out. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { beforeKernels, graphPasses as entryGraphPasses } from "../../compiler/passes/graph/passes.js";
import { targetPasses } from "../../compiler/passes/kernel/passes.js";

const root = join(import.meta.dirname, "../..");
const graphPasses = [...entryGraphPasses, ...beforeKernels];
const kernelPasses = Object.values(targetPasses).flatMap(({ beforeMemory, afterMemory }) => [
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

/** A list of passes: up to its bracket, as no entry has one. */
const lists = /(?:Pass(?:<[^>]*>)?\[\] = |(?:before|after)Memory: )\[([^\]]*)\]/gu;

/** The passes of all lists that stand under no reason for their place, or under one for more passes than a reader takes in. */
function unexplained(text: string): string[] {
  return [...text.matchAll(lists)].flatMap(([, body = ""]) => {
    const lines = body.split("\n").map((line) => line.trim());
    let covered = 0;
    return lines.filter((line) => {
      if (line === "") return false;
      // A reason is no single word, as "Last."
      if (line.startsWith("//")) covered = line.split(" ").length > 3 ? 3 : 0;
      // What another list has is explained there.
      return !line.startsWith("//") && !line.startsWith("...") && --covered < 0;
    });
  });
}

it.each(["graph", "kernel"])(
  "%s: each place in a list has its reason above it, alone or with what belongs to it",
  (room) => {
    const text = readFileSync(join(root, `compiler/passes/${room}/passes.ts`), "utf8");
    expect([...text.matchAll(lists)].length).toBeGreaterThan(3);
    expect(unexplained(text)).toEqual([]);
  },
);

it("a place without a reason is told", () => {
  const list = (body: string): string => `export const own: readonly GraphPass[] = [${body}];\n`;
  expect(unexplained(list("\n  // Needs sums in order.\n  one,\n  two,\n"))).toEqual([]);
  expect(unexplained(list("one, two"))).toEqual(["one, two"]);
  expect(unexplained(list("\n  one,\n  // Needs sums in order.\n  two,\n"))).toEqual(["one,"]);
  expect(unexplained(list("\n  // Last.\n  one,\n"))).toEqual(["one,"]);
  expect(unexplained(list("\n  // Needs sums in order.\n  one,\n  two,\n  three,\n  four,\n"))).toEqual(["four,"]);
  expect(unexplained("  beforeMemory: [\n    one,\n  ],\n")).toEqual(["one,"]);
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
