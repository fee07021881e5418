/** Finds and parses the files that a file imports, and theirs. No I/O: the caller reads. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { suggestion } from "./suggestion.js";
import { standardFileName, standardSources } from "../std/sources.js";
import type { ImportNode, SourceFileNode } from "../syntax/ast.js";
import { parse } from "../syntax/parse.js";

/** A file that is there and may not be imported: why, as the end of a sentence, and what to do. */
export interface RefusedFile {
  readonly refused: string;
  readonly help?: string;
}

/** The text of a file by its name, undefined where there is none. Names are joined as posix paths. */
export type ReadFile = (name: string) => string | RefusedFile | undefined;

export interface LoadedModule {
  readonly name: string;
  readonly node: SourceFileNode;
  /** The module that each import names; missing where it could not be loaded, which was reported. */
  readonly imports: ReadonlyMap<ImportNode, LoadedModule>;
}

interface OpenModule extends LoadedModule {
  readonly imports: Map<ImportNode, LoadedModule>;
}

interface LoadingStep {
  readonly module: OpenModule;
  next: number;
}

/** Loads all that `root` imports, each file once. */
export function loadModules(root: SourceFileNode, readFile: ReadFile, collector: DiagnosticCollector): LoadedModule {
  const name = root.span.file;
  const first: OpenModule = { name, node: root, imports: new Map() };
  const loaded = new Map<string, OpenModule>([[normalize(name), first]]);
  const path: LoadingStep[] = [{ module: first, next: 0 }];
  for (let step = path[path.length - 1]; step !== undefined; step = path[path.length - 1]) {
    const node = step.module.node.imports[step.next++];
    if (node === undefined) {
      path.pop();
      continue;
    }
    const target = locate(step.module.name, node, (file) => (loaded.has(file) ? "" : readFile(file)), collector);
    if (target === undefined) continue;
    const known = loaded.get(target.name);
    if (known !== undefined) {
      const start = path.findIndex(({ module }) => module === known);
      if (start < 0) step.module.imports.set(node, known);
      else reportCircle(node, [...path.slice(start).map(({ module }) => module.name), known.name], collector);
      continue;
    }
    const module: OpenModule = {
      name: target.name,
      node: parse(target.text, target.name, collector),
      imports: new Map(),
    };
    loaded.set(target.name, module);
    step.module.imports.set(node, module);
    path.push({ module, next: 0 });
  }
  return first;
}

function reportCircle(node: ImportNode, names: readonly string[], collector: DiagnosticCollector): void {
  const message =
    names.length === 2 ? "this file imports itself" : `files import each other in a circle: ${names.join(" -> ")}`;
  collector.report("circular-import", node.pathSpan, message, {
    help: "move what both need into a file of its own",
  });
}

interface Located {
  readonly name: string;
  readonly text: string;
}

/** The file that an import names, and whether it is one of the standard library, whose files may name each other by relative paths. */
export function importedFile(from: string, path: string): { readonly name: string; readonly isStandard: boolean } {
  if (path.startsWith("std/")) return { name: standardFileName(path), isStandard: true };
  return { name: resolvePath(from, path), isStandard: standardSources.has(from) && /^\.\.?\//.test(path) };
}

function locate(
  from: string,
  node: ImportNode,
  readFile: ReadFile,
  collector: DiagnosticCollector,
): Located | undefined {
  const { path, pathSpan } = node;
  const missing = (message: string, help: string | undefined): undefined => {
    collector.report("missing-import", pathSpan, message, { help });
    return undefined;
  };
  const { name, isStandard } = importedFile(from, path);
  if (isStandard) {
    const text = standardSources.get(name);
    if (text !== undefined) return { name, text };
    const known = [...standardSources.keys()].map((key) => key.replace(/^recell:/, "").replace(/\.cell$/, ""));
    const help = suggestion(path, known) ?? `there are ${known.map((key) => `"${key}"`).join(", ")}`;
    return missing(`the standard library has no \`${path}\``, help);
  }
  if (!/^(\.\.?\/|\/)/.test(path)) {
    return missing(
      `\`${path}\` is neither a relative path nor in the standard library`,
      `write "./${path}" for a file beside this one`,
    );
  }
  const text = readFile(name);
  if (typeof text === "string") return { name, text };
  const withEnding = path.endsWith(".cell") ? undefined : readFile(`${name}.cell`);
  const meant = typeof withEnding === "string" ? `did you mean \`${path}.cell\`?` : undefined;
  if (text === undefined) return missing(`there is no file \`${name}\``, meant);
  return missing(`\`${name}\` is not imported: ${text.refused}`, meant ?? text.help);
}

/** The name of a file that another file calls `path`. */
export function resolvePath(from: string, path: string): string {
  const base = from.replaceAll("\\", "/");
  const folder = base.slice(0, base.lastIndexOf("/") + 1);
  return normalize(path.startsWith("/") ? path : folder + path);
}

/** Without `.` and `..` where they can go. */
function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll("\\", "/").split("/")) {
    const last = parts[parts.length - 1];
    if (part === "." || (part === "" && parts.length > 0)) continue;
    if (part === ".." && last !== undefined && last !== "..") {
      if (last !== "") parts.pop();
    } else parts.push(part);
  }
  return parts.join("/");
}
