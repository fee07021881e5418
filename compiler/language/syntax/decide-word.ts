/** Which words are keywords where they stand: some are only there, and names elsewhere (`layout.ts` has read what is before them). */
import type { TokenType } from "chevrotain";
import { endOf, retype, type SyntaxToken } from "./lexer.js";
import type { SyntaxReporter } from "./reporter.js";
import * as t from "./tokens.js";

type Tokens = readonly SyntaxToken[];

/** What braces stand around. */
export type BlockKind = "cell" | "function" | "import" | "interface";

/** Where a word stands. */
export interface Around {
  /** The block whose header was read and whose `{` has not come. */
  readonly pending: BlockKind | undefined;
  readonly inImport: boolean;
  /** Among the parameters of a cell. */
  readonly inHeader: boolean;
}

const declarationWords = new Set<TokenType>([t.Input, t.Context, t.State, t.Fixed, t.Setting]);
const expectsOperand = new Set<TokenType>([
  ...[t.Plus, t.Minus, t.Star, t.Slash, t.At, t.Caret, t.LessEqual, t.GreaterEqual, t.EqualEqual, t.NotEqual, t.Less],
  ...[t.Greater, t.Equals, t.Tilde, t.Comma, t.Colon, t.Dot, t.LeftParen, t.LeftBracket, t.If, t.Then, t.Else, t.And],
  ...[t.Or, t.Not, t.Return, t.For, t.Mod, t.Until, t.With, t.Per, t.Given, t.Over, t.HeaderSeparator, t.Require],
]);
/** After these stands a name. */
export const expectsName = new Set<TokenType>([
  ...[t.Param, t.Use, t.Fn, t.Cell, t.Network, t.Loss, t.Entry, t.Input, t.Context, t.State, t.Fixed, t.Setting],
  t.Output,
]);
/** These stand after an expression. */
const continuing = new Set<TokenType>([t.Mod, t.For, t.Until, t.Implicit, t.Per, t.Given, t.Over]);
const operandStarts = new Set<TokenType>([t.NumberLiteral, t.LeftParen, t.LeftBracket, t.Minus]);
/** Where the name ends that comes after `with`. */
const startMarks = new Set<TokenType | undefined>([t.Tilde, t.Dot, t.LeftBracket]);
const interfaceWords = new Set(["cell", "network"]);
/** In the parentheses after them stands none of these. */
const brackets = new Set<TokenType | undefined>([t.LeftParen, t.RightParen, t.LeftBrace, t.RightBrace, undefined]);
const reserved = new Set<TokenType>(t.reservedWords.values());

const typeAt = (tokens: Tokens, index: number): TokenType | undefined => tokens[index]?.tokenType;

/** In the brackets, or among the names, on the left of an equation: so that a broken text is still read in time that grows with it. */
const indexTokenLimit = 200;

/** After the name of an equation, and its indices where it has some: `A[i, j]`. */
export function afterIndices(tokens: Tokens, index: number): number {
  if (typeAt(tokens, index + 1) !== t.LeftBracket) return index + 1;
  let depth = 0;
  for (let at = index + 1; at <= index + indexTokenLimit; at += 1) {
    const type = typeAt(tokens, at);
    if (type === t.LeftBracket || type === t.LeftParen) depth += 1;
    else if (type === t.RightBracket || type === t.RightParen) depth -= 1;
    else if (type === undefined || type === t.Equals || type === t.LeftBrace || type === t.RightBrace) break;
    if (depth === 0) return at + 1;
  }
  return index + 1;
}

/** After the names of a group, `a, b, c`; undefined where there is one name only, or something else. */
export function afterNames(tokens: Tokens, index: number): number | undefined {
  let at = index;
  while (at < index + indexTokenLimit && isNameLike(tokens, at) && typeAt(tokens, at + 1) === t.Comma) at += 2;
  return at > index && isNameLike(tokens, at) ? at + 1 : undefined;
}

/** The name of an equation, perhaps with indices, or the first of a group. */
function isLeftSide(tokens: Tokens, index: number): boolean {
  const after = [afterIndices(tokens, index), afterNames(tokens, index)];
  return after.some((end) => end !== undefined && typeAt(tokens, end) === t.Equals);
}

function isNameLike(tokens: Tokens, index: number): boolean {
  const type = typeAt(tokens, index);
  return type === t.Name || type === t.NextName;
}

/** Whether an operand begins after a word, which is no item then: `mod[n] = …` is one. */
function startsOperand(tokens: Tokens, next: number, word: number): boolean {
  const type = typeAt(tokens, next);
  const isOperand = isNameLike(tokens, next) || (type !== undefined && operandStarts.has(type));
  return isOperand && typeAt(tokens, afterIndices(tokens, word)) !== t.Equals;
}

/** Whether an operand may stand here, so that a word is a name. Decided by the token before. */
function atOperand(tokens: Tokens, index: number, inImport: boolean): boolean {
  const previous = typeAt(tokens, index - 1);
  return previous !== undefined && (expectsOperand.has(previous) || expectsName.has(previous) || inImport);
}

