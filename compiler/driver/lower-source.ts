/** From a text to a program: the phases that look at the user's source. */
import {
  type CheckedOptions,
  checkOptions,
  type CompileOptions,
  CompileOptionsError,
  MissingSizesError,
  type SourceOptions,
} from "./compile-options.js";
import { type Diagnostic, DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import { suggest } from "../base/diagnostics/suggest.js";
import { checkStream } from "../program/check-stream.js";
import { checkConstants } from "../program/check-constants.js";
import { innerGradient } from "../passes/autodiff/inner-gradient.js";
import { anyTarget } from "../passes/any-target.js";
import { lowerNamed } from "../program/ast-to-graph.js";
import { programOfCell } from "../program/cell-program.js";
import { programOfNetwork } from "../program/network-program.js";
import type { Program } from "../program/program.js";
import { withDefaultSizes } from "../program/sizes.js";
import type { LoweredCell, LoweredNetwork } from "../program/lowered-cell.js";
import { analyze } from "../language/semantics/analyze.js";
import { describe } from "../../runtime/base/options.js";
import { type ReadFile, resolvePath } from "../language/semantics/load-modules.js";
import type { TypedCell, TypedProgram } from "../language/semantics/typed-program.js";
import { SourceFile } from "../base/source/source-file.js";
import type { Span } from "../base/source/span.js";
import { standardFileName, standardSources } from "../language/std/sources.js";
import type { SourceFileNode } from "../language/syntax/ast.js";
import { parse } from "../language/syntax/parse.js";
import { sourceLimit } from "../language/syntax/source-limit.js";

/** What the compiler found in a source. */
export interface Findings {
  /** Errors and warnings, in the order in which they were found. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, by the name that spans carry: for showing diagnostics. */
  readonly sources: ReadonlyMap<string, SourceFile>;
}

interface ParsedSource {
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

interface CheckedSource extends Findings {
  readonly sources: Map<string, SourceFile>;
  /** Without cells where the text cannot be parsed. */
  readonly program: TypedProgram;
  readonly tree: SourceFileNode;
  readonly collector: DiagnosticCollector;
  readonly settings: CheckedOptions;
}

/** Parses and checks a source and what it imports. */
export function checkSource(text: string, options: SourceOptions): CheckedSource {
  const { tree, collector, sources, settings } = parseSource(text, options);
  const read: ReadFile = (path) => {
    const found = settings.readFile(path);
    if (typeof found === "string") sources.set(path, new SourceFile(path, found));
    return found;
  };
  const program = analyze(tree, read, collector, settings.dtype);
  for (const { span } of collector.diagnostics) {
    const standard = standardSources.get(span.file);
    if (standard !== undefined) sources.set(span.file, new SourceFile(span.file, standard));
  }
  return { program, tree, collector, settings, diagnostics: collector.diagnostics, sources };
}

interface LowerFindings extends Findings {
  readonly settings: CheckedOptions;
}

interface LowerSuccess extends LowerFindings {
  /** What all that comes after starts from. */
  readonly program: Program;
  /** What the program was made of, where a cell made it: one step. */
  readonly cell: LoweredCell | undefined;
  /** The same, where a network made it: its equations over whole sequences. */
  readonly network: LoweredNetwork | undefined;
  /** Dimensions of the cell that were given no size; those that rounds go by have one in `program.dimensions` all the same. */
  readonly openDimensions: readonly string[];
  /** The same cell as it was written: the file that declares it, and what the checks found. */
  readonly written: { readonly tree: SourceFileNode; readonly typed: TypedCell };
}

interface LowerFailure extends LowerFindings {
  readonly program: undefined;
  readonly cell: undefined;
  readonly network: undefined;
  readonly openDimensions: readonly [];
  readonly written: undefined;
}

/** The program is undefined where there are errors. */
export type LowerResult = LowerSuccess | LowerFailure;

/**
 * Checks a source and lowers one of its cells.
 *
 * @param written How many operations rounds may be that are written out.
 * @param sizes Whether every dimension of the cell needs a size. Reals without a default always need a value.
 * @throws CompileOptionsError where the cell or a size is missing or not one of the source's.
 */
export function lowerSource(
  text: string,
  options: CompileOptions,
  sizes: "all sizes" | "symbolic",
  written = anyTarget.mostWrittenOut,
): LowerResult {
  const { program, tree, collector, settings, diagnostics, sources } = checkSource(text, options);
  const found = { settings, diagnostics, sources };
  const failed: LowerFailure = {
    ...found,
    program: undefined,
    cell: undefined,
    network: undefined,
    written: undefined,
    openDimensions: [],
  };
  if (collector.hasErrors) return failed;
  const elsewhere = importedCell(tree, program, settings);
  if (elsewhere !== undefined) {
    const there = lowerSource(elsewhere.text, { ...options, ...elsewhere.options }, sizes, written);
    // The import is what is used of this file.
    const here = diagnostics.filter(
      ({ code, span }) => code !== "unused-import" || span.start !== elsewhere.span.start,
    );
    return { ...there, diagnostics: [...here, ...there.diagnostics], sources: new Map([...sources, ...there.sources]) };
  }
  const typed = chooseCell(program, tree, settings.cell);
  checkSizes(typed, settings.dimensions, sizes);
  const complete = sizes === "all sizes" ? withDefaultSizes(typed, settings.dimensions) : settings.dimensions;
  const reals = new Set(typed.reals.map(({ name }) => name));
  const given = [...complete];
  const values = {
    dimensions: new Map(given.filter(([name]) => !reals.has(name))),
    reals: new Map(given.filter(([name]) => reals.has(name))),
    assumeSizes: sizes === "symbolic",
    mostWrittenOut: written,
    dtype: settings.dtype,
  };
  const lowered = lowerNamed(program, typed.name, values, innerGradient, collector);
  if (lowered !== undefined) checkStream(typed, lowered, collector);
  if (collector.hasErrors || lowered === undefined) return failed;
  const [cell, network] = "step" in lowered ? ([lowered, undefined] as const) : ([undefined, lowered] as const);
  const made = cell === undefined ? programOfNetwork(network) : programOfCell(cell);
  if (cell !== undefined)
    checkConstants(cell, { span: typed.span, dtype: settings.dtype, reported: program.lostNumbers }, collector);
  const openDimensions = typed.dimensions.flatMap(({ name }) => (values.dimensions.has(name) ? [] : [name]));
  return { ...found, program: made, cell, network, openDimensions, written: { tree, typed } };
}

/** The source of a cell that the file imports and does not declare: `import { LSTM } from "std/lstm"` is enough. */
function importedCell(
  { imports }: SourceFileNode,
  { cells }: TypedProgram,
  { cell, file, readFile }: CheckedOptions,
): { text: string; options: CompileOptions; span: Span } | undefined {
  if (cell === undefined || cells.has(cell)) return undefined;
  for (const { names, path } of imports) {
    const entry = names.find(({ name, alias }) => (alias ?? name).text === cell);
    if (entry === undefined) continue;
    const isStandard = path.startsWith("std/");
    const target = isStandard ? standardFileName(path) : resolvePath(file, path);
    const text = isStandard ? standardSources.get(target) : readFile(target);
    if (typeof text === "string")
      return { text, options: { file: target, cell: entry.name.text }, span: (entry.alias ?? entry.name).span };
  }
  return undefined;
}

function chooseCell({ cells, open }: TypedProgram, { imports }: SourceFileNode, name: string | undefined): TypedCell {
  const names = [...cells.keys()];
  const imported = imports.flatMap((entry) => entry.names.map((item) => (item.alias ?? item.name).text));
  // What is imported is there to be named, too.
  const further = imported.length === 0 ? "" : `; it imports ${imported.join(", ")}`;
  const list = `the source has ${names.length === 0 ? "no cells" : names.join(", ")}${further}`;
  if (name === undefined) {
    const [only] = cells.values();
    if (only !== undefined && cells.size === 1) return only;
    const how = further === "" ? "" : ": name one with `cell`";
    throw new CompileOptionsError(names.length === 0 ? `${list}${how}` : `which cell? ${list}`);
  }
  const cell = cells.get(name);
  if (cell !== undefined) return cell;
  if (open.has(name)) {
    throw new CompileOptionsError(
      `${name} takes a cell: give it one, such as \`cell My${name} = ${name}(GRU)\`, and compile that`,
    );
  }
  const similar = suggest(name, [...names, ...imported]);
  const hint = similar === undefined ? "" : `; did you mean ${similar}?`;
  throw new CompileOptionsError(`there is no cell ${JSON.stringify(name)}: ${list}${hint}`);
}

function checkSizes(cell: TypedCell, given: ReadonlyMap<string, number>, sizes: "all sizes" | "symbolic"): void {
  const dimensions = cell.dimensions.map(({ name }) => name);
  const reals = cell.reals.map(({ name }) => name);
  for (const [name, value] of given) {
    if (reals.includes(name)) continue;
    if (cell.runtimeDimensions.includes(name)) {
      const where = "an instance has room for so much of it, `sizes`, and each call says how much it has";
      throw new CompileOptionsError(
        `${name} of ${cell.name} is a size of calls, and modules are for all of them: ${where}`,
      );
    }
    if (!dimensions.includes(name)) {
      const known = [...dimensions, ...reals].join(", ") || "none";
      throw new CompileOptionsError(`${cell.name} has no dimension ${JSON.stringify(name)}; it has ${known}`);
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new CompileOptionsError(`the size of ${name} must be a positive integer, got ${value}`);
    }
  }
  const isMissing = (name: string): boolean => !given.has(name);
  const open = cell.dimensions.filter(({ defaultValue }) => defaultValue === undefined).map(({ name }) => name);
  const missingSizes = sizes === "all sizes" ? open.filter(isMissing) : [];
  const required = cell.reals.filter((real) => real.defaultValue === undefined);
  const missingValues = required.map(({ name }) => name).filter(isMissing);
  if (missingSizes.length + missingValues.length > 0) {
    throw new MissingSizesError(cell.name, missingSizes, missingValues);
  }
}
