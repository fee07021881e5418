/**
 * The concrete syntax tree to the AST. The tree may be partial after errors: an item with something missing is left out
 * whole, its error having been reported, and everything else is kept.
 */
import type { CstNode, IToken } from "chevrotain";
import type {
  CellItem,
  CellNode,
  DeclarationNode,
  DerivativeNode,
  EquationNode,
  Expression,
  FunctionNode,
  ImportNode,
  LossNode,
  Name,
  OutputNode,
  SourceFileNode,
  UseNode,
} from "./ast.js";
import { ExpressionBuilder, Incomplete, only, textOf } from "./build-expression.js";
import { RoundsBuilder, roundsValue } from "./build-rounds.js";
import { endOfValues, SeveralBuilder } from "./build-several.js";
import { isValueType, TypesBuilder } from "./build-types.js";
import { DeclarationsBuilder, declarationWord } from "./build-declarations.js";
import { NetworksBuilder, runtimeDimensions } from "./build-networks.js";
import { UsesBuilder } from "./build-uses.js";
import type * as cst from "./cst.generated.js";
import { endOf, type DocumentationBlock, type LexedSource, type SyntaxToken, triviaOf } from "./lexer.js";
import { clip, type SyntaxReporter } from "./reporter.js";

/** Builds the tree of a file; `root` is missing where nothing could be parsed. */
export function buildAst(
  root: cst.SourceFileCstNode | undefined,
  source: LexedSource,
  length: number,
  reporter: SyntaxReporter,
): SourceFileNode {
  const builder = new Builder(source.documentation, reporter);
  const nodes = root === undefined ? [] : builder.sourceFile(root);
  return {
    imports: nodes.filter((node) => node.kind === "import"),
    declarations: nodes.filter((node) => node.kind !== "import"),
    ...triviaOf(source, builder.unusedDocumentation(), reporter),
    span: reporter.span(0, length),
  };
}

/** What an equation stands in, and whether it may be `per` something. */
interface EquationPlace {
  readonly form: CellNode["form"];
  readonly isLoss?: boolean;
}

const inCell: EquationPlace = { form: "cell" };

class Builder {
  private readonly documentation: Map<number, DocumentationBlock>;
  private readonly reporter: SyntaxReporter;
  private readonly expressions: ExpressionBuilder;
  private readonly rounds: RoundsBuilder;
  private readonly types: TypesBuilder;
  private readonly several: SeveralBuilder;
  private readonly uses: UsesBuilder;
  private readonly networks: NetworksBuilder;
  private readonly declarations: DeclarationsBuilder;

  constructor(documentation: ReadonlyMap<number, DocumentationBlock>, reporter: SyntaxReporter) {
    this.documentation = new Map(documentation);
    this.reporter = reporter;
    this.expressions = new ExpressionBuilder(reporter);
    this.rounds = new RoundsBuilder(this.expressions, reporter);
    this.networks = new NetworksBuilder(this.expressions, reporter);
    this.types = new TypesBuilder(this.expressions, this.networks, reporter);
    this.uses = new UsesBuilder(this.expressions, reporter);
    this.declarations = new DeclarationsBuilder(this.expressions, this.types, this.uses, reporter);
    this.several = new SeveralBuilder(this.expressions, this.types, this.rounds, reporter);
  }

  unusedDocumentation(): ReadonlyMap<number, DocumentationBlock> {
    return this.documentation;
  }

  sourceFile({ children }: cst.SourceFileCstNode): (ImportNode | CellNode | FunctionNode | EquationNode)[] {
    return this.complete(children.topLevel, ({ children: { importDeclaration, cell, fn, equation } }) => {
      if (importDeclaration !== undefined) return this.importDeclaration(only(importDeclaration));
      if (cell !== undefined) return this.cell(only(cell));
      return fn === undefined ? this.constant(only(equation)) : this.fn(only(fn), "network");
    });
  }

  private constant(node: cst.EquationCstNode): EquationNode {
    const value = only(node.children.equationValue);
    if (node.children.Others !== undefined || value.children.Then !== undefined) this.rounds.refuse(value, "constant");
    return this.equation(node);
  }

  /** Builds each node, leaving out those with something missing. */
  private complete<N extends CstNode, R>(nodes: readonly N[] | undefined, build: (node: N) => R): R[] {
    const built: R[] = [];
    for (const node of nodes ?? []) {
      try {
        built.push(build(node));
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
      }
    }
    return built;
  }

