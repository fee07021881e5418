/** Several values at once: results of a function, what `return` says of them, and the names that stand for them, `Q, R = qr(A)`. */
import { at } from "../../base/at.js";
import type { IToken } from "chevrotain";
import type { EquationNode, Expression, ResultName, ResultNode, TypeNode } from "./ast.js";
import { type ExpressionBuilder, Incomplete, only } from "./build-expression.js";
import { type RoundsBuilder, roundsValue } from "./build-rounds.js";
import type { TypesBuilder } from "./build-types.js";
import type * as cst from "./cst.generated.js";
import { clip, type SyntaxReporter } from "./reporter.js";
import { NextName } from "./tokens.js";

type DeclaredResult = Omit<ResultNode, "value">;
type GroupValue = Pick<EquationNode, "name" | "next" | "value">;

export class SeveralBuilder {
  private readonly expressions: ExpressionBuilder;
  private readonly types: TypesBuilder;
  private readonly rounds: RoundsBuilder;
  private readonly reporter: SyntaxReporter;

  constructor(expressions: ExpressionBuilder, types: TypesBuilder, rounds: RoundsBuilder, reporter: SyntaxReporter) {
    this.expressions = expressions;
    this.types = types;
    this.rounds = rounds;
    this.reporter = reporter;
  }

  /** {@link values}, as they stand in the text, with the documentation of all with the first. */
  group(
    tokens: readonly IToken[],
    node: cst.EquationValueCstNode,
    isIndexed: boolean,
    { documentation, first }: { readonly documentation: string | undefined; readonly first: IToken },
  ): Omit<EquationNode, "kind">[] {
    return this.values(tokens, node, isIndexed).map((one, position) => {
      const span = this.reporter.span(first.startOffset, one.value.span.end);
      return { documentation: position === 0 ? documentation : undefined, ...one, span };
    });
  }

  /** What each of several names stands for: they share rounds, `u, g = (x, h) then … for k < L`, or a call, `h', c' = two(x)`. */
  private values(tokens: readonly IToken[], node: cst.EquationValueCstNode, isIndexed: boolean): GroupValue[] {
    const names = tokens.map((token): ResultName => {
      const name = this.expressions.name(token);
      return token.tokenType === NextName ? { ...name, next: true } : name;
    });
    if (isIndexed) this.rounds.refuse(node, "group");
    if (node.children.Then !== undefined) {
      if (names.some(({ next }) => next)) this.rounds.refuse(node, "states");
      const rounds = this.rounds.build(names, node);
      return names.map((name, position) => ({ name, next: false, value: roundsValue(rounds, position) }));
    }
    const [call, ...others] = this.expressions.list(only(node.children.first));
    if (call !== undefined && others.length > 0) this.refuseValues(tokens, call, others);
    if (call?.kind !== "call") this.rounds.refuse(node, "group");
    return names.map(({ next = false, ...name }, position) => {
      return { name, next, value: { kind: "result", names, call, position, span: call.span } };
    });
  }

  /** `q', p' = (a, b)`: values that nothing gives together have equations of their own. */
  private refuseValues(names: readonly IToken[], first: Expression, others: readonly Expression[]): never {
    const count = others.length + 1;
    const equations = names.map(({ image }) => `\`${clip(image)} = …\``).join(" and ");
    this.reporter.report("misplaced-rounds", first.span.start, endOfValues(others), `${count} values in one equation`, {
      help: `each has an equation of its own, ${equations}: all are of the same step, in whatever order they stand`,
    });
    throw new Incomplete();
  }

  /** What the head of a function says that it gives. */
  declared({ children }: cst.FunctionHeaderCstNode): readonly [DeclaredResult, ...DeclaredResult[]] {
    const list = children.functionResults?.[0]?.children;
    if (list === undefined) return [{ type: this.types.type(only(children.type)) }];
    const types: readonly TypeNode[] = (list.type ?? []).map((type) => this.types.type(type));
    const [first, ...others] = types.map((type, i) => ({
      name: this.expressions.name(only(list.Name?.slice(i))),
      type,
    }));
    if (first === undefined) throw new Incomplete();
    if (others.length > 0) return [first, ...others];
    const { start, end } = first.name.span;
    this.reporter.report("misplaced-return", start, end, "one result has no name", {
      help: "its type stands alone after the colon: `fn f(v: [n]): [n]`",
    });
    throw new Incomplete();
  }

  /** With what `return` says. */
  results(declared: readonly DeclaredResult[], values: readonly Expression[]): readonly ResultNode[] {
    this.checkNumber(values, declared.length, "misplaced-return");
    return declared.map((result, i) => ({ ...result, value: at(values, i) }));
  }

  checkNumber(values: readonly Expression[], results: number, code: "misplaced-return" | "misplaced-derivative"): void {
    if (values.length === results) return;
    const start = values[0]?.span.start ?? 0;
    const count = values.length === 1 ? "one value" : `${values.length} values`;
    const message = `${count} for ${results === 1 ? "one result" : `${results} results`}`;
    this.reporter.report(code, start, endOfValues(values), message, {
      help:
        results === 1
          ? "a function with several results names them: `fn f(A: [n, n]): (Q: [n, n], R: [n, n])`; a list of values stands in brackets"
          : "one for each, in parentheses: `(…, …)`",
    });
    throw new Incomplete();
  }
}

export const endOfValues = (values: readonly Expression[]): number => values[values.length - 1]?.span.end ?? 0;
