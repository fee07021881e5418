/** `use l = LSTM(I, H) with b_f ~ ones`, and names that are declared with indices: `param W[n]: [N, K, I]`. */
import type { IToken } from "chevrotain";
import type { BinderNode, DeclaredName, StartNode, UsedName, UseNode } from "./ast.js";
import { type ExpressionBuilder, Incomplete, only, textOf } from "./build-expression.js";
import type * as cst from "./cst.generated.js";
import { endOf } from "./lexer.js";
import { clip, type SyntaxReporter } from "./reporter.js";

export class UsesBuilder {
  private readonly expressions: ExpressionBuilder;
  private readonly reporter: SyntaxReporter;

  constructor(expressions: ExpressionBuilder, reporter: SyntaxReporter) {
    this.expressions = expressions;
    this.reporter = reporter;
  }

  build(children: cst.UseCstChildren, keyword: IToken, documentation: string | undefined): UseNode {
    const list = children.callArguments && only(children.callArguments);
    const cell = only(children.CellName);
    const starts = (children.useStart ?? []).map((start) => this.useStart(start));
    const [firstStart] = starts;
    if (list === undefined && firstStart !== undefined) {
      const { start, end } = firstStart.span;
      const message = `params of \`${clip(textOf(cell))}\` begin where that is declared`;
      this.reporter.report("misplaced-initializer", start, end, message, {
        help: `\`use ${clip(textOf(cell))} = …(…) with …\``,
      });
      throw new Incomplete();
    }
    const last = list === undefined ? cell : only(list.children.RightParen);
    return {
      kind: "use",
      documentation,
      names: (children.usedName ?? []).map((name) => this.usedName(name)),
      cell: this.expressions.name(cell),
      arguments: list && this.expressions.arguments(list),
      starts,
      span: this.reporter.span(keyword.startOffset, starts[starts.length - 1]?.span.end ?? endOf(last)),
    };
  }

  private useStart({ children }: cst.UseStartCstNode): StartNode {
    const path = (children.Name ?? []).map((token) => this.expressions.name(token));
    const written = children.indices?.[0]?.children.expression;
    const indices = written && this.initialIndices(written, true);
    const initializer = this.expressions.build(only(children.expression));
    const span = this.reporter.span(only(children.Name).startOffset, initializer.span.end);
    return { path, ...(indices && { indices }), initializer, span };
  }

  private usedName({ children }: cst.UsedNameCstNode): UsedName {
    const name = this.expressions.name(only(children.Name));
    const [written, end] = [children.expression?.[0], children.end?.[0]];
    if (written === undefined) return name;
    const count = this.expressions.build(written);
    if (end === undefined) return { ...name, count };
    if (count.kind === "number" && Number.isInteger(count.value))
      return { ...name, first: count.value, count: this.expressions.build(end) };
    this.reporter.report(
      "bad-index",
      count.span.start,
      count.span.end,
      "a range of used cells begins at a whole number",
      {
        help: `\`use ${clip(name.text)}[0] = …\` and \`use ${clip(name.text)}[1 : L] = …\``,
      },
    );
    throw new Incomplete();
  }

  declaredName({ children }: cst.DeclaredNameCstNode, isStored: boolean): DeclaredName {
    const name = this.expressions.name(only(children.Name));
    const written = children.indices?.[0];
    if (written === undefined) return name;
    return { ...name, indices: this.initialIndices(written.children.expression ?? [], isStored) };
  }

  private initialIndices(written: readonly cst.ExpressionCstNode[], isStored: boolean): BinderNode[] {
    const indices = this.expressions.binders(written, "left");
    const wrong = isStored ? indices.find(({ size }) => size !== undefined) : indices[0];
    if (wrong === undefined) return indices;
    const message = isStored
      ? "the type says how far an index goes"
      : "indices are for initial values of params and states";
    this.reporter.report("bad-index", wrong.span.start, wrong.span.end, message, {
      help: "`param A[n]: [N, K] ~ …` says how the elements of each n begin",
    });
    throw new Incomplete();
  }
}
