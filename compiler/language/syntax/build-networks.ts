/** What only networks have, from the concrete syntax tree: dimensions of a call, and losses. */
import type {
  CellNode,
  EntryNode,
  EquationNode,
  Expression,
  IndexedNode,
  LossNode,
  RequireNode,
  RuntimeDimensionNode,
  StreamNode,
} from "./ast.js";
import { type ExpressionBuilder, Incomplete, only, textOf } from "./build-expression.js";
import type { IToken } from "chevrotain";
import type * as cst from "./cst.generated.js";
import { endOf } from "./lexer.js";
import { clip, type SyntaxReporter } from "./reporter.js";

/** The least size that can be asked for: nobody needs more, and sizes of sums stay exact. */
const largestLeast = 2 ** 20;

const sizeOperators = ["<", "<=", ">", ">=", "=="] as const;

/** Those after the `;`. */
export const runtimeDimensions = ({ runtimeDimensions: list }: Pick<cst.CellHeaderCstChildren, "runtimeDimensions">) =>
  list?.[0]?.children.runtimeDimension;

export class NetworksBuilder {
  private readonly expressions: ExpressionBuilder;
  private readonly reporter: SyntaxReporter;

  constructor(expressions: ExpressionBuilder, reporter: SyntaxReporter) {
    this.expressions = expressions;
    this.reporter = reporter;
  }

  runtimeDimension({ children }: cst.RuntimeDimensionCstNode): RuntimeDimensionNode {
    const name = this.expressions.name(only(children.Name));
    const token = children.NumberLiteral?.[0];
    if (token === undefined) return { name, least: 0, span: name.span };
    const least = Number(textOf(token));
    if (!Number.isInteger(least) || least > largestLeast) {
      const message = `the least size of \`${clip(name.text)}\` is a whole number up to ${largestLeast}`;
      this.reporter.report("bad-dimension-size", token.startOffset, endOf(token), message, {
        help: `sequences that may be empty are \`${clip(name.text)}\`, others \`${clip(name.text)} >= 1\``,
      });
    }
    const span = this.reporter.span(name.span.start, endOf(token));
    return { name, least: Number.isInteger(least) ? least : 0, span };
  }

  stream(word: IToken, documentation: string | undefined): StreamNode {
    return { kind: "stream", documentation, span: this.expressions.tokenSpan(word) };
  }

  /** `entry next = scores given memory, previous`. */
  entry(children: cst.EntryCstChildren, documentation: string | undefined): EntryNode {
    const word = only(children.Entry);
    const results = (children.expression ?? []).map((node) => this.result(this.expressions.build(node)));
    const given = (children.Cut ?? []).map((name) => this.expressions.name(name));
    const name = this.expressions.name(only(children.Name));
    const end = [...results, ...given].map(({ span }) => span.end).reduce((a, b) => Math.max(a, b), name.span.end);
    return { kind: "entry", documentation, name, results, given, span: this.reporter.span(word.startOffset, end) };
  }

  /** What an entry gives has a name in the network: `y`, `d.alpha`, `d.rnn.h'`. */
  private result(value: Expression): Expression {
    let root = value;
    while (root.kind === "member") root = root.object;
    if (root.kind === "reference") return value;
    const { start, end } = value.span;
    this.reporter.report("bad-entry", start, end, "an entry gives equations by their names", {
      help: "give what is computed here a name, `y = …`, and the entry that: `entry next = y`",
    });
    throw new Incomplete();
  }

  /** `loss = e per w` is written as an equation is. */
  asLoss({ documentation, name, value, span }: EquationNode, per: Expression | undefined): LossNode {
    const end = per?.span.end ?? span.end;
    return { kind: "loss", documentation, name, value, ...(per && { per }), span: { ...span, end } };
  }

  /** `require T >= K - 1`. */
  requirement({ children }: cst.RequirementCstNode, documentation: string | undefined): RequireNode {
    const word = only(children.Require);
    const condition = this.expressions.build(only(children.expression));
    const span = this.reporter.span(word.startOffset, condition.span.end);
    const operator = condition.kind === "binary" ? sizeOperators.find((one) => one === condition.operator) : undefined;
    if (condition.kind === "binary" && operator !== undefined) {
      const { left, right } = condition;
      return { kind: "require", documentation, names: [], operator, left, right, span };
    }
    const { start, end } = condition.span;
    this.reporter.report("bad-requirement", start, end, "what is required is a comparison of two sizes", {
      help: "`require T >= K - 1`, `require F == ceil(T / 2)`",
    });
    throw new Incomplete();
  }