  /** Documentation that stands before a token. */
  private takeDocumentation(token: IToken): string | undefined {
    const block = this.documentation.get(token.startOffset);
    this.documentation.delete(token.startOffset);
    return block?.text;
  }

  /** Begins an item: its documentation. An item with an error of structure is not looked at any further. */
  private beginItem(keyword: IToken): string | undefined {
    if (this.reporter.isBroken((keyword as SyntaxToken).payload.segment)) throw new Incomplete();
    return this.takeDocumentation(keyword);
  }

  private span(first: IToken, end: number) {
    return this.reporter.span(first.startOffset, end);
  }

  private importDeclaration({ children }: cst.ImportDeclarationCstNode): ImportNode {
    const keyword = only(children.Import);
    if (this.reporter.isBroken((keyword as SyntaxToken).payload.segment)) throw new Incomplete();
    const path = only(children.StringLiteral);
    const names = (children.importName ?? []).map(({ children: { Exported, Alias } }) => {
      const name = this.expressions.name(only(Exported));
      return Alias === undefined ? { name } : { name, alias: this.expressions.name(only(Alias)) };
    });
    return {
      kind: "import",
      names,
      path: textOf(path),
      pathSpan: this.expressions.tokenSpan(path),
      span: this.span(keyword, endOf(path)),
    };
  }

  private cell({ children }: cst.CellCstNode): CellNode {
    const header = only(children.cellHeader).children;
    const keyword = only(header.Cell ?? header.Network);
    const form = header.Cell === undefined ? "network" : "cell";
    const documentation = this.takeDocumentation(keyword);
    const written = children.cellBody?.[0]?.children.item ?? [];
    const items = this.items(
      written.filter(({ children: { stream, entry } }) => stream === undefined && entry === undefined),
      form,
    );
    const streams = written.flatMap((item) => item.children.stream ?? []);
    const [stream] = this.complete(streams, ({ children: { Stream } }) =>
      this.networks.stream(only(Stream), this.beginItem(only(Stream))),
    );
    const cuts = written.flatMap((item) => item.children.entry ?? []);
    const entries = this.complete(cuts, ({ children: parts }) =>
      this.networks.entry(parts, this.beginItem(only(parts.Entry))),
    );
    const other = children.otherCell && only(children.otherCell).children;
    const parameters = this.complete(header.cellParameter, (parameter) => this.types.cellParameter(parameter));
    const name = this.expressions.name(only(header.Name));
    return {
      kind: "cell",
      form,
      name,
      documentation,
      parameters,
      runtime: this.complete(runtimeDimensions(header), (node) => this.networks.runtimeDimension(node)),
      items,
      ...(stream && { stream }),
      entries,
      ...(other && {
        other: {
          cell: this.expressions.name(only(other.Name)),
          arguments: this.expressions.arguments(only(other.callArguments)),
        },
      }),
      span: this.span(keyword, endOfCell(children)),
    };
  }

  private item({ children }: cst.ItemCstNode, form: CellNode["form"]): CellItem {
    if (children.declaration !== undefined) return this.declaration(only(children.declaration));
    if (children.use !== undefined) return this.use(only(children.use));
    if (children.output !== undefined) return this.output(only(children.output), form);
    if (children.fn !== undefined) return this.fn(only(children.fn), form);
    if (children.loss !== undefined) return this.loss(only(children.loss));
    if (children.requirement !== undefined) {
      const documentation = this.beginItem(only(only(children.requirement).children.Require));
      return this.networks.requirement(only(children.requirement), documentation);
    }
    const equation = only(children.equation);
    const value = only(equation.children.equationValue);
    const { Name: names, indices } = equation.children;
    const isLoss = form === "network" && indices === undefined && names?.[0]?.image === "loss";
    if (!isLoss) return this.equation(equation, { form });
    return this.networks.asLoss(this.equation(equation, { form, isLoss }), this.networks.per(value));
  }

  private items(nodes: readonly cst.ItemCstNode[] | undefined, form: CellNode["form"]): CellItem[] {
    return this.complete(nodes, (node) => {
      const { equation, output } = node.children;
      if (equation?.[0]?.children.Others !== undefined) return this.equations(only(equation), form);
      return output?.[0]?.children.Others === undefined ? [this.item(node, form)] : this.outputs(only(output), form);
    }).flat();
  }

