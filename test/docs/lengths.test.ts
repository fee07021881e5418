/** How long files and functions are, how often types are asserted and how many names mean several things: printed, and only ever less. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const textsIn = (folders: readonly string[], ends: string): { path: string; text: string }[] =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    )
    .filter((path) => path.endsWith(ends) && !/\.generated\.ts$|\.d\.ts$/u.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const sourcesIn = (folders: readonly string[], ends: string): { path: string; text: string; tree: ts.SourceFile }[] =>
  textsIn(folders, ends).map(({ path, text }) => ({
    path,
    text,
    tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
  }));
const sources = sourcesIn(["compiler", "runtime"], ".ts");

/** Only ever less. */
const mostAssertions = { elements: 264, values: 16, types: 820, present: 625 };

interface Length {
  readonly where: string;
  readonly lines: number;
}

const lineAt = (tree: ts.SourceFile, position: number): number => tree.getLineAndCharacterOfPosition(position).line;

interface FunctionLength extends Length {
  readonly name: string;
  /** Without the functions in it. */
  readonly own: number;
}

const nameOf = (node: ts.SignatureDeclaration): string => {
  const { name } = ts.isVariableDeclaration(node.parent) ? node.parent : node;
  return name?.getText() ?? "";
};

function functionsOf({ path, tree }: (typeof sources)[number]): FunctionLength[] {
  const found: FunctionLength[] = [];
  const visit = (node: ts.Node): number => {
    let inner = 0;
    ts.forEachChild(node, (child) => {
      inner += visit(child);
    });
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return inner;
    const from = lineAt(tree, node.getStart(tree));
    const lines = lineAt(tree, node.end) - from + 1;
    found.push({ name: nameOf(node), where: `${path}:${from + 1}`, lines, own: lines - inner });
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

const filesOf = (some: ReturnType<typeof textsIn>): Length[] =>
  some.map(({ path, text }) => ({ where: path, lines: text.split("\n").length - 1 }));

/** What is longer than `than`, or than it is known to be. */
const grown = (lengths: readonly Length[], than: number, known: Readonly<Record<string, number>>): string[] =>
  lengths.flatMap((length) => longer([length], known[length.where] ?? than));

it("files", () => {
  const files = filesOf(sources);
  console.log(`files by lines: ${distribution(files, 100, 400)}`);
  expect(longer(files, 400)).toEqual([]);
});

it("functions", () => {
  const functions = sources.flatMap(functionsOf);
  console.log(`functions by lines: ${distribution(functions, 10, 60)}`);
  expect(longer(functions, 60)).toEqual([]);
});

/** Functions of the shell that are longer than 100 lines with those that they make. Only ever less. */
const longestOfShell = { createCore: 207, createStream: 131, createComputed: 113, createRows: 102 };

it("functions of the shell, with those that they make and without", () => {
  const shell = sourcesIn(["compiler/emit/shell"], ".js");
  expect(shell.length).toBeGreaterThan(20);
  const functions = shell.flatMap(functionsOf);
  console.log(`functions of the shell by lines: ${distribution(functions, 10, 60)}`);
  const long = functions.filter(({ lines }) => lines > 60).sort((a, b) => b.lines - a.lines);
  console.log(`the longest: ${long.map(({ name, lines, own }) => `${name} ${lines}, of its own ${own}`).join("; ")}`);
  // What a factory returns shares its variables: as functions of a file they would be longer in every module.
  const own = functions.map(({ where, own }) => ({ where, lines: own }));
  expect(longer(own, 66)).toEqual([]);
  expect(
    grown(
      long.map(({ name, lines }) => ({ where: name, lines })),
      100,
      longestOfShell,
    ),
  ).toEqual([]);
  expect(longer(filesOf(shell), 400)).toEqual([]);
});

/** Tests and what they share that are longer than a file of the sources may be. Only ever less. */
const longestOfTests = {
  "test/compiler/cli/cli.test.ts": 621,
  "test/compiler/program/networks.test.ts": 415,
  "test/compiler/tools/testing/properties.test.ts": 409,
  "test/numerics/long-sums.test.ts": 402,
  "test/runtime/training/train/train.test.ts": 420,
  "test/support/arbitrary-graph.ts": 456,
};

it("files of tests", () => {
  const files = filesOf(textsIn(["test"], ".ts"));
  console.log(`files of tests by lines: ${distribution(files, 100, 400)}`);
  expect(grown(files, 400, longestOfTests)).toEqual([]);
});

it("what grows is seen", () => {
  const lengths = [10, 12, 20].map((lines, i) => ({ where: "abc".charAt(i), lines }));
  expect(grown(lengths, 10, { b: 12, c: 20, d: 30 })).toEqual([]);
  expect(grown(lengths, 10, { b: 11 })).toEqual(["b has 12 lines", "c has 20 lines"]);
});

/** All kinds of what TypeScript is told instead of finding it. */
function assertionsIn(tree: ts.SourceFile): Record<"elements" | "values" | "types" | "present", number> {
  const counts = { elements: 0, values: 0, types: 0, present: 0 };
  const visit = (node: ts.Node): void => {
    if (ts.isNonNullExpression(node)) counts.present++;
    if (ts.isAsExpression(node) && !ts.isConstTypeReference(node.type)) {
      counts.types++;
      if (ts.isElementAccessExpression(node.expression)) counts.elements++;
      if (node.type.getText(tree) === "ValueId") counts.values++;
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return counts;
}

it("assertions of types", () => {
  const all = sources.map(({ tree }) => assertionsIn(tree));
  const total = (kind: keyof (typeof all)[number]): number => all.reduce((sum, counts) => sum + counts[kind], 0);
  const found = { elements: total("elements"), values: total("values"), types: total("types"), present: total("present") }; // prettier-ignore
  console.log(`x as T: ${found.types}, of them array[i] as T: ${found.elements}, as ValueId: ${found.values}; x!: ${found.present}`); // prettier-ignore
  // What is left of elements and values: tables of rules by kind, whose row TypeScript does not tie to the node at hand, entries of typed arrays
  // in loops that run for every number, and what comes from outside, whose type nothing says. All else has `at`, `ofKey`, `lookUp`, `typeOf`,
  // `nameOf`. Most of `x!` is in such loops, above all of runtime/, where a call for each number would be felt.
  for (const [kind, most] of Object.entries(mostAssertions))
    expect(found[kind as keyof typeof found], kind).toBeLessThanOrEqual(most);
});

it("assertions of all kinds are counted", () => {
  const text = "const a = b[0] as number; const c = d! as ValueId; const e = [1] as const; const f = g.h![1]! as I;";
  const counts = assertionsIn(ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true));
  expect(counts).toEqual({ elements: 1, values: 1, types: 3, present: 3 });
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
