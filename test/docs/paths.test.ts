/** Files that pages and comments name are there, and so are the names of code in comments. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));

const pages = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", ...below("spec")].filter((path) =>
  path.endsWith(".md"),
);
const sources = [...below("compiler"), ...below("runtime")].filter((path) => /(?<!\.generated)\.ts$/u.test(path));

/** From the root, the compiler, or one of its rooms. */
const places = ["", "compiler", ...below("compiler").filter((path) => !/\.\w+$/u.test(path))];

it("in pages and comments", () => {
  const named = [...pages, ...sources].flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return [...text.matchAll(/`((?:[\w-]+\/)+[\w-]+(?:\.test)?\.ts)`/gu)].map(([, path = ""]) => ({ page, path }));
  });
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(({ path }) => !places.some((place) => existsSync(join(root, place, path))))).toEqual([]);
});

/** What other libraries and hosts call something. */
const foreign = ["CosineAnnealingLR", "DecompressionStream", "OneCycleLR", "ReduceLROnPlateau", "StepLR"];

it("names in comments", () => {
  const code = new Set(foreign);
  const named: { file: string; name: string }[] = [];
  const files = ["compiler", "runtime", "test/compiler", "test/docs", "test/examples", "test/numerics", "test/runtime", "test/support"].flatMap(below); // prettier-ignore
  for (const file of files.filter((path) => /(?<!\.generated|\.d)\.[jt]s$/u.test(path))) {
    const pieces = readFileSync(join(root, file), "utf8").split(/(\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$)/mu);
    for (const [i, piece] of pieces.entries()) {
      // Between two pieces of code stands a comment. Only a capital inside says that a word is a name.
      if (i % 2 === 0) for (const [word] of piece.matchAll(/[\w$]+/gu)) code.add(word);
      else for (const [, name = ""] of piece.matchAll(/`(\w*[a-z][A-Z]\w*)(?:\([^`]*)?`/gu)) named.push({ file, name });
    }
  }
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ name }) => !code.has(name))).toEqual([]);
});
