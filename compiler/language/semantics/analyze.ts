/** Syntax trees to a typed program: modules, names, shapes, all checks. Reports everything it finds, in order. */
import { at } from "../../base/at.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { RealType } from "../../ir/ops/number-range.js";
import type { SourceFileNode } from "../syntax/ast.js";
import { AnalyzedCells } from "./analyzed-cells.js";
import { analyzeConstant } from "./analyze-constant.js";
import { analyzeFunction } from "./analyze-function.js";
import { declareModules } from "./declarations.js";
import type { CellDeclaration, Declaration, FunctionDeclaration } from "./declared.js";
import { loadModules, type ReadFile } from "./load-modules.js";
import { neededBy } from "./needed-declarations.js";
import { checkNumbers } from "./number-range.js";
import { topologicalOrder } from "./topological-order.js";
import { valuesIn } from "./value-names.js";
import type { TypedCell, TypedFunction, TypedProgram } from "./typed-program.js";
import { reportUnusedImports } from "./unused.js";

/**
 * Analyses a parsed file and what it imports.
 *
 * @param file its span's file name is what relative imports start from
 * @param readFile gives the text of an imported file; files of the standard library are known without it
 * @param dtype what the numbers of a module will be
 * @returns the cells of `file`; those with errors have `sound: false`. Empty where a file does not parse: names that seem
 *   to be missing may stand in what was left out.
 */
export function analyze(
  file: SourceFileNode,
  readFile: ReadFile,
  collector: DiagnosticCollector,
  dtype: RealType = "f32",
): TypedProgram {
  const hadErrors = collector.hasErrors;
  const first = collector.diagnostics.length;
  const modules = loadModules(file, readFile, collector);
  const parsed = !hadErrors && !collector.diagnostics.slice(first).some(({ code }) => !importCodes.has(code));
  const program = parsed
    ? analyzeModules(modules, file, collector, dtype)
    : { file: file.span.file, cells: new Map(), open: new Set<string>(), lostNumbers: new Set<number>() };
  tidy(collector, first, file.span.file);
  return program;
}

const importCodes = new Set<string>(["missing-import", "circular-import", "dangling-documentation"]);

function analyzeModules(
  modules: ReturnType<typeof loadModules>,
  file: SourceFileNode,
  collector: DiagnosticCollector,
  dtype: RealType,
): TypedProgram {
  const root = declareModules(modules, collector);
  const functions = new Map<FunctionDeclaration, TypedFunction | undefined>();
  const cells = new AnalyzedCells(functions);
  const { known } = cells;
  const roots = root.declarations.flatMap((declaration): Declaration[] =>
    declaration.kind === "cell" ? [...declaration.functions.values(), declaration] : [declaration],
  );
  const { order, cycles, unordered } = topologicalOrder<Declaration>(roots, neededBy);
  for (const cycle of cycles) reportRecursion(cycle, collector);
  const lostNumbers = new Set<number>();
  for (const declaration of order) {
    if (unordered.has(declaration)) continue;
    if (declaration.kind === "cell" && isMadeOfAnother(declaration)) {
      known.cellOf(declaration, declaration.written.other?.cell.span ?? declaration.written.span, collector);
      continue;
    }
    const lost = checkNumbers(valuesIn(declaration), dtype, collector);
    if (declaration.node.span.file === file.span.file) for (const value of lost) lostNumbers.add(value);
    if (declaration.kind === "cell") cells.analyze(declaration, collector);
    else if (declaration.kind === "constant")
      known.constants.set(declaration, analyzeConstant(declaration, known, collector));
    else if (declaration.owner?.captures.has(declaration.node.name.text) !== true) {
      functions.set(declaration, analyzeFunction(declaration, known, collector));
    }
  }
  reportUnusedImports(root, collector);
  const result = new Map<string, TypedCell>();
  const open = new Set<string>();
  for (const declaration of root.declarations) {
    const cell = declaration.kind === "cell" ? cells.get(declaration) : undefined;
    if (cell === undefined || cell.span.file !== file.span.file) continue;
    if (cell.open) open.add(cell.name);
    else if (!result.has(cell.name)) result.set(cell.name, cell);
  }
  return { file: file.span.file, cells: result, open, lostNumbers };
}

/** Its text is checked where it stands. */
const isMadeOfAnother = ({ node, written }: CellDeclaration): boolean =>
  written.other !== undefined || node !== written;

function reportRecursion(cycle: readonly Declaration[], collector: DiagnosticCollector): void {
  const head = at(cycle, cycle.length - 1);
  const names = [head, ...cycle].map(({ node }) => node.name.text).join(" -> ");
  const isUse = cycle.every(({ kind }) => kind === "cell");
  const { span, text } = head.node.name;
  const path = cycle.length === 1 ? "" : `: ${names}`;
  if (isUse) {
    const message = cycle.length === 1 ? `cell \`${text}\` uses itself` : `cells use each other${path}`;
    collector.report("recursive-use", span, message, {
      help: "every used cell has states of its own, so this would have infinitely many",
    });
  } else if (cycle.some(({ kind }) => kind === "constant")) {
    const message = cycle.length === 1 ? `the constant \`${text}\` needs itself` : `constants need each other${path}`;
    collector.report("cycle", span, message, { help: "a constant is made of numbers and of other constants" });
  } else {
    const message = cycle.length === 1 ? `function \`${text}\` calls itself` : `functions call each other${path}`;
    collector.report("recursive-function", span, message, {
      help: "functions are written out where they are called, so recursion would never end",
    });
  }
}

/** In the order of the text, the file itself first; warnings about imported files are for those who check them. */
function tidy(collector: DiagnosticCollector, first: number, file: string): void {
  const own = collector.diagnostics.splice(first);
  const seen = new Set<string>();
  const kept = own.filter((diagnostic) => {
    const { code, span, severity, message } = diagnostic;
    const key = `${code} ${span.file} ${span.start} ${span.end} ${message}`;
    if (seen.has(key) || (severity === "warning" && span.file !== file)) return false;
    seen.add(key);
    return true;
  });
  const rank = (name: string): number => (name === file ? 0 : 1);
  kept.sort((a, b) => rank(a.span.file) - rank(b.span.file) || a.span.start - b.span.start);
  // One by one: a text can have more reports than a call can have arguments.
  for (const diagnostic of kept) collector.diagnostics.push(diagnostic);
}
