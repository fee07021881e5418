/**
 * Between lexer and grammar: where items begin, which contextual words are keywords, and balanced brackets.
 *
 * Line breaks mean nothing here (but for a word such as `output` that begins a line where a value is missing: it begins
 * an item), so the places where an item begins are found in the tokens: a keyword, or `name =`
 * (`name' =`) where that cannot be a named argument or a default. In a correct text these places are exact; in a broken one
 * they are where reading goes on. A separator is put before each item, brackets left open are closed (and reported at the
 * bracket that is open), surplus ones are dropped. The grammar then always sees balanced brackets and separate items.
 *
 * One pass over the tokens. The nesting limit stands here too, before anything recursive runs.
 */
import type { TokenType } from "chevrotain";
import { endOf, retype, virtualToken, type SyntaxToken } from "./lexer.js";
import { afterIndices, afterNames, type BlockKind, decideWord, expectsName, isFunctionType } from "./decide-word.js";
import { helpForWord, isLoopWord, loopHelp } from "./foreign-words.js";
import { clip, type SyntaxReporter } from "./reporter.js";
import * as t from "./tokens.js";

/** How deep brackets and `if` may nest. */
const nestingLimit = 200;

interface OpenFrame {
  readonly kind: "(" | "[" | BlockKind;
  readonly open: SyntaxToken;
  /** `if`s whose `else` has not come, in this frame. */
  conditions: number;
  hasReturn: boolean;
}

/** The end of a function. */
const endWords = new Set<TokenType>([t.Return, t.Derivative]);
const topWords = new Set<TokenType>([t.Cell, t.Network, t.Import]);
const itemWords = new Set<TokenType>([...expectsName, t.Import, t.Require, t.Stream, ...endWords]);
const blockOf = new Map<TokenType, BlockKind>([
  [t.Cell, "cell"],
  [t.Network, "cell"],
  [t.Fn, "function"],
  [t.Import, "import"],
]);
const openers = new Map<BlockKind, TokenType>([
  ["cell", t.LeftBrace],
  ["function", t.FunctionLeftBrace],
  ["import", t.ImportLeftBrace],
  ["interface", t.InterfaceLeftBrace],
]);
const closers = new Map<OpenFrame["kind"], TokenType>([
  ["(", t.RightParen],
  ["[", t.RightBracket],
  ["cell", t.RightBrace],
  ["function", t.FunctionRightBrace],
  ["import", t.ImportRightBrace],
  ["interface", t.InterfaceRightBrace],
]);

const bracesHelp = "what belongs to a cell or a function stands in braces: `cell A(H) { … }`";

/** Tokens for the grammar, or nothing where the nesting is too deep to be read at all. */
export function layOut(tokens: readonly SyntaxToken[], reporter: SyntaxReporter): SyntaxToken[] | undefined {
  return new Layout(tokens, reporter).run();
}

class Layout {
  private readonly tokens: readonly SyntaxToken[];
  private readonly reporter: SyntaxReporter;
  private readonly out: SyntaxToken[] = [];
  private readonly frames: OpenFrame[] = [];
  /** Header whose `{` has not come. */
  pending: BlockKind | undefined;
  /** Braces that open nothing: not passed on, and neither is what closes them. */
  private readonly strayOpeners = new Set<SyntaxToken>();
  private segment = 0;
  private conditions = 0;
  /** Inside an equation at the top of the file. */
  private inConstant = false;
  /** Inside something that stands outside of every cell: passed over up to the next declaration. */
  private skipping = false;

  constructor(tokens: readonly SyntaxToken[], reporter: SyntaxReporter) {
    this.tokens = tokens;
    this.reporter = reporter;
  }

