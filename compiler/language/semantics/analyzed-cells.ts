/** Cells as far as they are analysed: those of the text, and those that come of giving them cells and numbers. */
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import { analyzeCell } from "./analyze-cell.js";
import type { Known } from "./checker.js";
import type { CellDeclaration, FunctionDeclaration } from "./declared.js";
import type { TypedCell, TypedFunction } from "./typed-program.js";

export class AnalyzedCells {
  readonly known: Known;
  private readonly cells = new Map<CellDeclaration, TypedCell | undefined>();
  /** Of those that come of others, by what they are made of. */
  private readonly special = new Map<string, TypedCell | undefined>();

  constructor(functions: Map<FunctionDeclaration, TypedFunction | undefined>) {
    const cellOf: Known["cellOf"] = (declaration, argument, collector) => this.cellOf(declaration, argument, collector);
    this.known = { cellOf, functions, constants: new Map() };
  }

  get(declaration: CellDeclaration): TypedCell | undefined {
    return this.cells.get(declaration);
  }

  /** One of the text. */
  analyze(declaration: CellDeclaration, collector: DiagnosticCollector): void {
    this.cells.set(declaration, analyzeCell(declaration, this.known, collector));
  }

  /** What is wrong in one that comes of others is said at `argument`: its text was checked where it stands. */
  private cellOf(declaration: CellDeclaration, argument: Span, collector: DiagnosticCollector): TypedCell | undefined {
    if (this.cells.has(declaration)) return this.cells.get(declaration);
    const isSpecial = declaration.node !== declaration.written;
    if (!isSpecial) return undefined;
    const key = keyOf(declaration);
    if (!this.special.has(key)) {
      const own = new DiagnosticCollector();
      this.special.set(key, analyzeCell(declaration, this.known, own));
      const wrong = own.diagnostics.find(({ severity }) => severity === "error");
      if (wrong !== undefined) {
        const message = `\`${declaration.node.name.text}\` is wrong with what is given here: ${wrong.message}`;
        collector.report("cell-does-not-fit", argument, message, { related: [{ span: wrong.span, message: "here" }] });
      }
    }
    const cell = this.special.get(key);
    this.cells.set(declaration, cell);
    return cell;
  }
}

function keyOf({ node, bound }: CellDeclaration): string {
  const { file, start } = node.span;
  const numbers = node.parameters.map(({ name, defaultValue }) => [name.text, defaultValue?.span.file, defaultValue?.span.start]); // prettier-ignore
  const cells = [...bound].map(([name, { declaration, dimensions }]) => [name, keyOf(declaration), ...dimensions]);
  return JSON.stringify([node.name.text, file, start, numbers, cells]);
}
