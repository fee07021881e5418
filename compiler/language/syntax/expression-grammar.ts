/** The part of the grammar that stands inside items: types, expressions, selections, indices. */
import { CstParser, type CstNode, type ParserMethod } from "#chevrotain";
import { errorLimit } from "./reporter.js";
import { parserMessages, part } from "./parser-messages.js";
import * as t from "./tokens.js";

export type GrammarRule = ParserMethod<[], CstNode>;

export abstract class ExpressionParser extends CstParser {
  constructor() {
    super(t.vocabulary, { recoveryEnabled: true, maxLookahead: 2, errorMessageProvider: parserMessages });
  }

  /** With too many errors every repetition ends: nothing more would be reported. */
  protected readonly hasPatience = (): boolean => this.errors.length <= errorLimit;

  /** An inserted bracket or separator would contradict layout.ts, which has settled both. */
  protected override canTokenTypeBeInsertedInRecovery(type: { name: string }): boolean {
    return type === t.Comma || type === t.Colon;
  }

  /** A rule that leaves recovery to the item it is part of. */
  protected inner(name: string, body: () => void): GrammarRule {
    return this.RULE(name, body, { resyncEnabled: false });
  }

  readonly type: GrammarRule = this.inner("type", () => {
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
              this.AT_LEAST_ONE_SEP({
                SEP: t.Comma,
                DEF: () => this.SUBRULE1(this.expression),
                ERR_MSG: part("dimension"),
              });
              this.CONSUME(t.RightParen);
            });
            this.OPTION1(() => {
              this.CONSUME1(t.LeftBracket);
              this.MANY_SEP1({ SEP: t.Comma, DEF: () => this.SUBRULE2(this.expression, { LABEL: "axis" }) });
              this.CONSUME1(t.RightBracket);
            });
          },
        },
      ],
      ERR_MSG: part("type"),
    });
  });

  /** `[i, j < N]`, on the left of an equation. */
  readonly indices: GrammarRule = this.inner("indices", () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression), ERR_MSG: part("index") });
    this.CONSUME(t.RightBracket);
  });

  /** Perhaps with rounds: `e then f for k < L until c implicit`; or with a length that is found: `e over L <= N until c`. */
  readonly equationValue: GrammarRule = this.inner("equationValue", () => {
    this.SUBRULE(this.expression, { LABEL: "first" });
    this.OPTION(() => {
      this.CONSUME(t.Then);
      this.SUBRULE1(this.expression, { LABEL: "next" });
      this.CONSUME(t.For);
      this.OPTION4({
        GATE: () => this.LA(2).tokenType === t.LessEqual,
        DEF: () => {
          this.CONSUME(t.NumberLiteral, { LABEL: "From" });
          this.CONSUME(t.LessEqual);
        },
      });
      this.SUBRULE2(this.expression, { LABEL: "count" });
      this.OPTION1(() => {
        this.CONSUME(t.Until);
        this.SUBRULE3(this.expression, { LABEL: "stop" });
      });
      this.OPTION2(() => this.CONSUME(t.Implicit));
    });
    this.OPTION5(() => {
      this.CONSUME(t.Over);
      this.CONSUME(t.Name, { LABEL: "Length" });
      // Without an end it is an error of its own, which says how that is written.
      this.OPTION6(() => {
        this.CONSUME1(t.LessEqual);
        this.SUBRULE5(this.expression, { LABEL: "most" });
        this.CONSUME1(t.Until);
        this.SUBRULE6(this.expression, { LABEL: "end" });
      });
    });
    this.OPTION3(() => {
      this.CONSUME(t.Per);
      this.SUBRULE4(this.expression, { LABEL: "per" });
    });
  });

  /** `else if` is a repetition, so that a long chain of conditions is not deep. */
  readonly expression: GrammarRule = this.inner("expression", () => {
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
      ERR_MSG: part("expression"),
    });
  });

  readonly operation: GrammarRule = this.inner("operation", () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.SUBRULE(this.binaryOperator);
      this.SUBRULE1(this.operand);
    });
  });

  readonly binaryOperator: GrammarRule = this.inner("binaryOperator", () => {
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
      { ALT: () => this.CONSUME(t.Mod) },
    ]);
  });

  /** Signs in front, then a value, its selections, perhaps `²`. */
  readonly operand: GrammarRule = this.inner("operand", () => {
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Minus) }, { ALT: () => this.CONSUME(t.Not) }]);
    });
    this.SUBRULE(this.primary);
    this.MANY1({
      GATE: () => this.LA(1).tokenType !== t.LeftParen || this.LA(0).tokenType === t.RightBracket,
      DEF: () => this.SUBRULE(this.selection),
    });
    this.OPTION(() => this.CONSUME(t.Superscript));
  });

  readonly primary: GrammarRule = this.inner("primary", () => {
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
            this.AT_LEAST_ONE_SEP({
              SEP: t.Comma,
              DEF: () => this.SUBRULE(this.expression),
              ERR_MSG: part("expression"),
            });
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
      ERR_MSG: part("expression"),
    });
  });

  readonly callArguments: GrammarRule = this.inner("callArguments", () => {
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.argument) });
    this.OPTION(() => {
      this.CONSUME(t.For);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE1(this.expression), ERR_MSG: part("index") });
    });
    this.CONSUME(t.RightParen);
  });

  /** `axis = 0`, `rnn.h = start`. */
  readonly argument: GrammarRule = this.inner("argument", () => {
    this.OPTION({
      GATE: this.isNamed,
      DEF: () => {
        this.AT_LEAST_ONE_SEP({ SEP: t.Dot, DEF: () => this.CONSUME(t.Name), ERR_MSG: t.Name.name });
        this.CONSUME(t.Equals);
      },
    });
    this.SUBRULE(this.expression);
  });

  /** Of an argument: a path may be as long as one likes, so no fixed number of tokens tells it from a value. */
  private readonly isNamed = (): boolean => {
    let next = 1;
    while (this.LA(next).tokenType === t.Name && this.LA(next + 1).tokenType === t.Dot) next += 2;
    return this.LA(next).tokenType === t.Name && this.LA(next + 1).tokenType === t.Equals;
  };

  /** `.name`, `[0:H, i]`; `(x)` after `[k]`, the call of one of an array. */
  readonly selection: GrammarRule = this.inner("selection", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.callArguments) },
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          this.OR1({
            DEF: [{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.NextName) }],
            ERR_MSG: t.Name.name,
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LeftBracket);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.index), ERR_MSG: part("index") });
          this.CONSUME(t.RightBracket);
        },
      },
    ]);
  });

  /** `i`, `a:b`, `a:`, `:b`, `:`. */
  readonly index: GrammarRule = this.inner("index", () => {
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
      ERR_MSG: part("index"),
    });
  });
}
