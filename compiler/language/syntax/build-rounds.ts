/** Rounds of the concrete syntax tree to the AST: `u, g = (x, h) then (f(g) * u, f(u') * g) for k < L until c implicit`. */
import type { IToken } from "chevrotain";
import type { Expression, Name, RoundsNode, RoundsValueNode } from "./ast.js";
import { type ExpressionBuilder, Incomplete, only, textOf } from "./build-expression.js";
import type * as cst from "./cst.generated.js";
import { endOf } from "./lexer.js";
import { clip, type SyntaxReporter } from "./reporter.js";

/** What stands on the left where no rounds can be, or no group. */
type Misplaced = "state" | "states" | "indices" | "group" | "constant";

const helps: Readonly<Record<Misplaced, string>> = {
  state: "give the rounds a name: `r = s then … for 6`, and then `s' = r`",
  states: "give the rounds names of their own: `q, p = (h, c) then … for 6`, and then `h' = q`",
  indices: "give the rounds a name of their own, `r = v then … for 6`; in them, sums and functions may have indices",
  constant:
    "a constant is one value; rounds stand in a function, `fn f(): real { r = … then … for 6 return r }`, which it may call",
  group:
    "several names are those of rounds, `u, g = (x, h) then (…, …) for 6`, or of the results of a function, `Q, R = qr(A)`",
};

export function roundsValue(rounds: RoundsNode, position: number): RoundsValueNode {
  return { kind: "rounds", rounds, position, span: rounds.span };
}

export class RoundsBuilder {
  private readonly expressions: ExpressionBuilder;
  private readonly reporter: SyntaxReporter;

  constructor(expressions: ExpressionBuilder, reporter: SyntaxReporter) {
    this.expressions = expressions;
    this.reporter = reporter;
  }

  build(names: readonly Name[], { children }: cst.EquationValueCstNode): RoundsNode {
    const { Implicit, stop } = children;
    const first = this.group(names, only(children.first));
    const next = this.group(names, only(children.next));
    const { index, count } = this.count(only(children.count));
    const from = this.from(children.From?.[0], index);
    const until = stop === undefined ? undefined : this.expressions.build(only(stop));
    const word = Implicit?.[0];
    if (word !== undefined && (until === undefined || index !== undefined)) {
      const name = clip(names[0]?.text ?? "");
      const message =
        until === undefined
          ? "`implicit` rounds end where they change nothing more, and nothing says when that is"
          : `\`implicit\` rounds are all the same, and these are counted by \`${clip(index?.text ?? "")}\``;
      this.reporter.report("misplaced-implicit", word.startOffset, endOf(word), message, {
        help: `\`… for 20 until max(abs(${name}' - ${name})) < 1e-6 implicit\``,
      });
      throw new Incomplete();
    }
    const start = first[0]?.span.start ?? 0;
    const end = word === undefined ? (until ?? count).span.end : endOf(word);
    const parts = {
      names,
      first,
      next,
      ...(index && { index }),
      ...(from !== undefined && { from }),
      count,
      ...(until && { until }),
    };
    return { ...parts, implicit: word !== undefined, span: this.reporter.span(start, end) };
  }

  refuse({ children }: cst.EquationValueCstNode, left: Misplaced): never {
    const word = children.Then?.[0];
    const span = word === undefined ? this.expressions.build(only(children.first)).span : undefined;
    const [start, end] = span === undefined ? [word?.startOffset ?? 0, word ? endOf(word) : 0] : [span.start, span.end];
    const message =
      left === "group"
        ? "this is one value, and several names stand for it"
        : left === "states"
          ? "rounds are no next values of states"
          : "rounds are the value of one name";
    this.reporter.report("misplaced-rounds", start, end, message, { help: helps[left] });
    throw new Incomplete();
  }

  /** Where the index begins, if that is not at 0. */
  private from(token: IToken | undefined, index: Name | undefined): number | undefined {
    if (token === undefined) return undefined;
    const value = Number(textOf(token));
    if (index !== undefined && Number.isInteger(value)) return value;
    const message =
      index === undefined ? "rounds that begin at a number have an index" : "rounds begin at a whole number";
    this.reporter.report("bad-index", token.startOffset, endOf(token), message, { help: "`for 1 <= k < L`" });
    throw new Incomplete();
  }

  /** `k < L`; `6`, `L`. */
  private count(node: cst.ExpressionCstNode): { readonly index?: Name; readonly count: Expression } {
    const expression = this.expressions.build(node);
    if (expression.kind !== "binary" || expression.operator !== "<") return { count: expression };
    const { left, right } = expression;
    if (left.kind === "reference" && !left.next) return { index: { text: left.name, span: left.span }, count: right };
    const message = "rounds are counted by a name, from 0 on";
    this.reporter.report("bad-index", left.span.start, left.span.end, message, { help: "`for k < L`, or `for L`" });
    throw new Incomplete();
  }

  /** A value for each name: in parentheses, or the results of a call. */
  private group(names: readonly Name[], node: cst.ExpressionCstNode): Expression[] {
    const values = names.length === 1 ? [this.expressions.build(node)] : this.expressions.list(node);
    if (values.length === names.length) return values;
    const [call] = values;
    if (values.length === 1 && call?.kind === "call")
      return names.map((_, position) => ({ kind: "result", names, call, position, span: call.span }));
    const [start, end] = [values[0]?.span.start ?? 0, values[values.length - 1]?.span.end ?? 0];
    const message = `${values.length === 1 ? "one value" : `${values.length} values`} for ${names.length} names`;
    this.reporter.report("misplaced-rounds", start, end, message, {
      help: `one for each, in parentheses, \`(${names.map(({ text }) => `… ${clip(text)} …`).join(", ")})\`, or a function with as many results, \`then f(…)\``,
    });
    throw new Incomplete();
  }
}
