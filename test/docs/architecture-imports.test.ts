/**
 * The table of rooms in ARCHITECTURE.md says what each imports, and its order is the law: a room imports rooms above it only.
 * `UPDATE=1` writes the column of imports from the sources.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { expect, it } from "vitest";
import { circles, importsIn, sourceFiles, type SourceImport, sourceImports } from "../support/source-imports.js";

const path = join(import.meta.dirname, "../../ARCHITECTURE.md");
const page = readFileSync(path, "utf8");
const row = /^\| `([^`]+)` *\|([^|]*)\|[^|]*\|$/gmu;
/** From the one that everybody may import to the one that may import everybody. */
const rooms = [...page.matchAll(row)].map(([, room = ""]) => room);
const imports = sourceImports(["compiler", "runtime"]);

/** The innermost one. Files right below `compiler` and `runtime` are in no room: they hand out what others make. */
const roomOf = (file: string): string | undefined =>
  rooms.filter((room) => file.startsWith(`${room}/`)).sort((a, b) => b.length - a.length)[0];

/** Between rooms. */
const arrows = imports.filter(({ from, to }) => roomOf(from) !== roomOf(to) && roomOf(from) !== undefined);

const inWords = ({ from, to }: SourceImport): string => `${from} imports ${to}`;

it("every file is in a room", () => {
  const outside = sourceFiles(["compiler", "runtime"]).filter((file) => roomOf(file) === undefined);
  expect(outside.sort()).toEqual(["compiler/generate.ts", "compiler/index.ts", "runtime/index.ts"]);
});

it("no arrow runs up", () => {
  const up = arrows.filter(({ from, to }) => rooms.indexOf(roomOf(to) ?? "") > rooms.indexOf(roomOf(from)!));
  console.log(`${arrows.length} imports between rooms, ${up.length} of them up`);
  expect(up.map(inWords)).toEqual([]);
  expect(arrows.filter(({ to }) => roomOf(to) === undefined).map(inWords)).toEqual([]);
});

it("no files import each other in a circle", () => {
  const found = circles(imports);
  console.log(`${imports.length} imports, ${found.length} circles`);
  expect(found).toEqual([]);
});

it("what goes wrong is seen", () => {
  const of = (from: string, to: string): SourceImport => ({ from, to, onlyTypes: false });
  expect(circles([of("a", "b"), of("b", "c"), of("c", "a"), of("a", "d"), of("e", "e")])).toEqual([
    ["a", "b", "c"],
    ["e"],
  ]);
});

it("all kinds of imports are seen, also those of the shell", () => {
  const text = [
    'import { a } from "./a.js";',
    'export type { B } from "../b.js";',
    'const c = await import("./c.js");',
    'const d = {} as typeof import("./d.js");',
    '/** @import { E, F } from "./e.js" */',
    '/** @type {import("./f.js").F} */',
  ].join("\n");
  const seen = importsIn(text).map(({ to, onlyTypes }) => `${to} ${onlyTypes ? "type" : "value"}`);
  expect(seen.sort()).toEqual(["../b type", "./a value", "./c value", "./d type", "./e type", "./f type"]);
  const from = (file: string): string[] => imports.filter((one) => one.from === file).map(({ to }) => to);
  expect(from("compiler/emit/shell/found.js")).toContain("compiler/emit/shell/roles.js");
  expect(from("compiler/cli/run.ts")).toContain("compiler/cli/explain.ts");
});

/** `compiler/ir`; types of `runtime` */
function importedBy(room: string): string {
  const own = arrows.filter(({ from }) => roomOf(from) === room);
  const values = new Set(own.filter(({ onlyTypes }) => !onlyTypes).map(({ to }) => roomOf(to)!));
  const types = new Set(own.map(({ to }) => roomOf(to)!).filter((other) => !values.has(other)));
  const names = (some: ReadonlySet<string>): string =>
    rooms.filter((other) => some.has(other)).map((other) => `\`${other.replace("compiler/", "")}\``).join(", "); // prettier-ignore
  return [names(values), types.size === 0 ? "" : `types of ${names(types)}`].filter((part) => part !== "").join("; ");
}

it("ARCHITECTURE.md says what rooms import", async () => {
  const changed = page.replace(
    row,
    (_, room: string, purpose: string) => `| \`${room}\` |${purpose}| ${importedBy(room)} |`,
  );
  const expected = await format(changed, { parser: "markdown", printWidth: 120, proseWrap: "preserve" });
  if (process.env["UPDATE"] === "1") writeFileSync(path, expected);
  else expect(page, "`UPDATE=1 npx vitest run test/docs` writes it anew").toBe(expected);
});
