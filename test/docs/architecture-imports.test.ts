/** The table of folders in ARCHITECTURE.md says what each imports: here it is read from the sources. `UPDATE=1` rewrites it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { format } from "prettier";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Every folder may import these. */
const everywhere = new Set(["source", "diagnostics", "types"]);
const top = "files at the top";

/** The folder of a file, as the table calls it. */
function roomOf(path: string): string {
  const [first = "", second = "", ...rest] = relative(root, path).split("/");
  if (first !== "compiler") return first;
  return rest.length === 0 ? top : second;
}

interface Imports {
  readonly values: Set<string>;
  readonly types: Set<string>;
}

function importsOf(folder: string): Map<string, Imports> {
  const found = new Map<string, Imports>();
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.ts$/u.test(name),
  );
  for (const file of files.map((name) => join(root, folder, name))) {
    const room = roomOf(file);
    const own = found.get(room) ?? { values: new Set(), types: new Set() };
    found.set(room, own);
    const statements = readFileSync(file, "utf8").matchAll(
      /^(?:import|export)\s+(type\s)?([^;]*?)\sfrom "([^"]+)";/gmu,
    );
    for (const [, isType, names = "", from = ""] of statements) {
      if (!from.startsWith(".") && !from.startsWith("#")) continue;
      const target = from === "#chevrotain" ? "dependencies" : roomOf(resolve(dirname(file), from));
      if (target === room || everywhere.has(target)) continue;
      const onlyTypes = isType !== undefined || names.replace(/[{}\s]/gu, "").split(",").every((name) => name === "" || name.startsWith("type")); // prettier-ignore
      (onlyTypes ? own.types : own.values).add(target);
    }
  }
  return found;
}

/** `ops`, `ir`; types of `lower` */
function inWords({ values, types }: Imports): string {
  const names = (rooms: Iterable<string>): string =>
    [...rooms].sort().map((room) => (room === top ? room : `\`${room}\``)).join(", "); // prettier-ignore
  const onlyTypes = [...types].filter((room) => !values.has(room));
  const parts = [names(values), onlyTypes.length === 0 ? "" : `types of ${names(onlyTypes)}`];
  return parts.filter((part) => part !== "").join("; ");
}

it("ARCHITECTURE.md says what folders import", async () => {
  const path = join(root, "ARCHITECTURE.md");
  const page = readFileSync(path, "utf8");
  const found = new Map([...importsOf("compiler"), ...importsOf("runtime")]);
  const listed = new Set<string>(everywhere);
  const changed = page.replace(/^\| `[^|]*\|[^|]*\|[^|]*\|$/gmu, (line) => {
    const [, folders = "", purpose = ""] = line.split("|");
    const rooms = new Set([...folders.matchAll(/`([^`]+)`/gu)].map(([, name = ""]) => name.replace(/^compiler\//u, "").replace(/\/.*/u, ""))); // prettier-ignore
    const [room = ""] = rooms;
    if (!found.has(room)) return line;
    for (const each of rooms) listed.add(each);
    return `|${folders}|${purpose}| ${everywhere.has(room) ? "each other" : inWords(found.get(room)!)} |`;
  });
  expect([...found.keys()].filter((room) => !listed.has(room))).toEqual([top]);
  const expected = await format(changed, { parser: "markdown", printWidth: 120, proseWrap: "preserve" });
  if (process.env["UPDATE"] === "1") writeFileSync(path, expected);
  else expect(page).toBe(expected);
});
