/**
 * Text to tokens. Lexing is total and linear: whatever does not belong to the language is reported and either read as what
 * was meant (`&&`, `2x`) or left out. Names get their canonical spelling here, in the payload of their token; offsets
 * always speak of the text as given.
 */
import { createTokenInstance, Lexer, type IToken, type TokenType } from "#chevrotain";
import type { CommentNode } from "./ast.js";
import { calledName, canonicalName } from "./spelling.js";
import type { SyntaxReporter } from "./reporter.js";
import * as tokens from "./tokens.js";

/** What later stages know about a token beyond its type and place. */
interface TokenPayload {
  /** Canonical spelling of a name without its prime; the image of anything else. */
  text: string;
  /** Number of the item it belongs to; one item reports one error of structure. */
  segment: number;
  /** Something next to it was left out: the item it is in is not judged any further. */
  flawed: boolean;
  /** No token stands before it on its line. */
  beginsLine: boolean;
  /** Inserted by a repair or a separator before an item: not in the text. */
  virtual: boolean;
}

export interface SyntaxToken extends IToken {
  payload: TokenPayload;
}

export interface LexedSource {
  readonly tokens: SyntaxToken[];
  readonly comments: readonly CommentNode[];
  /** Documentation by the offset of the token it stands before. */
  readonly documentation: ReadonlyMap<number, DocumentationBlock>;
  /** Offsets of tokens and comments that have a blank line above them. */
  readonly blankLines: readonly number[];
}

export interface DocumentationBlock {
  readonly text: string;
  readonly comments: readonly CommentNode[];
  /** Whether a blank line stands above it. */
  readonly blank: boolean;
  /** Whether it heads a file that begins with an import: it is of the file then, and stays as it is. */
  readonly heads: boolean;
}

const lexer = new Lexer([...tokens.lexedTypes], { ensureOptimizations: true, positionTracking: "onlyOffset" });

/** A token without characters: a separator or a repair. */
export function virtualToken(type: TokenType, text: string, offset: number): SyntaxToken {
  const token = createTokenInstance(type, "", offset, offset, NaN, NaN, NaN, NaN);
  token.payload = { text, segment: 0, flawed: false, beginsLine: false, virtual: true } satisfies TokenPayload;
  return token as SyntaxToken;
}

export function retype(token: IToken, type: TokenType): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx!;
}

function readAs(token: SyntaxToken, type: TokenType, text: string): void {
  retype(token, type);
  token.payload.text = text;
}

export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

export function lex(text: string, reporter: SyntaxReporter): LexedSource {
  const result = lexer.tokenize(text);
  const kept = classify(text, result.tokens, reporter);
  return { tokens: kept, ...collectTrivia(text, kept, result.groups["comments"] ?? [], reporter) };
}

function classify(text: string, found: readonly IToken[], reporter: SyntaxReporter): SyntaxToken[] {
  const kept: SyntaxToken[] = [];
  let index = 0;
  while (index < found.length && !reporter.full) {
    const raw = found[index]!;
    const previous = kept[kept.length - 1];
    const type = raw.tokenType;
    const start = raw.startOffset;
    const token = raw as SyntaxToken;
    token.payload = { text: raw.image, segment: 0, flawed: false, beginsLine: false, virtual: false };
    index += 1;
    if (type === tokens.Name) {
      if (previous?.tokenType === tokens.NumberLiteral && endOf(previous) === start) {
        reporter.malformedNumber(previous, raw);
        previous.payload.flawed = true;
        kept.push(virtualToken(tokens.Star, "*", start));
      }
      readWord(token, found[index], reporter);
      kept.push(token);
      index = skipTimeSubscript(token, found, index, reporter);
    } else if (type === tokens.ForeignOperator) {
      const { type: instead, instead: spelling, help } = tokens.foreignOperators.get(raw.image)!;
      reporter.report("foreign-operator", start, endOf(raw), `\`${raw.image}\` is not an operator of this language`, {
        help: help ?? `write \`${spelling}\``,
      });
      readAs(token, instead, spelling);
      kept.push(token);
    } else if (type === tokens.Dot && previous?.tokenType === tokens.NumberLiteral && endOf(previous) === start) {
      // `2.`, `1.f`, `1.e5`: what sticks to the point belongs to the number that was meant.
      const sticks = found[index]?.tokenType === tokens.Name && found[index]!.startOffset === endOf(raw);
      const isRange = found[index]?.tokenType === tokens.Dot && found[index]!.startOffset === endOf(raw);
      reporter.openNumber(previous, raw, sticks ? found[index] : undefined, isRange);
      previous.payload.flawed = true;
      if (sticks) index += 1;
    } else if (type === tokens.StrayPrime) {
      while (found[index]?.tokenType === tokens.StrayPrime) index += 1;
      reporter.strayPrime(raw, previous);
      if (previous !== undefined) previous.payload.flawed = true;
    } else if (type === tokens.HashComment) {
      reporter.unexpectedCharacters("#", start);
    } else if (type === tokens.Unknown) {
      let end = endOf(raw);
      while (found[index]?.tokenType === tokens.Unknown && found[index]!.startOffset === end) {
        end = endOf(found[index]!);
        index += 1;
      }
      reporter.unexpectedCharacters(text.slice(start, end), start);
      if (previous !== undefined) previous.payload.flawed = true;
    } else {
      if (type === tokens.AndSign) readAs(token, tokens.And, "and");
      else if (type === tokens.OrSign) readAs(token, tokens.Or, "or");
      else if (type === tokens.NotSign) readAs(token, tokens.Not, "not");
      else if (type === tokens.StringLiteral) checkString(token, reporter);
      kept.push(token);
    }
  }
  return kept;
}