  run(): SyntaxToken[] | undefined {
    for (let index = 0; index < this.tokens.length; index += 1) {
      if (this.reporter.full) return undefined;
      const token = this.tokens[index]!;
      decideWord(this.tokens, index, this, this.reporter);
      if (this.startsItem(index)) this.beginItem(token);
      if (!this.skipping) this.take(token);
      if (this.frames.length + this.conditions > nestingLimit) {
        this.reporter.report(
          "nesting-too-deep",
          token.startOffset,
          endOf(token),
          `brackets and conditions are nested more than ${nestingLimit} deep`,
          { help: "give the inner parts names of their own" },
        );
        return undefined;
      }
    }
    while (this.frames.length > 0) this.closeUnclosed();
    return this.out;
  }

  private typeAt(index: number): TokenType | undefined {
    return this.tokens[index]?.tokenType;
  }

  get inImport(): boolean {
    return this.frames[this.frames.length - 1]?.kind === "import";
  }

  get inHeader(): boolean {
    return this.pending === "cell" && this.frames[this.frames.length - 1]?.kind === "(";
  }

  private startsItem(index: number): boolean {
    const type = this.typeAt(index)!;
    if (isFunctionType(this.tokens, index)) return false;
    if (itemWords.has(type)) return true;
    if (type !== t.Name && type !== t.NextName) return false;
    const previous = this.typeAt(index - 1);
    if (this.typeAt(afterIndices(this.tokens, index)) !== t.Equals) return this.startsGroup(index, previous);
    if (previous === undefined) return true;
    if (previous === t.If || previous === t.And || previous === t.Or || previous === t.Not) {
      const equals = this.tokens[afterIndices(this.tokens, index)]!;
      this.reporter.report("single-equals", equals.startOffset, endOf(equals), "`=` gives a name its value", {
        help: "to compare, write `==`",
      });
      retype(equals, t.EqualEqual);
      return false;
    }
    // A default, a named argument, the name of an output: parts of what is being read.
    if (previous === t.Comma || previous === t.Dot || expectsName.has(previous)) return false;
    if (previous === t.Colon) return this.frames[this.frames.length - 1]?.kind === "[";
    if (previous === t.LeftBracket) return this.tokens[index]!.payload.beginsLine;
    return previous !== t.LeftParen;
  }

  /** `u, g = …`: not among the arguments of a call, whose last has a name. */
  private startsGroup(index: number, previous: TokenType | undefined): boolean {
    if (previous === t.Comma || previous === t.Dot || (previous !== undefined && expectsName.has(previous)))
      return false;
    if (this.inBrackets() || this.pending !== undefined) return false;
    const end = afterNames(this.tokens, index);
    return end !== undefined && this.typeAt(end) === t.Equals;
  }

  private beginItem(token: SyntaxToken): void {
    const block = blockOf.get(token.tokenType);
    const topLevel = topWords.has(token.tokenType);
    while (this.frames.length > 0) {
      const top = this.frames[this.frames.length - 1]!;
      const inBrackets = top.kind === "(" || top.kind === "[";
      const leavesFunction = top.kind === "function" && top.hasReturn && !endWords.has(token.tokenType);
      if (!inBrackets && !topLevel && top.kind !== "import" && !leavesFunction) break;
      this.closeUnclosed();
    }
    if (block === undefined && (this.pending === "cell" || this.pending === "function")) this.openMissing(token);
    const isConstant = token.tokenType === t.Name && !this.skipping;
    this.inConstant = isConstant && this.frames.length === 0;
    if (block === undefined && this.frames.length === 0 && !isConstant) {
      if (!this.skipping) this.reportOutside(token);
      this.skipping = true;
      return;
    }
    this.skipping = false;
    this.pending = block;
    const top = this.frames[this.frames.length - 1];
    if (top !== undefined && token.tokenType === t.Return) top.hasReturn = true;
    this.separate(token.startOffset);
  }

  /** A header, and then an item: the brace between them is missing. */
  private openMissing(item: SyntaxToken): void {
    const kind = this.pending!;
    const last = this.out[this.out.length - 1]!;
    this.reporter.reportIn(
      this.segment,
      "unexpected-token",
      item.startOffset,
      endOf(item),
      `expected \`{\` before \`${clip(item.payload.text)}\``,
      { help: bracesHelp },
    );
    const brace = virtualToken(openers.get(kind)!, "{", endOf(last));
    this.push(brace);
    this.open(kind, brace);
    this.pending = undefined;
  }

