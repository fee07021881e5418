/**
 * `cell A(K, R, N = K + R)`: where a cell is right for what `N` is by default, and not for every size of it, `N` stands for that, and other
 * sizes are refused. Where it is right for all of them, the default is no more than one.
 */
import { type Diagnostic, DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import { dimSymbol, subtractDims, symbolsOf } from "../../base/types/dim.js";
import type { Checker } from "./checker.js";
import type { CellDeclaration } from "./declared.js";
import type { TypedCell } from "./typed-program.js";

type AnalyzeCell = (declaration: CellDeclaration, collector: DiagnosticCollector) => TypedCell;

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

/** What the cell is for all sizes, or with dimensions that stand for their defaults, as few as will do. */
export function withStandingDefaults(
  declaration: CellDeclaration,
  collector: DiagnosticCollector,
  analyze: AnalyzeCell,
): TypedCell {
  const own = new DiagnosticCollector();
  const cell = analyze(declaration, own);
  const open = cell.dimensions.filter(({ defaultValue }) => defaultValue && symbolsOf(defaultValue).length > 0);
  const wrong = own.diagnostics.find(isError);
  const names = open.map(({ name }) => name);
  const found =
    wrong === undefined || open.length === 0 ? undefined : standing(declaration, analyze, names, wrong.span);
  collector.diagnostics.push(...(found ?? { diagnostics: own.diagnostics }).diagnostics);
  return found?.cell ?? cell;
}

interface StandingCell {
  readonly cell: TypedCell;
  readonly diagnostics: readonly Diagnostic[];
}

/** Undefined where the cell is wrong with all of them, too. */
function standing(
  declaration: CellDeclaration,
  analyze: AnalyzeCell,
  names: readonly string[],
  wanted: Span,
): StandingCell | undefined {
  const tried = (some: readonly string[]): StandingCell | undefined => {
    const own = new DiagnosticCollector();
    const cell = analyze({ ...declaration, standing: { names: new Set(some), wanted } }, own);
    return own.hasErrors ? undefined : { cell, diagnostics: own.diagnostics };
  };
  const all = tried(names);
  if (all === undefined || names.length === 1) return all;
  let left = names;
  for (const name of names) {
    const others = left.filter((other) => other !== name);
    if (tried(others) !== undefined) left = others;
  }
  // Functions of the cell are what its last analysis made of them.
  return tried(left);
}

/** Makes dimensions stand for what they are by default, which is demanded of sizes. */
export function standForDefaults(
  checker: Checker,
  { standing: stands }: CellDeclaration,
  { dimensions }: Pick<TypedCell, "dimensions">,
): void {
  for (const { name, defaultValue } of dimensions) {
    if (stands?.names.has(name) !== true || defaultValue === undefined) continue;
    const dim = subtractDims(dimSymbol(name), defaultValue);
    const said = { left: dimSymbol(name), operator: "==", right: defaultValue };
    checker.obligations.push({ kind: "equal", dim, span: stands.wanted, said });
    checker.namedSizes.set(name, defaultValue);
  }
}
