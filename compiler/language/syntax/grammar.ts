/**
 * The grammar, over the tokens of layout.ts: brackets are balanced and a separator stands before every item, so one token
 * of lookahead decides nearly everywhere. Rules only; build-ast.ts gives them their meaning.
 *
 * An operation is a flat list of operands and operators: precedence (operators.ts) is applied to the list afterwards, without
 * recursion, so that the depth of this parser is the depth of the brackets.
 *
 * Recovery: an error inside an item leaves the item and goes on at the next separator; headers recover at their brace.
 */
import { CstParser, type CstNode, type ParserMethod } from "#chevrotain";
import { errorLimit } from "./reporter.js";
import { parserMessages } from "./parser-messages.js";
import * as t from "./tokens.js";

type Rule = ParserMethod<[], CstNode>;

export class CellParser extends CstParser {
  constructor() {
    super(t.vocabulary, { recoveryEnabled: true, maxLookahead: 2, errorMessageProvider: parserMessages });
    this.performSelfAnalysis();
  }

  /** With too many errors every repetition ends: nothing more would be reported. */
  private readonly hasPatience = (): boolean => this.errors.length <= errorLimit;

  /** An inserted bracket or separator would contradict layout.ts, which has settled both. */
  protected override canTokenTypeBeInsertedInRecovery(type: { name: string }): boolean {
    return type === t.Comma || type === t.Colon;
  }

  /** A rule that leaves recovery to the item it is part of. */
  private inner(name: string, body: () => void): Rule {
    return this.RULE(name, body, { resyncEnabled: false });
  }

  readonly sourceFile: Rule = this.RULE("sourceFile", () => {
    this.OPTION(() => this.SUBRULE(this.topLevel));
    this.MANY({
      GATE: this.hasPatience,
      DEF: () => {
        this.CONSUME(t.TopSeparator);
        this.OPTION1(() => this.SUBRULE1(this.topLevel));
      },
    });
  });

