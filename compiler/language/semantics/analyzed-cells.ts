/** Cells as far as they are analysed: those of the text, and those that come of giving them cells and numbers. */
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import { analyzeCell } from "./analyze-cell.js";
import type { Known } from "./checker.js";
import { interfaceDeclaration } from "./cell-interface.js";
import type { BoundCell, CellDeclaration, FunctionDeclaration } from "./declared.js";
import { fitCell, type FittedCell, type Misfit } from "./fit-cell.js";
import { withOwnCells } from "./specialise.js";
import { withStandingDefaults } from "./standing-defaults.js";
import type { TypedCell, TypedFunction } from "./typed-program.js";

export class AnalyzedCells {
  readonly known: Known;
  private readonly cells = new Map<CellDeclaration, TypedCell | undefined>();
  /** Of those that come of others, by what they are made of. */
  private readonly special = new Map<string, TypedCell | undefined>();
  private readonly given = new Map<BoundCell, FittedCell | undefined>();

  constructor(functions: Map<FunctionDeclaration, TypedFunction | undefined>) {
    const cellOf: Known["cellOf"] = (declaration, argument, collector) => this.cellOf(declaration, argument, collector);
    const givenCell: Known["givenCell"] = (bound, owner, collector) => this.givenCell(bound, owner, collector);
    this.known = { cellOf, givenCell, functions, constants: new Map() };
  }

  get(declaration: CellDeclaration): TypedCell | undefined {
    return this.cells.get(declaration);
  }

  /** One of the text. */
  analyze(declaration: CellDeclaration, collector: DiagnosticCollector): void {
    for (const { cell, ...parameter } of declaration.node.parameters) {
      if (cell !== undefined)
        this.cellOf(interfaceDeclaration({ ...parameter, cell }, declaration.module), cell.span, collector);
    }
    const typed = this.analyzed(declaration, collector);
    const whole = typed.sound ? withOwnCells(declaration, collector) : undefined;
    this.cells.set(declaration, whole === undefined ? typed : this.cellOf(whole, typed.span, collector));
  }

  private analyzed(declaration: CellDeclaration, collector: DiagnosticCollector): TypedCell {
    return withStandingDefaults(declaration, collector, (own, reports) => analyzeCell(own, this.known, reports));
  }

  /** What is wrong in one that comes of others is said at `argument`: its text was checked where it stands. */
  private cellOf(declaration: CellDeclaration, argument: Span, collector: DiagnosticCollector): TypedCell | undefined {
    if (this.cells.has(declaration)) return this.cells.get(declaration);
    if (declaration.isInterface === true) return this.interfaceOf(declaration, collector);
    const isSpecial = declaration.node !== declaration.written;
    if (!isSpecial) return undefined;
    const { form } = declaration.node;
    for (const bound of declaration.bound.values()) {
      if (this.givenCell(bound, form, collector) === undefined) return undefined;
    }
    const key = keyOf(declaration);
    if (!this.special.has(key)) {
      const own = new DiagnosticCollector();
      this.special.set(key, this.analyzed(declaration, own));
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

  /** What is wrong in it is said at its own place; what is said of a text that computes something does not concern it. */
  private interfaceOf(declaration: CellDeclaration, collector: DiagnosticCollector): TypedCell {
    const own = new DiagnosticCollector();
    const cell = analyzeCell(declaration, this.known, own);
    this.cells.set(declaration, cell);
    collector.diagnostics.push(...own.diagnostics.filter(({ severity }) => severity === "error"));
    return cell;
  }

  private givenCell(
    bound: BoundCell,
    owner: TypedCell["form"],
    collector: DiagnosticCollector,
  ): FittedCell | undefined {
    if (!this.given.has(bound)) this.given.set(bound, this.fit(bound, owner, collector));
    return this.given.get(bound);
  }

  private fit(bound: BoundCell, owner: TypedCell["form"], collector: DiagnosticCollector): FittedCell | undefined {
    const { declaration, parameter, module, span, dimensions } = bound;
    const { cell: own } = parameter;
    const cell = this.cellOf(declaration, span, collector);
    const wanted = own && this.cellOf(interfaceDeclaration({ ...parameter, cell: own }, module), span, collector);
    if (cell?.sound !== true || wanted?.sound !== true) return undefined;
    const fitted = fitCell(cell, wanted, dimensions, owner);
    if (!("words" in fitted)) return fitted;
    reportMisfit(bound, fitted, collector);
    return undefined;
  }
}

function reportMisfit(
  { declaration, parameter, span }: BoundCell,
  misfit: Misfit,
  collector: DiagnosticCollector,
): void {
  const { words, wanted, own, help } = misfit;
  const { text } = parameter.name;
  const name = declaration.node.name.text;
  collector.report("cell-does-not-fit", span, `\`${name}\` does not fit \`${text}\`: ${words}`, {
    related: [
      {
        span: (wanted ?? parameter.name).span,
        message: wanted ? `what \`${text}\` has to have` : `\`${text}\` is declared here`,
      },
      ...(own === undefined ? [] : [{ span: own.span, message: `what \`${name}\` has` }]),
    ],
    help,
  });
}

function keyOf({ node, bound }: CellDeclaration): string {
  const { file, start } = node.span;
  const numbers = node.parameters.map(({ name, defaultValue }) => [name.text, defaultValue?.span.file, defaultValue?.span.start]); // prettier-ignore
  const cells = [...bound].map(([name, { declaration, dimensions }]) => [name, keyOf(declaration), ...dimensions]);
  return JSON.stringify([node.name.text, file, start, numbers, cells]);
}
