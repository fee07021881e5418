/** Reads the files of a command and shows what the compiler says about them. */
import { at } from "../base/at.js";
import { existsSync } from "node:fs";
import type { Diagnostic } from "../base/diagnostics/diagnostic.js";
import { suggest } from "../base/diagnostics/suggest.js";
import { diagnosticToJson, renderDiagnostics, type SourceLookup } from "../base/diagnostics/render.js";
import type { ReadFile } from "../language/semantics/load-modules.js";
import type { SourceFile } from "../base/source/source-file.js";
import { standardFileName, standardSources } from "../language/std/sources.js";
import { type ParsedArguments, UsageError } from "./arguments.js";
import { readText, STDIN } from "./files.js";
import { importReader } from "./import-reader.js";
import { readLimits } from "./read-limits.js";
import type { Terminal } from "./terminal.js";

export interface Input {
  /** As it was given. */
  readonly path: string;
  /** As messages name it, and what imports are relative to. */
  readonly file: string;
  readonly text: string;
  readonly readFile: ReadFile;
}

/** The one FILE that a command takes. */
export function onlyInput(command: string, args: ParsedArguments): Input {
  const inputs = allInputs(command, args);
  if (inputs.length > 1) throw new UsageError(`recell ${command} takes one FILE, got ${args.positionals.length}`);
  return at(inputs, 0);
}

/** Every FILE that a command takes, at least one, and how what they import is read. */
export function allInputs(command: string, args: ParsedArguments): Input[] {
  if (args.positionals.length === 0)
    throw new UsageError(`recell ${command} needs a FILE; see recell ${command} --help`);
  return args.positionals.map((path) => {
    // A cell that ships with recell is called as imports call it, unless there is a file of that name.
    const standard = /^std\//u.test(path) && !existsSync(path) ? standardFileName(path) : path;
    const text = standardSources.get(standard) ?? readSource(path);
    return { path, file: path === STDIN ? "<stdin>" : standard, text, readFile: importReader(path, args.text("root")) };
  });
}

/** @throws UsageError where there is no such file, with what was perhaps meant. */
function readSource(path: string): string {
  try {
    return readText(path, readLimits.source);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}${hintAbout(path)}`);
  }
}

function hintAbout(path: string): string {
  if (/^[^/.]+=[\d.]+$/u.test(path)) return `; a size is given with --dim: --dim ${path}`;
  if (!path.startsWith("std/")) return "";
  const known = [...standardSources.keys()].map((name) => name.replace(/^recell:|\.cell$/gu, ""));
  const similar = suggest(path.replace(/\.cell$/u, ""), known);
  return `; ${similar === undefined ? `recell ships with ${known.join(", ")}` : `did you mean ${similar}?`}`;
}

interface SourceFindings {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, SourceFile>;
}

/** Shows diagnostics on standard error. */
export function showFindings({ diagnostics, sources }: SourceFindings, terminal: Terminal): void {
  if (diagnostics.length === 0) return;
  const lookup: SourceLookup = (file) => sources.get(file);
  terminal.error(`${renderDiagnostics(diagnostics, lookup, { color: terminal.colors.error })}\n`);
}

export function findingsToJson({ diagnostics, sources }: SourceFindings): unknown[] {
  return diagnostics.map((diagnostic) => diagnosticToJson(diagnostic, (file) => sources.get(file)));
}

/** `2 errors and 1 warning`, or undefined where there is nothing to count. */
export function countFindings(diagnostics: readonly Diagnostic[]): string | undefined {
  const count = (severity: "error" | "warning"): string[] => {
    const number = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? "" : "s"}`];
  };
  const parts = [...count("error"), ...count("warning")];
  return parts.length === 0 ? undefined : parts.join(" and ");
}
