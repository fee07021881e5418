/** A text as a tree, and what its names and types are: the stages `parse` and `check`, with all files that they read. */
import { checkOptions, type CheckedOptions, type CompileOptions } from "./compile-options.js";
import { type Diagnostic, DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import { SourceFile } from "../base/source/source-file.js";
import { analyze } from "../language/semantics/analyze.js";
import type { ReadFile } from "../language/semantics/load-modules.js";
import type { TypedProgram } from "../language/semantics/typed-program.js";
import { standardSources } from "../language/std/sources.js";
import type { SourceFileNode } from "../language/syntax/ast.js";
import { parse } from "../language/syntax/parse.js";
import { sourceLimit } from "../language/syntax/source-limit.js";
import { describe } from "../../runtime/base/options.js";

/** What the compiler found in a source. */
export interface Findings {
  /** Errors and warnings, in the order in which they were found. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, by the name that spans carry: for showing diagnostics. */
  readonly sources: ReadonlyMap<string, SourceFile>;
}

export interface ParsedSource {
  readonly tree: SourceFileNode;
  readonly collector: DiagnosticCollector;
  readonly sources: Map<string, SourceFile>;
  readonly settings: CheckedOptions;
}

/** @throws TypeError where the source is no string; CompileOptionsError where the options are wrong. */
export function parseSource(text: string, options: CompileOptions): ParsedSource {
  if (typeof text !== "string") throw new TypeError(`the source must be a string, got ${describe(text)}`);
  const settings = checkOptions(options);
  const collector = new DiagnosticCollector();
  // Of a text that is too long nothing is read, and its beginning is enough to be shown.
  const shown = text.length > sourceLimit ? text.slice(0, 80) : text;
  const sources = new Map([[settings.file, new SourceFile(settings.file, shown)]]);
  return { tree: parse(text, settings.file, collector), collector, sources, settings };
}

export interface CheckedSource extends Findings {
  readonly sources: Map<string, SourceFile>;
  /** Without cells where the text cannot be parsed. */
  readonly program: TypedProgram;
  readonly tree: SourceFileNode;
  readonly collector: DiagnosticCollector;
  readonly settings: CheckedOptions;
}

/** Checks a parsed source and what it imports. */
export function checkSource({ tree, collector, sources, settings }: ParsedSource): CheckedSource {
  const read: ReadFile = (path) => {
    const found = settings.readFile(path);
    if (typeof found === "string") sources.set(path, new SourceFile(path, found));
    return found;
  };
  const program = analyze(tree, read, collector, settings.dtype);
  for (const { span } of collector.diagnostics) addStandard(sources, span.file);
  return { program, tree, collector, settings, diagnostics: collector.diagnostics, sources };
}

/** Spans point into files of the standard library, too, which nobody has read from outside. */
export function addStandard(sources: Map<string, SourceFile>, file: string): void {
  const standard = standardSources.get(file);
  if (standard !== undefined) sources.set(file, new SourceFile(file, standard));
}