function readWord(token: SyntaxToken, next: IToken | undefined, reporter: SyntaxReporter): void {
  const image = token.image;
  const hasPrime = /['\u2032\u2019]$/.test(image);
  const word = hasPrime ? image.slice(0, -1) : image;
  const { text, unsupported } = canonicalName(word);
  const called = !hasPrime && next?.tokenType === tokens.LeftParen ? calledName(word) : undefined;
  token.payload.text = called ?? text;
  if (unsupported.length > 0) reporter.unsupportedLetters(token, word, unsupported);
  const reserved = tokens.reservedWords.get(text);
  if (reserved !== undefined && hasPrime) {
    reporter.report("reserved-word", token.startOffset, endOf(token), `\`${text}\` is a reserved word, not a name`);
    retype(token, tokens.NextName);
  } else if (reserved !== undefined) {
    retype(token, reserved);
  } else if (hasPrime) {
    retype(token, tokens.NextName);
  }
}

/** `h_{t-1}`: skips the braces, so that they do not unsettle the blocks. Looks a few tokens ahead only. */
function skipTimeSubscript(
  word: SyntaxToken,
  found: readonly IToken[],
  from: number,
  reporter: SyntaxReporter,
): number {
  const brace = found[from];
  if (brace?.tokenType !== tokens.LeftBrace || !word.image.endsWith("_") || brace.startOffset !== endOf(word))
    return from;
  for (let index = from + 1; index < Math.min(found.length, from + 12); index += 1) {
    const token = found[index]!;
    if (token.tokenType !== tokens.RightBrace) continue;
    reporter.timeSubscript(word.startOffset, endOf(token));
    return index + 1;
  }
  return from;
}

function checkString(token: SyntaxToken, reporter: SyntaxReporter): void {
  const closed = token.image.length > 1 && token.image.endsWith('"');
  token.payload.text = token.image.slice(1, closed ? -1 : undefined);
  if (closed) return;
  reporter.report("unterminated-string", token.startOffset, endOf(token), "this string is never closed", {
    help: 'a string ends with `"` on the line where it begins',
  });
}

/** Walks tokens and comments side by side: what trails, what documents, where blank lines stand. */
function collectTrivia(
  text: string,
  kept: readonly SyntaxToken[],
  found: readonly IToken[],
  reporter: SyntaxReporter,
): Omit<LexedSource, "tokens"> {
  const comments: CommentNode[] = [];
  const documentation = new Map<number, DocumentationBlock>();
  const blankLines: number[] = [];
  let block: { lines: string[]; comments: CommentNode[]; blank: boolean } | undefined;
  let comment = 0;
  let previousEnd = 0;
  const lineEndAfter = lineEnds(text);
  for (let index = 0; index <= kept.length; index += 1) {
    const token = kept[index];
    const tokenStart = token?.startOffset ?? text.length;
    const lineEnd = index === 0 ? -1 : lineEndAfter(previousEnd);
    for (; comment < found.length && found[comment]!.startOffset < tokenStart; comment += 1) {
      const raw = found[comment]!;
      const end = endOf(raw);
      const blank = hasBlankLine(text, previousEnd, raw.startOffset, comment + index > 0);
      const trailing = raw.startOffset <= lineEnd && (token === undefined || lineEndAfter(end) < tokenStart);
      const image = raw.tokenType === tokens.BlockComment ? raw.image : raw.image.trimEnd();
      const node = { span: reporter.span(raw.startOffset, end), text: image, trailing };
      if (index === 0 && blank && block !== undefined) {
        // What heads the file is of the file, where a blank line and another comment come below it.
        comments.push(...block.comments);
        block = undefined;
      }
      if (raw.tokenType === tokens.DocComment && raw.startOffset > lineEnd) {
        block ??= { lines: [], comments: [], blank };
        block.lines.push(image.slice(image[3] === " " ? 4 : 3));
        block.comments.push(node);
      } else {
        if (raw.tokenType === tokens.DocComment) reporter.danglingDocumentation(node);
        comments.push(raw.tokenType === tokens.DocComment ? ordinaryComment(node) : node);
        if (raw.startOffset <= lineEnd && isQuotient(kept[index - 1], image)) reporter.quotientComment(node);
        if (blank) blankLines.push(raw.startOffset);
        checkClosed(raw, reporter);
      }
      previousEnd = end;
    }
    if (block !== undefined) {
      const { lines, comments: own, blank } = block;
      const heads = index === 0 && token?.tokenType === tokens.Import;
      documentation.set(tokenStart, { text: lines.join("\n"), comments: own, blank, heads });
    }
    const blankAbove = hasBlankLine(text, previousEnd, tokenStart, comment + index > 0);
    if (token !== undefined && blankAbove) blankLines.push(tokenStart);
    block = undefined;
    if (token === undefined) break;
    token.payload.beginsLine = lineEnd < tokenStart;
    previousEnd = endOf(token);
  }
  return { comments, documentation, blankLines };
}

/** What a printer puts back: comments, what documents nothing among them, and where blank lines are, those above documentation, too. */
export function triviaOf(
  { comments, blankLines, documentation }: LexedSource,
  unused: ReadonlyMap<number, DocumentationBlock>,
  reporter: SyntaxReporter,
): Pick<LexedSource, "comments" | "blankLines"> {
  const all = [...comments];
  const blank = new Set(blankLines);
  for (const [start, block] of documentation) {
    const first = block.comments[0]!;
    if (block.blank) blank.add(unused.has(start) ? first.span.start : start);
    if (!unused.has(start)) continue;
    if (block.heads) {
      all.push(...block.comments);
      continue;
    }
    all.push(...block.comments.map(ordinaryComment));
    if (!reporter.hasErrors) reporter.danglingDocumentation(first);
  }
  return {
    comments: all.sort((a, b) => a.span.start - b.span.start),
    blankLines: [...blank].sort((a, b) => a - b),
  };
}

/** Documentation of nothing goes on as a comment: with three slashes it could come to document something. */
function ordinaryComment(documentation: CommentNode): CommentNode {
  return { ...documentation, text: documentation.text.slice(1) };
}

const operandEnds: ReadonlySet<TokenType> = new Set([
  ...[tokens.RightParen, tokens.RightBracket, tokens.NextName, tokens.NumberLiteral, tokens.Superscript, tokens.Name],
]);

/** `x // 2`, `[H // N]`: a number, or a name that a bracket follows, as the divisor of another language. */
const isQuotient = (previous: SyntaxToken | undefined, comment: string): boolean =>
  previous !== undefined &&
  operandEnds.has(previous.tokenType) &&
  /^\/\/ ?(?:\d+|\w+ ?[)\]])(?: ?[)\]].*| [-+*] .*)?$/.test(comment);

function checkClosed(comment: IToken, reporter: SyntaxReporter): void {
  const { image, startOffset } = comment;
  if (comment.tokenType !== tokens.BlockComment || (image.length >= 4 && image.endsWith("*/"))) return;
  reporter.report("unterminated-comment", startOffset, startOffset + 2, "this comment is never closed", {
    help: "a comment that begins with `/*` ends with `*/`",
  });
}

/** Finds the first line break at or after an offset; for offsets that only grow, each character is read once. */
function lineEnds(text: string): (from: number) => number {
  let end = -1;
  return (from) => {
    if (end < from) {
      end = from;
      while (end < text.length && text[end] !== "\n" && text[end] !== "\r") end += 1;
    }
    return end;
  };
}

function hasBlankLine(text: string, from: number, to: number, notFirst: boolean): boolean {
  if (!notFirst) return false;
  let breaks = 0;
  for (let index = from; index < to; index += 1) {
    const unit = text[index];
    if (unit === "\n" || (unit === "\r" && text[index + 1] !== "\n")) breaks += 1;
    if (breaks > 1) return true;
  }
  return false;
}
