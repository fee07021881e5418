/** How long files and functions are, how often types are asserted and how many names mean several things: printed, and only ever less. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const sourcesIn = (folders: readonly string[], ends: string): { path: string; text: string; tree: ts.SourceFile }[] =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    )
    .filter((path) => path.endsWith(ends) && !/\.generated\.ts$|\.d\.ts$/u.test(path))
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
    });
const sources = sourcesIn(["compiler", "runtime"], ".ts");

interface Length {
  readonly where: string;
  readonly lines: number;
}

const lineAt = (tree: ts.SourceFile, position: number): number => tree.getLineAndCharacterOfPosition(position).line;

function functionsOf({ path, tree }: (typeof sources)[number]): (Length & { readonly own: number })[] {
  const found: (Length & { own: number })[] = [];
  const visit = (node: ts.Node): number => {
    let inner = 0;
    ts.forEachChild(node, (child) => {
      inner += visit(child);
    });
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return inner;
    const from = lineAt(tree, node.getStart(tree));
    const lines = lineAt(tree, node.end) - from + 1;
    found.push({ where: `${path}:${from + 1}`, lines, own: lines - inner });
    return lines;
  };
  visit(tree);
  return found;
}

/** `0-9: 2500, 10-19: 300, …` */
function distribution(lengths: readonly Length[], width: number, most: number): string {
  const counts = Array.from({ length: most / width + 1 }, () => 0);
  for (const { lines } of lengths) counts[Math.min(counts.length - 1, Math.floor((lines - 1) / width))]!++;
  const words = counts.map((count, i) => {
    const from = i * width + 1;
    return `${i < counts.length - 1 ? `${from}-${from + width - 1}` : `more`}: ${count}`;
  });
  return words.join(", ");
}

const longer = (lengths: readonly Length[], than: number): string[] =>
  lengths.filter(({ lines }) => lines > than).map(({ where, lines }) => `${where} has ${lines} lines`);

it("files", () => {
  const files = sources.map(({ path, text }) => ({ where: path, lines: text.split("\n").length - 1 }));
  console.log(`files by lines: ${distribution(files, 100, 400)}`);
  expect(longer(files, 400)).toEqual([]);
});

it("functions", () => {
  const functions = sources.flatMap(functionsOf);
  console.log(`functions by lines: ${distribution(functions, 10, 60)}`);
  expect(longer(functions, 60)).toEqual([]);
});

it("functions of the shell, without those that they make", () => {
  const shell = sourcesIn(["compiler/emit/shell"], ".js");
  expect(shell.length).toBeGreaterThan(20);
  // What a factory returns shares its variables: as functions of a file they would be longer in every module.
  const own = shell.flatMap(functionsOf).map(({ where, own }) => ({ where, lines: own }));
  console.log(`functions of the shell by lines of their own: ${distribution(own, 10, 60)}`);
  expect(longer(own, 66)).toEqual([]);
  expect(
    longer(
      shell.map(({ path, text }) => ({ where: path, lines: text.split("\n").length - 1 })),
      400,
    ),
  ).toEqual([]);
});

it("assertions of types", () => {
  const count = (pattern: RegExp): number => sources.reduce((sum, { text }) => sum + [...text.matchAll(pattern)].length, 0); // prettier-ignore
  const [elements, values] = [count(/\] as [A-Z]/gu), count(/as ValueId\b/gu)];
  console.log(`array[i] as X: ${elements}; as ValueId: ${values}`);
  // What is left: tables of rules by kind, whose row TypeScript does not tie to the node at hand (12), and what comes from outside, whose type
  // nothing says: exports of a module, trees of a parser, values of callers (12), and two with names in the way. All else has `at`, `ofKey`, `lookUp`, `typeOf`, `nameOf`.
  expect(elements).toBeLessThanOrEqual(26);
  expect(values).toBeLessThanOrEqual(16);
});

it("names of types", () => {
  const places = new Map<string, string[]>();
  for (const { path, text } of sources) {
    for (const [, name = ""] of text.matchAll(/^(?:export )?(?:interface|type|class) ([A-Z]\w*)/gmu)) {
      places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  const shared = [...places].filter(([, paths]) => paths.length > 1).sort(([, a], [, b]) => b.length - a.length);
  console.log(`declared in several files: ${shared.map(([name, paths]) => `${name} ${paths.length}`).join(", ")}`);
  expect(shared).toEqual([]);
});