  readonly topLevel: Rule = this.RULE("topLevel", () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.importDeclaration) },
        { ALT: () => this.SUBRULE(this.cell) },
        { ALT: () => this.SUBRULE(this.fn) },
      ],
      ERR_MSG: "a cell, a function or an import",
    });
  });

  readonly importDeclaration: Rule = this.inner("importDeclaration", () => {
    this.CONSUME(t.Import);
    this.CONSUME(t.ImportLeftBrace);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.importName), ERR_MSG: "a name" });
    this.CONSUME(t.ImportRightBrace);
    this.CONSUME(t.From);
    this.CONSUME(t.StringLiteral);
  });

  readonly importName: Rule = this.inner("importName", () => {
    this.CONSUME(t.Name, { LABEL: "Exported" });
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME1(t.Name, { LABEL: "Alias" });
    });
  });

  readonly cell: Rule = this.inner("cell", () => {
    this.SUBRULE(this.cellHeader);
    this.CONSUME(t.LeftBrace);
    this.OPTION(() => this.SUBRULE(this.item));
    this.MANY({
      GATE: this.hasPatience,
      DEF: () => {
        this.CONSUME(t.Separator);
        this.OPTION1(() => this.SUBRULE1(this.item));
      },
    });
    this.CONSUME(t.RightBrace);
  });

  readonly cellHeader: Rule = this.RULE("cellHeader", () => {
    this.CONSUME(t.Cell);
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.cellParameter) });
      this.CONSUME(t.RightParen);
    });
  });

  readonly cellParameter: Rule = this.inner("cellParameter", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.type);
    });
    this.OPTION1(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  readonly item: Rule = this.RULE("item", () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.declaration) },
        { ALT: () => this.SUBRULE(this.use) },
        { ALT: () => this.SUBRULE(this.output) },
        { ALT: () => this.SUBRULE(this.fn) },
        { ALT: () => this.SUBRULE(this.equation) },
      ],
      ERR_MSG: "a declaration or an equation",
    });
  });

  readonly declaration: Rule = this.inner("declaration", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Input) },
      { ALT: () => this.CONSUME(t.Context) },
      { ALT: () => this.CONSUME(t.State) },
      { ALT: () => this.CONSUME(t.Param) },
      { ALT: () => this.CONSUME(t.Fixed) },
    ]);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name), ERR_MSG: "a name" });
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression, { LABEL: "initial" });
    });
    this.OPTION1(() => {
      this.CONSUME(t.Tilde);
      this.SUBRULE1(this.expression, { LABEL: "initializer" });
    });
  });

  readonly type: Rule = this.inner("type", () => {
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.LeftBracket);
            this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
            this.CONSUME(t.RightBracket);
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Name);
            this.OPTION(() => {
              this.CONSUME(t.LeftParen);
              this.SUBRULE1(this.expression);
              this.CONSUME(t.RightParen);
            });
          },
        },
      ],
      ERR_MSG: "a type",
    });
  });

  readonly use: Rule = this.inner("use", () => {
    this.CONSUME(t.Use);
    this.CONSUME(t.Name, { LABEL: "Instance" });
    this.CONSUME(t.Equals);
    this.CONSUME1(t.Name, { LABEL: "CellName" });
    this.SUBRULE(this.callArguments);
  });

  readonly output: Rule = this.inner("output", () => {
    this.CONSUME(t.Output);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.indices));
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  readonly equation: Rule = this.inner("equation", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.NextName) }]);
    this.OPTION(() => this.SUBRULE(this.indices));
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  /** `[i, j < N]`, on the left of an equation. */
  readonly indices: Rule = this.inner("indices", () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression), ERR_MSG: "an index" });
    this.CONSUME(t.RightBracket);
  });

  readonly fn: Rule = this.inner("fn", () => {
    this.SUBRULE(this.functionHeader);
    this.CONSUME(t.FunctionLeftBrace);
    this.OPTION(() => this.SUBRULE(this.functionItem));
    this.MANY({
      GATE: this.hasPatience,
      DEF: () => {
        this.CONSUME(t.FunctionSeparator);
        this.OPTION1(() => this.SUBRULE1(this.functionItem));
      },
    });
    this.CONSUME(t.FunctionRightBrace);
  });

  readonly functionHeader: Rule = this.RULE("functionHeader", () => {
    this.CONSUME(t.Fn);
    this.CONSUME(t.Name);
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.functionParameter) });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
  });

  /** Without a type it is a dimension. */
  readonly functionParameter: Rule = this.inner("functionParameter", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.type);
    });
  });

  readonly functionItem: Rule = this.RULE("functionItem", () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.equation) },
        { ALT: () => this.SUBRULE(this.returnValue) },
        { ALT: () => this.SUBRULE(this.derivative) },
      ],
      ERR_MSG: "an equation or `return`",
    });
  });

  readonly returnValue: Rule = this.inner("returnValue", () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expression);
  });

  readonly derivative: Rule = this.inner("derivative", () => {
    this.CONSUME(t.Derivative);
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  /** `else if` is a repetition, so that a long chain of conditions is not deep. */
  readonly expression: Rule = this.inner("expression", () => {
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.If);
            this.SUBRULE(this.expression);
            this.CONSUME(t.Then);
            this.SUBRULE1(this.expression);
            this.MANY(() => {
              this.CONSUME(t.Else);
              this.CONSUME1(t.If);
              this.SUBRULE2(this.expression);
              this.CONSUME1(t.Then);
              this.SUBRULE3(this.expression);
            });
            this.CONSUME1(t.Else);
            this.SUBRULE4(this.expression);
          },
        },
        { ALT: () => this.SUBRULE(this.operation) },
      ],
      ERR_MSG: "an expression",
    });
  });

  readonly operation: Rule = this.inner("operation", () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.SUBRULE(this.binaryOperator);
      this.SUBRULE1(this.operand);
    });
  });

  readonly binaryOperator: Rule = this.inner("binaryOperator", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Plus) },
      { ALT: () => this.CONSUME(t.Minus) },
      { ALT: () => this.CONSUME(t.Star) },
      { ALT: () => this.CONSUME(t.Slash) },
      { ALT: () => this.CONSUME(t.At) },
      { ALT: () => this.CONSUME(t.Caret) },
      { ALT: () => this.CONSUME(t.Less) },
      { ALT: () => this.CONSUME(t.LessEqual) },
      { ALT: () => this.CONSUME(t.Greater) },
      { ALT: () => this.CONSUME(t.GreaterEqual) },
      { ALT: () => this.CONSUME(t.EqualEqual) },
      { ALT: () => this.CONSUME(t.NotEqual) },
      { ALT: () => this.CONSUME(t.And) },
      { ALT: () => this.CONSUME(t.Or) },
    ]);
  });

  /** Signs in front, then a value, its selections, perhaps `²`. */
  readonly operand: Rule = this.inner("operand", () => {
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Minus) }, { ALT: () => this.CONSUME(t.Not) }]);
    });
    this.SUBRULE(this.primary);
    this.MANY1(() => this.SUBRULE(this.selection));
    this.OPTION(() => this.CONSUME(t.Superscript));
  });

  readonly primary: Rule = this.inner("primary", () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.NumberLiteral) },
        {
          ALT: () => {
            this.CONSUME(t.Name);
            this.OPTION(() => this.SUBRULE(this.callArguments));
          },
        },
        { ALT: () => this.CONSUME(t.NextName) },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen);
            this.SUBRULE(this.expression);
            this.CONSUME(t.RightParen);
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.LeftBracket);
            this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE1(this.expression) });
            this.CONSUME(t.RightBracket);
          },
        },
      ],
      ERR_MSG: "an expression",
    });
  });

  readonly callArguments: Rule = this.inner("callArguments", () => {
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.argument) });
    this.OPTION(() => {
      this.CONSUME(t.For);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE1(this.expression), ERR_MSG: "an index" });
    });
    this.CONSUME(t.RightParen);
  });

  readonly argument: Rule = this.inner("argument", () => {
    this.OPTION(() => {
      this.CONSUME(t.Name);
      this.CONSUME(t.Equals);
    });
    this.SUBRULE(this.expression);
  });

  /** `.name`, `[0:H, i]`. */
  readonly selection: Rule = this.inner("selection", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          this.OR1({
            DEF: [{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.NextName) }],
            ERR_MSG: "a name",
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LeftBracket);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.index), ERR_MSG: "an index" });
          this.CONSUME(t.RightBracket);
        },
      },
    ]);
  });

  /** `i`, `a:b`, `a:`, `:b`, `:`. */
  readonly index: Rule = this.inner("index", () => {
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Colon);
            this.OPTION(() => this.SUBRULE(this.expression, { LABEL: "end" }));
          },
        },
        {
          ALT: () => {
            this.SUBRULE1(this.expression, { LABEL: "start" });
            this.OPTION1(() => {
              this.CONSUME1(t.Colon);
              this.OPTION2(() => this.SUBRULE2(this.expression, { LABEL: "end" }));
            });
          },
        },
      ],
      ERR_MSG: "an index",
    });
  });
}