  /** `cell A(H):`, as in languages whose blocks are indented: read as the brace that it stands for. */
  private openAtColon(colon: SyntaxToken): void {
    const { startOffset } = colon;
    const message = "expected `{`, found `:`";
    this.reporter.reportIn(this.segment, "unexpected-token", startOffset, endOf(colon), message, { help: bracesHelp });
    this.openBlock(virtualToken(t.LeftBrace, "{", startOffset));
  }

  private separate(offset: number): void {
    const type = this.separatorType();
    this.push(virtualToken(type, "", offset));
    this.segment += 1;
  }

  private separatorType(): TokenType {
    const kind = this.frames[this.frames.length - 1]?.kind;
    return kind === undefined ? t.TopSeparator : kind === "function" ? t.FunctionSeparator : t.Separator;
  }

  private reportOutside(token: SyntaxToken): void {
    this.segment += 1;
    this.reporter.report(
      "outside-cell",
      token.startOffset,
      endOf(token),
      `\`${clip(token.image)}\` stands outside of every cell`,
      {
        help: helpForWord(token.image) ?? "declarations and equations stand between the braces of `cell Name(…) { … }`",
      },
    );
  }

  private push(token: SyntaxToken): void {
    token.payload.segment = this.segment;
    if (token.payload.flawed) this.reporter.markBroken(this.segment);
    this.out.push(token);
  }

  private take(token: SyntaxToken): void {
    const type = token.tokenType;
    const top = this.frames[this.frames.length - 1];
    const opens = type === t.LeftParen || type === t.LeftBracket;
    if (opens && this.isOutside(token)) return;
    if (opens) {
      this.open(type === t.LeftParen ? "(" : "[", token);
      this.push(token);
    } else if (type === t.RightParen || type === t.RightBracket) {
      this.closeBracket(token, type === t.RightParen ? "(" : "[");
    } else if (type === t.LeftBrace || type === t.InterfaceLeftBrace) {
      this.openBlock(token);
    } else if (type === t.RightBrace) {
      this.closeBlock(token);
    } else if (type === t.Colon && this.pending === "cell" && !this.inBrackets()) {
      this.openAtColon(token);
    } else if (type === t.Separator && this.inHeader) {
      retype(token, t.HeaderSeparator);
      this.push(token);
    } else if (type === t.Separator) {
      while (this.inBrackets()) this.closeUnclosed();
      retype(token, this.separatorType());
      this.push(token);
      this.segment += 1;
    } else {
      if (type === t.From && this.inImport) this.closeUnclosed();
      if (this.isOutside(token)) return;
      if (type === t.If) this.changeConditions(top, 1);
      else if (type === t.Else) this.changeConditions(top, -1);
      this.push(token);
    }
  }

  /** Whether a token stands between the declarations of a file; everything up to the next one is passed over then. */
  private isOutside(token: SyntaxToken): boolean {
    if (this.frames.length > 0 || this.pending !== undefined || itemWords.has(token.tokenType)) return false;
    if (this.inConstant) return false;
    const previous = this.out[this.out.length - 1]?.tokenType;
    if (token.tokenType === t.From && previous === t.ImportRightBrace) return false;
    if (token.tokenType === t.StringLiteral && previous === t.From) return false;
    this.reportOutside(token);
    this.skipping = true;
    return true;
  }

  private changeConditions(top: OpenFrame | undefined, change: number): void {
    if (top === undefined || top.conditions + change < 0) return;
    top.conditions += change;
    this.conditions += change;
  }

  private inBrackets(): boolean {
    const kind = this.frames[this.frames.length - 1]?.kind;
    return kind === "(" || kind === "[";
  }

  private open(kind: OpenFrame["kind"], token: SyntaxToken): void {
    this.frames.push({ kind, open: token, conditions: 0, hasReturn: false });
  }