  /** What stands after `per`, where a loss may have it. */
  per({ children }: cst.EquationValueCstNode): Expression | undefined {
    return children.per && this.expressions.build(only(children.per));
  }

  /** What stands after the value of an equation, and may not stand there. */
  refuse(
    node: cst.EquationValueCstNode,
    form: CellNode["form"],
    {
      name,
      isLoss,
      isIndexed,
    }: { readonly name: string | undefined; readonly isLoss: boolean; readonly isIndexed: boolean },
  ): void {
    if (!isLoss) this.refusePer(node, form, name);
    if (form === "cell" || !isIndexed) this.refuseOver(node, form);
  }

  private refuseOver({ children }: cst.EquationValueCstNode, form: CellNode["form"]): void {
    const word = children.Over?.[0];
    if (word === undefined || this.hasNoEnd(children)) return;
    const message = form === "cell" ? "a cell is one step: its values find no length" : "a length is found by an index";
    this.reporter.report("unexpected-token", word.startOffset, endOf(word), message, {
      help: "in a network: `said[t] = argmax(z[t]) over L <= N until said[t] == eos`",
    });
  }

  /** Reports `over N`, which says how far an index goes where that is said on the left. */
  private hasNoEnd({ Over, Length, end }: cst.EquationValueCstNode["children"]): boolean {
    const word = Over?.[0];
    if (word === undefined || end !== undefined) return false;
    const length = clip(Length?.[0]?.image ?? "N");
    this.reporter.report("unexpected-token", word.startOffset, endOf(word), "`over` without an end finds no length", {
      help: `how far an index goes is said on the left: \`y[t < ${length}] = …\`; a length that values tell is \`over L <= ${length} until c\``,
    });
    return true;
  }

  /** `over L <= N until c`: the first index goes to L. */
  withLength(node: IndexedNode, { children }: cst.EquationValueCstNode, form: CellNode["form"]): IndexedNode {
    const [first, ...others] = node.indices;
    if (form === "cell" || children.Over === undefined || first === undefined) return node;
    if (this.hasNoEnd(children)) return node;
    const length = this.expressions.name(only(children.Length));
    const [most, end] = [children.most, children.end].map((part) => this.expressions.build(only(part))) as [Expression, Expression]; // prettier-ignore
    if (first.size !== undefined) {
      const { start, end: after } = first.size.span;
      this.reporter.report(
        "unexpected-token",
        start,
        after,
        `\`${clip(first.name.text)}\` goes to \`${clip(length.text)}\``,
        {
          help: "`over` says how far the first index goes",
        },
      );
    }
    const size: Expression = { kind: "reference", name: length.text, next: false, span: length.span };
    const indices = [{ ...first, size }, ...others];
    const number = (value: number): Expression => ({ kind: "number", value, text: String(value), span: end.span });
    const value: Expression = { kind: "if", condition: end, whenTrue: number(1), whenFalse: number(0), span: end.span };
    const stop: IndexedNode = { kind: "indexed", indices, value, span: end.span };
    const span = { ...node.span, end: end.span.end };
    return {
      ...node,
      indices,
      span,
      until: { length, most, condition: end, stop, span: { ...span, start: length.span.start } },
    };
  }

  private refusePer({ children }: cst.EquationValueCstNode, form: CellNode["form"], name: string | undefined): void {
    const word = children.Per?.[0];
    if (word === undefined) return;
    const isOutput = form === "network" && name === "loss";
    const network = isOutput
      ? "a loss is no output: `loss = e per w`, and results have it, too"
      : "a quotient is written with `/`; a loss of a network is `loss = e per w`";
    const message = `only a loss is \`per\` something${form === "cell" ? ", and a cell has none" : ""}`;
    this.reporter.report("unexpected-token", word.startOffset, endOf(word), message, {
      help: form === "cell" ? "a loss is over whole sequences: `network Name(…; T) { … loss = e per T }`" : network,
    });
  }
}
