/** Which file of the project imports which, read from the sources. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export interface SourceImport {
  /** Paths from the root of the project. */
  readonly from: string;
  readonly to: string;
  readonly onlyTypes: boolean;
}

const root = join(import.meta.dirname, "../..");

/** All below the folders, the parts of the shell among them, which are named from the root, as are they. */
export const sourceFiles = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.[jt]s$/u.test(name))
      .map((name) => join(folder, name)),
  );

/** Of all files below the folders. */
export function sourceImports(folders: readonly string[]): SourceImport[] {
  const files = sourceFiles(folders).map((name) => join(root, name));
  return files.flatMap((file) => {
    return importsIn(readFileSync(file, "utf8")).map(({ to, onlyTypes }) => {
      const target = resolve(dirname(file), to);
      const path = existsSync(`${target}.ts`) ? `${target}.ts` : `${target}.js`;
      return { from: relative(root, file), to: relative(root, path), onlyTypes };
    });
  });
}

/** What a text imports: in statements, where it asks (`import("./run.js")`), and as types in comments, as JavaScript has them. */
export function importsIn(text: string): Pick<SourceImport, "to" | "onlyTypes">[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?([^;]*?)\sfrom "(\.[^"]+)\.js";/gmu);
  const asked = text.matchAll(/(\btypeof )?\bimport\("(\.[^"]+)\.js"\)(\.[A-Z])?/gu);
  const commented = text.matchAll(/@import [^"\n]* from "(\.[^"]+)\.js"/gu);
  return [
    ...[...statements].map(([, isType, names = "", to = ""]) => ({
      to,
      onlyTypes: isType !== undefined || listed(names).every((name) => name.startsWith("type ")),
    })),
    ...[...asked].map(([, isType, to = "", member]) => ({
      to,
      onlyTypes: isType !== undefined || member !== undefined,
    })),
    ...[...commented].map(([, to = ""]) => ({ to, onlyTypes: true })),
  ];
}

const listed = (names: string): string[] =>
  names
    .replace(/[{}]/gu, "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** Groups of files that import each other, directly or through others. */
export function circles(imports: readonly SourceImport[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const reached = new Map([...targets.keys()].map((file) => [file, reachedFrom(file, targets)]));
  const groups = [...targets.keys()].map((file) =>
    [...(reached.get(file) ?? [])].filter((other) => reached.get(other)?.has(file) === true).sort(),
  );
  return [...new Map(groups.filter((group) => group.length > 0).map((group) => [group.join(), group])).values()];
}

function reachedFrom(file: string, targets: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const todo = [...(targets.get(file) ?? [])];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    todo.push(...(targets.get(next) ?? []));
  }
  return found;
}