/** Makes a keyword of a contextual word that is one here, and a name of a reserved word where only a name makes sense. */
export function decideWord(tokens: Tokens, index: number, around: Around, reporter: SyntaxReporter): void {
  const token = tokens[index]!;
  if (isInterface(tokens, index, around)) {
    retype(token, t.InterfaceWord);
    openInterface(tokens, index);
  } else if (token.tokenType === t.Name) {
    const keyword = t.contextualWords.get(token.payload.text);
    if (keyword !== undefined && token.image === token.payload.text && isKeyword(keyword, tokens, index, around)) {
      retype(token, keyword);
    }
  } else if (reserved.has(token.tokenType) && isMisused(tokens, index)) {
    reporter.report(
      "reserved-word",
      token.startOffset,
      endOf(token),
      `\`${token.payload.text}\` is a reserved word, not a name`,
      { help: `choose another name, such as \`${token.payload.text}_\`` },
    );
    retype(token, t.Name);
  }
}

/** Whether a word goes on with the expression before it, so that what stands there is a name: `state mod n`, `input for k = 0..2`. */
function continuesExpression(tokens: Tokens, index: number, around: Around): boolean {
  const keyword = t.contextualWords.get(tokens[index]!.payload.text);
  const continues = keyword !== undefined && continuing.has(keyword) && typeAt(tokens, index + 1) !== t.Colon;
  return continues && isKeyword(keyword, tokens, index, around);
}

function isKeyword(keyword: TokenType, tokens: Tokens, index: number, around: Around): boolean {
  const { pending, inImport } = around;
  const previous = typeAt(tokens, index - 1);
  const next = typeAt(tokens, index + 1);
  if (keyword === t.From) return previous === t.ImportRightBrace || (pending === "import" && next === t.StringLiteral);
  if (keyword === t.As) return inImport && previous === t.Name && isNameLike(tokens, index + 1);
  if (inImport) {
    // Never part of an import: its brace is open, and a cell begins.
    const afterName = typeAt(tokens, index + 2);
    return (
      (keyword === t.Cell || keyword === t.Network) &&
      isNameLike(tokens, index + 1) &&
      (afterName === t.LeftParen || afterName === t.LeftBrace)
    );
  }
  if (keyword === t.Mod) return !atOperand(tokens, index, inImport) && startsOperand(tokens, index + 1, index);
  if (keyword === t.For) {
    return !atOperand(tokens, index, inImport) && (isNameLike(tokens, index + 1) || next === t.NumberLiteral);
  }
  if (keyword === t.Until || keyword === t.Implicit || keyword === t.Per || keyword === t.Given) {
    return !atOperand(tokens, index, inImport) && !isLeftSide(tokens, index);
  }
  if (keyword === t.Over) {
    return !atOperand(tokens, index, inImport) && !isLeftSide(tokens, index) && isNameLike(tokens, index + 1);
  }
  if (keyword === t.With) return isNameLike(tokens, index + 1) && startMarks.has(typeAt(tokens, index + 2));
  if (keyword === t.Derivative) return !atOperand(tokens, index, inImport) && next === t.LeftParen;
  if (!atOperand(tokens, index, inImport)) return !isLeftSide(tokens, index);
  // `a = W @` and then `input x: [I]`: an operand is missing, but the declaration is one.
  if (previous === undefined || expectsName.has(previous) || pending !== undefined) return false;
  if (!isNameLike(tokens, index + 1) || continuesExpression(tokens, index + 1, around)) return false;
  const isLine = tokens[index]!.payload.beginsLine && !tokens[index + 1]!.payload.beginsLine;
  const afterNext = typeAt(tokens, index + 2);
  const isList = afterNext === t.Comma && !isLeftSide(tokens, index + 1);
  return isLine || (declarationWords.has(keyword) && (afterNext === t.Colon || isList));
}

/** `Cell: cell(I, H)`, a parameter that is a cell. */
function isInterface(tokens: Tokens, index: number, { inHeader }: Around): boolean {
  if (!inHeader || typeAt(tokens, index) !== t.Name || typeAt(tokens, index - 1) !== t.Colon) return false;
  return interfaceWords.has(tokens[index]!.payload.text) && typeAt(tokens, index + 1) === t.LeftParen;
}

/** The brace after `cell(I, H)` begins what it has. */
function openInterface(tokens: Tokens, index: number): void {
  let at = index + 2;
  while (at < index + indexTokenLimit && !brackets.has(typeAt(tokens, at))) at += 1;
  const brace = tokens[at + 1];
  if (typeAt(tokens, at) === t.RightParen && brace?.tokenType === t.LeftBrace) retype(brace, t.InterfaceLeftBrace);
}

/** `f: fn([n]): [n]`, an argument that is a function. */
export function isFunctionType(tokens: Tokens, index: number): boolean {
  const isFn = typeAt(tokens, index) === t.Fn;
  return isFn && typeAt(tokens, index - 1) === t.Colon && typeAt(tokens, index + 1) === t.LeftParen;
}

/** A reserved word where only a name makes sense. */
function isMisused(tokens: Tokens, index: number): boolean {
  if (isFunctionType(tokens, index)) return false;
  const type = typeAt(tokens, index)!;
  const previous = typeAt(tokens, index - 1);
  const next = typeAt(tokens, index + 1);
  if (previous !== undefined && expectsName.has(previous)) return true;
  if (next === t.Equals || next === t.Colon) return true;
  // Of what begins an item, only an import has something else than a name after it.
  if (type === t.Import) return previous !== undefined && expectsOperand.has(previous) && next !== t.LeftBrace;
  const startsDeclaration = type === t.Param || type === t.Use || type === t.Fn;
  return startsDeclaration && previous !== undefined && expectsOperand.has(previous) && !isNameLike(tokens, index + 1);
}
