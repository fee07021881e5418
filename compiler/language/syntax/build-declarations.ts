/** Declarations of the concrete syntax tree: `input`, `context`, `state`, `param`, `fixed`, `setting`. */
import type { IToken } from "chevrotain";
import type { DeclarationNode } from "./ast.js";
import { type ExpressionBuilder, only } from "./build-expression.js";
import type { TypesBuilder } from "./build-types.js";
import type { UsesBuilder } from "./build-uses.js";
import type * as cst from "./cst.generated.js";
import type { SyntaxReporter } from "./reporter.js";

/** The word that a declaration begins with. */
export const declarationWord = ({ Input, Context, State, Param, Fixed, Setting }: cst.DeclarationCstChildren): IToken =>
  only(Input ?? Context ?? State ?? Param ?? Fixed ?? Setting);

/** By the word it begins with. */
function kindOf({ Input, Context, State, Fixed, Setting }: cst.DeclarationCstChildren): DeclarationNode["kind"] {
  if (Setting) return "setting";
  return Input ? "input" : Context ? "context" : State ? "state" : Fixed ? "fixed" : "param";
}

export class DeclarationsBuilder {
  private readonly expressions: ExpressionBuilder;
  private readonly types: TypesBuilder;
  private readonly uses: UsesBuilder;
  private readonly reporter: SyntaxReporter;

  constructor(expressions: ExpressionBuilder, types: TypesBuilder, uses: UsesBuilder, reporter: SyntaxReporter) {
    this.expressions = expressions;
    this.types = types;
    this.uses = uses;
    this.reporter = reporter;
  }

  build(children: cst.DeclarationCstChildren, keyword: IToken, documentation: string | undefined): DeclarationNode {
    const { declaredName, initial: value, initializer } = children;
    const kind = kindOf(children);
    const begins = kind === "state" || kind === "setting";
    const isStored = kind === "param" || kind === "fixed";
    const type = this.types.type(only(children.type));
    // Of a state they stand for the axes of its initial value, which one integer does not have.
    const isInteger = type.kind === "index-type" && type.dimensions.length === 0;
    const hasIndices = isStored || (kind === "state" && value !== undefined && !isInteger);
    const names = (declaredName ?? []).map((name) => this.uses.declaredName(name, hasIndices));
    const initial = value === undefined ? undefined : this.expressions.build(only(value));
    const start = initializer === undefined ? undefined : this.expressions.build(only(initializer));
    if (initial !== undefined && !begins) {
      this.reporter.report(
        "misplaced-initial-value",
        initial.span.start,
        initial.span.end,
        `\`${kind}\` has no initial value`,
        {
          help: isStored
            ? `an initialiser stands after \`~\`: \`${kind} W: [H, I] ~ normal(0.1)\``
            : "a value computed in the cell is an equation: `a = …`",
        },
      );
    }
    if (start !== undefined && !isStored) {
      this.reporter.report(
        "misplaced-initializer",
        start.span.start,
        start.span.end,
        `\`${kind}\` has no initialiser`,
        {
          help:
            kind === "state"
              ? "an initial value stands after `=`: `state h: [H] = 0`"
              : kind === "setting"
                ? "its value stands after `=`: `setting beta: real = 1`"
                : undefined,
        },
      );
    }
    return {
      kind,
      documentation,
      names,
      type,
      ...(begins && initial && { initial }),
      ...(isStored && start && { initializer: start }),
      span: this.reporter.span(keyword.startOffset, (start ?? initial ?? type).span.end),
    };
  }
}