  private loss({ children }: cst.LossCstNode): LossNode {
    const keyword = only(children.Loss);
    const documentation = this.beginItem(keyword);
    const name = this.expressions.name(only(children.Name));
    const node = only(children.equationValue);
    const value = this.equationValue(name, undefined, node, { form: "network", isLoss: true });
    const span = this.span(keyword, value.span.end);
    const equation = { kind: "equation", documentation, name, next: false, value, span } as const;
    return this.networks.asLoss(equation, this.networks.per(node));
  }

  private declaration({ children }: cst.DeclarationCstNode): DeclarationNode {
    const keyword = declarationWord(children);
    return this.declarations.build(children, keyword, this.beginItem(keyword));
  }

  private use({ children }: cst.UseCstNode): UseNode {
    const keyword = only(children.Use);
    return this.uses.build(children, keyword, this.beginItem(keyword));
  }

  private output({ children }: cst.OutputCstNode, form: CellNode["form"]): OutputNode {
    const keyword = only(children.Output);
    const documentation = this.beginItem(keyword);
    const name = this.expressions.name(only(children.Name));
    const value = this.equationValue(name, children.indices?.[0], only(children.equationValue), { form });
    return { kind: "output", documentation, name, value, span: this.span(keyword, value.span.end) };
  }

  private equation({ children }: cst.EquationCstNode, around: EquationPlace = inCell): EquationNode {
    const token = only(children.Name ?? children.NextName);
    const documentation = this.beginItem(token);
    const name = this.expressions.name(token);
    const next = children.NextName !== undefined;
    const node = only(children.equationValue);
    const value = this.equationValue(next ? undefined : name, children.indices?.[0], node, around);
    return { kind: "equation", documentation, name, next, value, span: this.span(token, value.span.end) };
  }

  /** `name` is missing where rounds have nothing to be called by. */
  private equationValue(
    name: Name | undefined,
    indices: cst.IndicesCstNode | undefined,
    node: cst.EquationValueCstNode,
    { form, isLoss = false }: EquationPlace = inCell,
  ): Expression {
    this.networks.refuse(node, form, { name: name?.text, isLoss, isIndexed: indices !== undefined });
    if (node.children.Then !== undefined) {
      if (name !== undefined && indices === undefined) return roundsValue(this.rounds.build([name], node), 0);
      this.rounds.refuse(node, name === undefined ? "state" : "indices");
    }
    const value = this.expressions.build(only(node.children.first));
    if (indices === undefined) return value;
    const bound = this.expressions.binders(indices.children.expression ?? [], form === "network" ? "places" : "left");
    return this.networks.withLength({ kind: "indexed", indices: bound, value, span: value.span }, node, form);
  }

  /** `u, g = (x, h) then … for k < L`, `Q, R = qr(A)`: an equation for each of the names. */
  private equations({ children }: cst.EquationCstNode, form: CellNode["form"]): EquationNode[] {
    return this.group(only(children.Name ?? children.NextName), children, form).map((one) => ({ kind: "equation", ...one })); // prettier-ignore
  }

  private outputs({ children }: cst.OutputCstNode, form: CellNode["form"]): OutputNode[] {
    const all = this.group(only(children.Name), children, form, only(children.Output));
    return all.map(({ next: _, ...one }) => ({ kind: "output", ...one }));
  }

  /** What several names stand for. */
  private group(
    name: IToken,
    { Others = [], indices, equationValue }: Pick<cst.EquationCstChildren, "Others" | "indices" | "equationValue">,
    form: CellNode["form"],
    first = name,
  ) {
    const around = { documentation: this.beginItem(first), first };
    this.networks.refuse(only(equationValue), form, { name: undefined, isLoss: false, isIndexed: false });
    return this.several.group([name, ...Others], only(equationValue), indices !== undefined, around);
  }