  private pop(): OpenFrame {
    const frame = this.frames.pop()!;
    this.conditions -= frame.conditions;
    if (frame.kind === "interface") this.pending = "cell";
    return frame;
  }

  private closeBracket(token: SyntaxToken, kind: "(" | "["): void {
    const top = this.frames[this.frames.length - 1];
    const below = this.frames[this.frames.length - 2];
    if (top === undefined || !this.inBrackets()) {
      this.dropUnmatched(token);
      return;
    }
    if (top.kind !== kind && below?.kind === kind) this.closeUnclosed();
    else if (top.kind !== kind) {
      const closer = top.kind === "(" ? ")" : "]";
      this.reporter.reportIn(
        this.segment,
        "unmatched-bracket",
        token.startOffset,
        endOf(token),
        `\`${token.image}\` does not close \`${top.kind}\``,
        {
          related: [{ span: this.reporter.span(top.open.startOffset, endOf(top.open)), message: "opened here" }],
          help: `write \`${closer}\``,
        },
      );
      retype(token, closers.get(top.kind)!);
    }
    this.pop();
    this.push(token);
  }

  private dropUnmatched(token: SyntaxToken): void {
    this.reporter.reportIn(
      this.segment,
      "unmatched-bracket",
      token.startOffset,
      endOf(token),
      `\`${token.image}\` closes nothing`,
    );
  }

  private openBlock(token: SyntaxToken): void {
    const kind = token.tokenType === t.InterfaceLeftBrace ? "interface" : this.pending;
    if (kind === undefined) {
      this.reportStrayBrace(token);
      // Its partner must not close the cell.
      const around = this.frames[this.frames.length - 1]?.kind;
      if (around === undefined) this.skipping = true;
      else this.open(around === "function" ? around : "cell", token);
      this.strayOpeners.add(token);
      return;
    }
    while (kind !== "interface" && this.inBrackets()) this.closeUnclosed();
    retype(token, openers.get(kind)!);
    this.push(token);
    this.open(kind, token);
    if (kind !== "import") {
      this.pending = undefined;
      this.segment += 1;
    }
  }

  private reportStrayBrace(brace: SyntaxToken): void {
    let at = this.tokens.indexOf(brace);
    while (at > 0 && this.tokens[at]?.payload.beginsLine === false) at -= 1;
    const first = this.tokens[at];
    if (first !== undefined && isLoopWord(first.image)) {
      const { startOffset, image } = first;
      const message = `there are no loops, so \`${image}\` begins nothing`;
      this.reporter.reportIn(this.segment, "loop-statement", startOffset, endOf(first), message, { help: loopHelp });
      return;
    }
    const message = "`{` opens nothing: only cells, functions and imports have braces";
    const help = "group with `(` and `)`";
    this.reporter.reportIn(this.segment, "unexpected-token", brace.startOffset, endOf(brace), message, { help });
  }

  private closeBlock(token: SyntaxToken): void {
    while (this.inBrackets()) this.closeUnclosed();
    if (this.frames.length === 0) {
      this.dropUnmatched(token);
      return;
    }
    const { kind, open } = this.pop();
    if (this.strayOpeners.has(open)) return;
    retype(token, closers.get(kind)!);
    this.push(token);
    if (kind === "import") this.pending = undefined;
    else this.segment += 1;
  }

  /** Closes the innermost frame with a bracket of our own, and says which one was left open. */
  private closeUnclosed(): void {
    const { kind, open } = this.pop();
    if (this.strayOpeners.has(open)) return;
    const start = open.startOffset;
    const message = `\`${open.payload.text}\` is never closed`;
    if (open.payload.virtual) {
      // A brace that was missing has been reported as missing.
    } else if (kind === "(" || kind === "[") {
      this.reporter.reportIn(this.segment, "unclosed-bracket", start, endOf(open), message);
    } else {
      this.reporter.report("unclosed-block", start, endOf(open), message);
    }
    const last = this.out[this.out.length - 1]!;
    this.push(virtualToken(closers.get(kind)!, "", endOf(last)));
  }
}
