/** Which cell of a checked source is meant, and whether it was given the sizes that it needs. */
import { type CompileOptions, CompileOptionsError, MissingSizesError } from "./compile-options.js";
import type { CheckedSource } from "./check-source.js";
import { suggest } from "../base/diagnostics/suggest.js";
import type { Span } from "../base/source/span.js";
import { importedFile } from "../language/semantics/load-modules.js";
import type { TypedCell } from "../language/semantics/typed-program.js";
import { standardSources } from "../language/std/sources.js";

/** A cell that a file imports and that was asked for: where it is declared. */
export interface ImportedCell {
  readonly text: string;
  readonly options: CompileOptions;
  /** Of the import. */
  readonly span: Span;
}

/** The source of a cell that the file imports and does not declare: `import { LSTM } from "std/lstm"` is enough. */
export function importedCell({ tree, program: { cells }, settings }: CheckedSource): ImportedCell | undefined {
  const { cell, file, readFile } = settings;
  if (cell === undefined || cells.has(cell)) return undefined;
  for (const { names, path } of tree.imports) {
    const entry = names.find(({ name, alias }) => (alias ?? name).text === cell);
    if (entry === undefined) continue;
    const { name: target, isStandard } = importedFile(file, path);
    const text = isStandard ? standardSources.get(target) : readFile(target);
    if (typeof text === "string")
      return { text, options: { file: target, cell: entry.name.text }, span: (entry.alias ?? entry.name).span };
  }
  return undefined;
}

/** @throws CompileOptionsError where none is named and there are several, or there is none of that name. */
export function chooseCell({ program, tree: { imports }, settings: { cell: name } }: CheckedSource): TypedCell {
  const { cells, open } = program;
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

/** @throws CompileOptionsError where a size is missing, or of no dimension of the cell. */
export function checkSizes(cell: TypedCell, given: ReadonlyMap<string, number>, sizes: "all sizes" | "symbolic"): void {
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