  /** One at the top of a file is for cells and networks, so that `t` may be a place in it. */
  private fn({ children }: cst.FnCstNode, form: CellNode["form"]): FunctionNode {
    const header = only(children.functionHeader).children;
    const keyword = only(header.Fn);
    const documentation = this.takeDocumentation(keyword);
    const name = this.expressions.name(only(header.Name));
    const items = children.functionItem ?? [];
    const equations = this.complete(
      items.filter(({ children: item }) => item.returnValue === undefined && item.derivative === undefined),
      (item) => this.functionEquations(only(item.children.equation), form),
    ).flat();
    const all = this.complete(header.functionParameter, (parameter) => this.types.functionParameter(parameter));
    const parameters = all.flatMap(({ name: own, type }) => (isValueType(type) ? [{ name: own, type }] : []));
    const dimensions = all.flatMap(({ name: own, type }, position) =>
      type === undefined ? [{ name: own, position }] : [],
    );
    const functions = all.flatMap(({ name: own, type }, position) =>
      type?.kind === "function-type" ? [{ name: own, position, type }] : [],
    );
    const declared = this.complete([only(children.functionHeader)], (head) => this.several.declared(head));
    const results = this.several.results(only(declared), this.returnValue(items, name.span));
    const derivative = this.derivative(items, results.length);
    const span = this.span(keyword, lastEnd(children.FunctionRightBrace));
    const head = { kind: "function", documentation, name, parameters, dimensions, functions } as const;
    return { ...head, results, equations, ...(derivative && { derivative }), span };
  }

  private functionEquations(node: cst.EquationCstNode, form: CellNode["form"]): EquationNode[] {
    const equations = node.children.Others === undefined ? [this.equation(node, { form })] : this.equations(node, form);
    const equation = equations.find(({ next }) => next);
    if (equation === undefined) return equations;
    const { start, end } = equation.name.span;
    const name = clip(equation.name.text);
    this.reporter.report(
      "prime-in-function",
      start,
      end + 1,
      `a function has no states, so \`${name}'\` means nothing`,
      {
        help: "give the value a name without a prime",
      },
    );
    throw new Incomplete();
  }

  private returnValue(items: readonly cst.FunctionItemCstNode[], name: { start: number; end: number }) {
    const returns = items.flatMap((item) => item.children.returnValue ?? []);
    const last = items.filter((item) => item.children.derivative === undefined).pop();
    const misplaced = returns.find((value) => value !== last?.children.returnValue?.[0]);
    if (misplaced !== undefined) {
      const keyword = only(misplaced.children.Return);
      const message = "`return` is the last item of a function, once";
      this.reporter.report("misplaced-return", keyword.startOffset, endOf(keyword), message);
      throw new Incomplete();
    }
    if (returns.length === 0) {
      this.reportMissingReturn(items, name);
      throw new Incomplete();
    }
    const { Return, expression } = only(returns).children;
    if (this.reporter.isBroken((only(Return) as SyntaxToken).payload.segment)) throw new Incomplete();
    return this.expressions.list(only(expression));
  }

  private derivative(items: readonly cst.FunctionItemCstNode[], results: number): DerivativeNode | undefined {
    const found = items.flatMap((item) => item.children.derivative ?? []);
    const misplaced = found.find((node) => node !== items[items.length - 1]?.children.derivative?.[0]);
    if (misplaced !== undefined) {
      const keyword = only(misplaced.children.Derivative);
      const message = "`derivative` is the last item of a function, once";
      this.reporter.report("misplaced-derivative", keyword.startOffset, endOf(keyword), message);
      throw new Incomplete();
    }
    const [node] = found;
    if (node === undefined) return undefined;
    const keyword = only(node.children.Derivative);
    if (this.reporter.isBroken((keyword as SyntaxToken).payload.segment)) throw new Incomplete();
    const tangents = (node.children.Name ?? []).map((token) => this.expressions.name(token));
    const values = this.expressions.list(only(node.children.expression));
    this.several.checkNumber(values, results, "misplaced-derivative");
    return { kind: "derivative", tangents, values, span: this.span(keyword, endOfValues(values)) };
  }

  private reportMissingReturn(items: readonly cst.FunctionItemCstNode[], name: { start: number; end: number }): void {
    // An item that could not be read may have been the `return`.
    if (items.some((item) => item.children.equation === undefined)) return;
    this.reporter.report("missing-return", name.start, name.end, "this function has no `return`", {
      help: "its last item is `return` and the expression that is its value",
    });
  }
}

function endOfCell({ cellBody, otherCell, cellHeader }: cst.CellCstChildren): number {
  if (cellBody !== undefined) return lastEnd(only(cellBody).children.RightBrace);
  const list = otherCell && only(otherCell).children.callArguments;
  return lastEnd(list?.[0]?.children.RightParen ?? only(cellHeader).children.Name);
}

function lastEnd(closing: readonly IToken[] | undefined): number {
  const token = only(closing) as SyntaxToken;
  return Number.isNaN(token.startOffset) ? 0 : endOf(token);
}
