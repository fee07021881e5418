/**
 * The grammar of files and items (what stands inside them: expression-grammar.ts), over the tokens of layout.ts: brackets are
 * balanced and a separator stands before every item, so one token of lookahead decides nearly everywhere. Rules only; build-ast.ts gives them their meaning.
 *
 * An operation is a flat list of operands and operators: precedence (operators.ts) is applied to the list afterwards, without
 * recursion, so that the depth of this parser is the depth of the brackets.
 *
 * Recovery: an error inside an item leaves the item and goes on at the next separator; headers recover at their brace.
 */
import { ExpressionParser, type GrammarRule } from "./expression-grammar.js";
import { part } from "./parser-messages.js";
import * as t from "./tokens.js";

export class CellParser extends ExpressionParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  readonly sourceFile: GrammarRule = this.RULE("sourceFile", () => {
    this.OPTION(() => this.SUBRULE(this.topLevel));
    this.MANY({
      GATE: this.hasPatience,
      DEF: () => {
        this.CONSUME(t.TopSeparator);
        this.OPTION1(() => this.SUBRULE1(this.topLevel));
      },
    });
  });

  readonly topLevel: GrammarRule = this.RULE("topLevel", () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.importDeclaration) },
        { ALT: () => this.SUBRULE(this.cell) },
        { ALT: () => this.SUBRULE(this.fn) },
        { ALT: () => this.SUBRULE(this.equation) },
      ],
      ERR_MSG: part("topLevel"),
    });
  });

  readonly importDeclaration: GrammarRule = this.inner("importDeclaration", () => {
    this.CONSUME(t.Import);
    this.CONSUME(t.ImportLeftBrace);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.importName), ERR_MSG: t.Name.name });
    this.CONSUME(t.ImportRightBrace);
    this.CONSUME(t.From);
    this.CONSUME(t.StringLiteral);
  });

  readonly importName: GrammarRule = this.inner("importName", () => {
    this.CONSUME(t.Name, { LABEL: "Exported" });
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME1(t.Name, { LABEL: "Alias" });
    });
  });

  readonly cell: GrammarRule = this.inner("cell", () => {
    this.SUBRULE(this.cellHeader);
    this.OR({
      DEF: [{ ALT: () => this.SUBRULE(this.otherCell) }, { ALT: () => this.SUBRULE(this.cellBody) }],
      ERR_MSG: part("cellBegin"),
    });
  });

  /** `= LuongDot(GRU)`. */
  readonly otherCell: GrammarRule = this.inner("otherCell", () => {
    this.CONSUME(t.Equals);
    this.CONSUME(t.Name);
    this.SUBRULE(this.callArguments);
  });

  readonly cellBody: GrammarRule = this.inner("cellBody", () => {
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

  readonly cellHeader: GrammarRule = this.RULE("cellHeader", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Cell) }, { ALT: () => this.CONSUME(t.Network) }]);
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.cellParameter) });
      this.OPTION1(() => this.SUBRULE(this.runtimeDimensions));
      this.CONSUME(t.RightParen);
    });
  });

  readonly runtimeDimensions: GrammarRule = this.inner("runtimeDimensions", () => {
    this.CONSUME(t.HeaderSeparator);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => this.SUBRULE(this.runtimeDimension),
      ERR_MSG: part("dimension"),
    });
  });

  /** `T`, `T >= 1`. */
  readonly runtimeDimension: GrammarRule = this.inner("runtimeDimension", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.GreaterEqual);
      this.CONSUME(t.NumberLiteral);
    });
  });

  readonly cellParameter: GrammarRule = this.inner("cellParameter", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.OR([{ ALT: () => this.SUBRULE(this.cellInterface) }, { ALT: () => this.SUBRULE(this.type) }]);
    });
    this.OPTION1(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  /** `cell(I, H)`, `network(I, H; T) { input x: [T, I]  output y: [T, H] }`. */
  readonly cellInterface: GrammarRule = this.inner("cellInterface", () => {
    this.CONSUME(t.InterfaceWord);
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.OPTION(() => this.SUBRULE(this.runtimeDimensions));
    this.CONSUME(t.RightParen);
    this.OPTION1(() => {
      this.CONSUME(t.InterfaceLeftBrace);
      this.OPTION2(() => this.SUBRULE(this.interfaceItem));
      this.MANY({
        GATE: this.hasPatience,
        DEF: () => {
          this.CONSUME(t.Separator);
          this.OPTION3(() => this.SUBRULE1(this.interfaceItem));
        },
      });
      this.CONSUME(t.InterfaceRightBrace);
    });
  });

  /** What it has: an output has a type here. */
  readonly interfaceItem: GrammarRule = this.RULE("interfaceItem", () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.Input) },
        { ALT: () => this.CONSUME(t.Context) },
        { ALT: () => this.CONSUME(t.State) },
        { ALT: () => this.CONSUME(t.Output) },
      ],
      ERR_MSG: part("interfaceItem"),
    });
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name), ERR_MSG: t.Name.name });
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
  });

  readonly item: GrammarRule = this.RULE("item", () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.declaration) },
        { ALT: () => this.SUBRULE(this.use) },
        { ALT: () => this.SUBRULE(this.output) },
        { ALT: () => this.SUBRULE(this.loss) },
        { ALT: () => this.SUBRULE(this.requirement) },
        { ALT: () => this.SUBRULE(this.stream) },
        { ALT: () => this.SUBRULE(this.entry) },
        { ALT: () => this.SUBRULE(this.fn) },
        { ALT: () => this.SUBRULE(this.equation) },
      ],
      ERR_MSG: part("cellItem"),
    });
  });

  readonly declaration: GrammarRule = this.inner("declaration", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Input) },
      { ALT: () => this.CONSUME(t.Context) },
      { ALT: () => this.CONSUME(t.State) },
      { ALT: () => this.CONSUME(t.Param) },
      { ALT: () => this.CONSUME(t.Fixed) },
      { ALT: () => this.CONSUME(t.Setting) },
    ]);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.declaredName), ERR_MSG: t.Name.name });
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

  readonly declaredName: GrammarRule = this.inner("declaredName", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.indices));
  });

  readonly use: GrammarRule = this.inner("use", () => {
    this.CONSUME(t.Use);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.usedName), ERR_MSG: t.Name.name });
    this.CONSUME(t.Equals);
    this.CONSUME(t.Name, { LABEL: "CellName" });
    this.OPTION(() => this.SUBRULE(this.callArguments));
    this.OPTION1(() => {
      this.CONSUME(t.With);
      this.AT_LEAST_ONE_SEP1({ SEP: t.Comma, DEF: () => this.SUBRULE(this.useStart), ERR_MSG: t.Name.name });
    });
  });

  /** `l`, `l[L]`, `l[1 : L]`. */
  readonly usedName: GrammarRule = this.inner("usedName", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.LeftBracket);
      this.SUBRULE(this.expression);
      this.OPTION1(() => {
        this.CONSUME(t.Colon);
        this.SUBRULE1(this.expression, { LABEL: "end" });
      });
      this.CONSUME(t.RightBracket);
    });
  });

  /** `inner.W[n] ~ orthogonal(1)`. */
  readonly useStart: GrammarRule = this.inner("useStart", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.Dot, DEF: () => this.CONSUME(t.Name), ERR_MSG: t.Name.name });
    this.OPTION(() => this.SUBRULE(this.indices));
    this.CONSUME(t.Tilde);
    this.SUBRULE(this.expression);
  });

  readonly output: GrammarRule = this.inner("output", () => {
    this.CONSUME(t.Output);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.indices));
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.CONSUME1(t.Name, { LABEL: "Others" });
    });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.equationValue);
  });

  /** `loss kl = …`; one alone is an equation of this name. */
  readonly loss: GrammarRule = this.inner("loss", () => {
    this.CONSUME(t.Loss);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.equationValue);
  });

  /** `require T >= K - 1`. */
  readonly requirement: GrammarRule = this.inner("requirement", () => {
    this.CONSUME(t.Require);
    this.SUBRULE(this.expression);
  });

  /** `stream`: the network looks at nothing ahead. */
  readonly stream: GrammarRule = this.inner("stream", () => this.CONSUME(t.Stream));

  /** `entry next = scores, d.h' given memory, previous`. */
  readonly entry: GrammarRule = this.inner("entry", () => {
    this.CONSUME(t.Entry);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression), ERR_MSG: t.Name.name });
    this.OPTION(() => {
      this.CONSUME(t.Given);
      this.AT_LEAST_ONE_SEP1({
        SEP: t.Comma,
        DEF: () => this.CONSUME1(t.Name, { LABEL: "Cut" }),
        ERR_MSG: t.Name.name,
      });
    });
  });

  readonly equation: GrammarRule = this.inner("equation", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.NextName) }]);
    this.OPTION(() => this.SUBRULE(this.indices));
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.OR1([
        { ALT: () => this.CONSUME1(t.Name, { LABEL: "Others" }) },
        { ALT: () => this.CONSUME1(t.NextName, { LABEL: "Others" }) },
      ]);
    });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.equationValue);
  });

  readonly fn: GrammarRule = this.inner("fn", () => {
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

  readonly functionHeader: GrammarRule = this.RULE("functionHeader", () => {
    this.CONSUME(t.Fn);
    this.CONSUME(t.Name);
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.functionParameter) });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Colon);
    this.OR([{ ALT: () => this.SUBRULE(this.functionResults) }, { ALT: () => this.SUBRULE(this.type) }]);
  });

  /** `(Q: [n, n], R: [n, n])`. */
  readonly functionResults: GrammarRule = this.inner("functionResults", () => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.CONSUME(t.Name);
        this.CONSUME(t.Colon);
        this.SUBRULE(this.type);
      },
      ERR_MSG: t.Name.name,
    });
    this.CONSUME(t.RightParen);
  });

  /** Without a type it is a dimension. */
  readonly functionParameter: GrammarRule = this.inner("functionParameter", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.OR([{ ALT: () => this.SUBRULE(this.functionType) }, { ALT: () => this.SUBRULE(this.type) }]);
    });
  });

  /** `fn([n]): [n]`. */
  readonly functionType: GrammarRule = this.inner("functionType", () => {
    this.CONSUME(t.Fn);
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.type), ERR_MSG: part("type") });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Colon);
    this.SUBRULE1(this.type, { LABEL: "result" });
  });

  readonly functionItem: GrammarRule = this.RULE("functionItem", () => {
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.equation) },
        { ALT: () => this.SUBRULE(this.returnValue) },
        { ALT: () => this.SUBRULE(this.derivative) },
      ],
      ERR_MSG: part("functionItem"),
    });
  });

  readonly returnValue: GrammarRule = this.inner("returnValue", () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expression);
  });

  readonly derivative: GrammarRule = this.inner("derivative", () => {
    this.CONSUME(t.Derivative);
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });
}
