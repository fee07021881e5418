/** Text to syntax tree: the one entry to this folder. */
import { EOF, type IRecognitionException, type TokenType } from "#chevrotain";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { DiagnosticCode } from "../../base/diagnostics/codes.js";
import type { SourceFileNode } from "./ast.js";
import { buildAst } from "./build-ast.js";
import type * as cst from "./cst.generated.js";
import { CellParser } from "./grammar.js";
import { helpBehind, helpForIn, helpForWord, isLoopWord, loopHelp } from "./foreign-words.js";
import { saidElsewhere } from "./other-names.js";
import { layOut } from "./layout.js";
import { endOf, lex, type SyntaxToken } from "./lexer.js";
import { type Expected, expectedInWords, expectedOf } from "./parser-messages.js";
import { clip, SyntaxReporter } from "./reporter.js";
import { sourceLimit } from "./source-limit.js";
import * as t from "./tokens.js";

/** Made once: building the lookahead tables costs more than most parses. It keeps nothing from one text to the next. */
const parser = new CellParser();

/**
 * Parses a source file. Never throws, whatever the text: what is wrong is reported to `collector`, and items with errors
 * are left out of the tree. Time is linear in the length of the text.
 *
 * A tree with errors is good for editors and formatting tools to look at; its meaning should not be judged, because names
 * that seem to be missing may stand in the items left out.
 */
export function parse(text: string, fileName: string, collector: DiagnosticCollector): SourceFileNode {
  const reporter = new SyntaxReporter(collector, fileName);
  if (text.length > sourceLimit) {
    const message = `this text has ${text.length} characters`;
    reporter.report("program-too-large", 0, 1, message, { help: `a file has at most ${sourceLimit}` });
    text = "";
  }
  if (looksLikeUtf16(text)) {
    const help = "save the file as UTF-8, or decode it before it is given to the compiler";
    reporter.report("wrong-encoding", 0, Math.min(text.length, 4), "this text is in UTF-16, read as UTF-8", { help });
    text = "";
  } else if (looksLikePath(text)) {
    const help =
      'give the text of the file; the text `import { GRU } from "std/gru"` is enough for a cell that ships with recell';
    reporter.report(
      "outside-cell",
      0,
      text.length,
      `\`${clip(text)}\` looks like a path, not like the text of a cell`,
      { help },
    );
    text = "";
  }
  const source = lex(text, reporter);
  const tokens = layOut(source.tokens, reporter);
  const root = tokens === undefined || reporter.full ? undefined : parseTokens(tokens, reporter);
  const tree = buildAst(root, source, text.length, reporter);
  reporter.deliver();
  return tree;
}

/** Letters and NULs in turn, perhaps after the two bytes of a mark that are no UTF-8. */
function looksLikeUtf16(text: string): boolean {
  return /^(?:\ufffd\ufffd)?(?:[^\0]\0|\0[^\0]){2}/.test(text);
}

/** One word that ends as files of cells do, or names a cell that ships with recell. */
function looksLikePath(text: string): boolean {
  return text.length < 1000 && /^(?:\S*\.cell|std\/[\w-]+)$/.test(text);
}

function parseTokens(tokens: SyntaxToken[], reporter: SyntaxReporter): cst.SourceFileCstNode {
  parser.input = tokens;
  const root = parser.sourceFile() as cst.SourceFileCstNode;
  const errors = parser.errors;
  parser.input = [];
  for (const error of errors) reportError(error, tokens, reporter);
  return root;
}

interface Finding {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly help?: string | undefined;
}

function reportError(error: IRecognitionException, tokens: readonly SyntaxToken[], reporter: SyntaxReporter): void {
  const found = error.token as SyntaxToken;
  const expected = expectedOf(error);
  // The parser's own previous token is a later one where it has gone on after the error.
  const at = tokens.indexOf(found);
  const before = tokens[at - 1] ?? (error as { previousToken?: SyntaxToken }).previousToken;
  const previous = isReal(before) ? before : tokens[tokens.length - 1];
  if (previous === undefined) return;
  const isMissing = found.tokenType === EOF || found.payload.virtual;
  // A missing part has no place of its own: the token before it stands for it, and so where the next line begins.
  const isAhead = !isMissing && expected === t.Equals && (found.payload.beginsLine || found.tokenType === t.RightBrace);
  const place = isMissing || isAhead ? previous : found;
  const segment = (found.tokenType === EOF ? previous : found).payload.segment;
  const { code, message, help } = describe(expected, isMissing ? undefined : found, previous, tokens);
  reporter.reportIn(segment, code, place.startOffset, endOf(place), message, { help });
}

/** Whether a token stands in the text. */
function isReal(token: SyntaxToken | undefined): token is SyntaxToken {
  return token !== undefined && !Number.isNaN(token.startOffset);
}

const operandEnds = new Set([t.RightParen, t.RightBracket, t.NextName, t.NumberLiteral, t.Superscript, t.Name]);
/** What can be expected where an operand is complete. */
const afterOperands = new Set<Expected>([undefined, t.RightParen, t.RightBracket, t.Comma, t.Then, t.Else]);

function describe(
  expected: Expected,
  found: SyntaxToken | undefined,
  previous: SyntaxToken,
  tokens: readonly SyntaxToken[],
): Finding {
  const code = "unexpected-token";
  const before = `\`${clip(previous.image)}\``;
  if (found === undefined) {
    const message =
      expected === undefined
        ? `unexpected end after ${before}`
        : `expected ${expectedInWords(expected)} after ${before}`;
    return { code, message, help: helpFor(expected, previous, tokens) };
  }
  const type = found.tokenType;
  const what = type === t.StringLiteral ? "a string" : `\`${clip(found.image)}\``;
  if (type === t.Return) {
    const message = "`return` is the last item of a function";
    return { code: "misplaced-return", message, help: "a cell has outputs: `output y = …`" };
  }
  if (type === t.Derivative) {
    const message = "`derivative` is the last item of a function";
    const help = "what has a derivative of its own is a function: `fn f(v: [n]): [n] { return … derivative(dv) = … }`";
    return { code: "misplaced-derivative", message, help };
  }
  const afterOperand = afterOperands.has(expected);
  if (type === t.LeftParen && operandEnds.has(previous.tokenType) && afterOperand) {
    const message = "only a name can be called";
    const help = helpForCalled(found, previous, tokens);
    return { code: "not-callable", message, help };
  }
  const message =
    expected === undefined ? `unexpected ${what}` : `expected ${expectedInWords(expected)}, found ${what}`;
  if (type === t.If && expected === "expression") {
    return { code, message, help: "as an operand, a condition stands in parentheses: `(if c then a else b)`" };
  }
  const condition = conditionElsewhere(expected, found, previous);
  if (condition !== undefined) return { code, message, help: condition };
  if (type === t.Equals && afterOperand) return { code, message, help: helpForEquals(previous, tokens) };
  const elsewhere = foreign(expected, found, message, tokens);
  if (elsewhere !== undefined) return elsewhere;
  if (previous.image === "√") return { code, message, help: "write `√(x)` or `sqrt(x)`" };
  if (afterOperand && operandEnds.has(previous.tokenType) && (type === t.Name || type === t.NumberLiteral)) {
    const help =
      helpOfIn(found, previous, tokens) ??
      helpBehind(previous.image === "lambda" ? "lambda" : found.image) ??
      setState(found, tokens);
    if (help !== undefined) return { code, message, help };
    return { code, message, help: `between ${before} and ${what} ${missing(expected, type)} is missing` };
  }
  return { code, message, help: helpBefore(found, previous, expected, tokens) ?? helpFor(expected, previous, tokens) };
}

/** Statements and lists of declarations of other languages. */
function foreign(
  expected: Expected,
  found: SyntaxToken,
  message: string,
  tokens: readonly SyntaxToken[],
): Finding | undefined {
  const code = "unexpected-token";
  const word = found.image;
  if (expected === undefined && isLoopWord(word)) {
    return { code: "loop-statement", message: `there are no loops, so \`${word}\` begins nothing`, help: loopHelp };
  }
  if (found.payload.beginsLine && helpForWord(word) !== undefined) return { code, message, help: helpForWord(word) };
  if (found.tokenType !== t.Comma) return undefined;
  if (expected === undefined && isReturned(found, tokens))
    return { code, message, help: "several results stand in parentheses: `return (a, b)`" };
  if (!isDeclared(found, tokens)) return undefined;
  return { code, message, help: "each type has a declaration of its own: `input x: [I]`, and `input z: [H]` below it" };
}

/** What is known from other languages and is not in this one. */
function helpBefore(
  found: SyntaxToken,
  previous: SyntaxToken,
  expected: Expected,
  tokens: readonly SyntaxToken[],
): string | undefined {
  const begin = tokens.find(({ payload: { segment } }) => segment === found.payload.segment);
  if (found.image === "<" && begin?.tokenType === t.Cell) {
    return `parameters stand in parentheses: \`cell ${clip(previous.image)}(I, H) { … }\``;
  }
  if (found.image === "." && begin?.tokenType === t.Use) {
    return "cells have plain names, which are declared or imported: `use l = Linear(I, H)`";
  }
  if (previous.image === "import" && found.image === "*") {
    return 'an import names what it takes: `import { GRU, LSTM as Memory } from "./cells.cell"`';
  }
  return selectionElsewhere(found, expected) ?? partElsewhere(found, previous, tokens);
}

/** `x[::2]`, `x[..., 0]`, `[f(i) for i < H]`. */
function selectionElsewhere({ image }: SyntaxToken, expected: Expected): string | undefined {
  if (image === ":" && expected === t.RightBracket)
    return "a slice has a start and an end, and no step: `x[0:8]`; every second element is `windows(x, 1, stride = 2)[:, 0]`";
  if (image === "." && expected === "index")
    return "axes that are left out at the end are whole, those before are said: `x[:, 0]`";
  if (image === "for" && expected === t.RightBracket) return "a value for each place is an equation: `y[i < H] = …`";
  return undefined;
}

/** Words in places where other languages have them. */
function partElsewhere(found: SyntaxToken, previous: SyntaxToken, tokens: readonly SyntaxToken[]): string | undefined {
  const at = tokens.indexOf(found);
  const [before, word] = [tokens[at - 2], found.image];
  if (found.tokenType === t.StringLiteral && before?.image === "einsum")
    return "products by axes are written by index: `C[i, k] = sum(A[i, j] * B[j, k] for j)`";
  if (word === "(" && [t.State, t.Input, t.Param, t.Output].includes(previous.tokenType))
    return `several names stand side by side: \`${previous.image} a, b: [H]\``;
  if (word === "." && before?.tokenType === t.Colon && isDeclared(found, tokens)) return typesHelp;
  return undefined;
}

/** `y[i in H]`, `sum(x[i] for i in H)`. */
function helpOfIn(
  found: SyntaxToken,
  { tokenType, image }: SyntaxToken,
  tokens: readonly SyntaxToken[],
): string | undefined {
  const before = tokens[tokens.indexOf(found) - 2];
  if (found.image !== "in" || tokenType !== t.Name || before === undefined) return undefined;
  if (before.image === "for") return helpForIn(clip(image), true);
  return [t.LeftBracket, t.Comma].includes(before.tokenType) ? helpForIn(clip(image), false) : undefined;
}

const typesHelp = "a type is `[H, I]`, `real` or `index(V)`";

/** `a if c else b`, `if c then y = …`; rounds that do not say how many. */
function conditionElsewhere(expected: Expected, found: SyntaxToken, previous: SyntaxToken): string | undefined {
  if (found.tokenType === t.If) {
    if (operandEnds.has(previous.tokenType) && !found.payload.beginsLine && afterOperands.has(expected))
      return "the condition comes first: `if c then a else b`";
    if (expected === undefined) return "a condition is a value, not a statement: `y = if c then a else b`";
  }
  if (found.image === "until" && expected === t.For)
    return "the most rounds that there may be stand before it: `u = x then f(u) for 30 until …`";
  return undefined;
}

const helpForEquals = (previous: SyntaxToken, tokens: readonly SyntaxToken[]): string =>
  isGroup(previous, tokens) ? resultsHelp : "to compare, write `==`";

/** What is called here, or what was meant. */
function helpForCalled(found: SyntaxToken, { tokenType, image }: SyntaxToken, tokens: readonly SyntaxToken[]): string {
  // A name that is called is no error: this one is a member.
  if (tokenType === t.Name) return `there are no methods: ${saidElsewhere(image) ?? `write \`${clip(image)}(…)\``}`;
  if (beginsGroup(found, tokens)) return resultsHelp;
  const product = "a product is written with `*` or `@`";
  if (tokenType !== t.RightParen) return product;
  return isOfFunction(found, tokens)
    ? "`gradient` is of a value, not of a function: `gradient(loss(W), by = W)`"
    : `a cell is used first, \`use l = GRU(I, H)\`, and then called, \`l(x)\`; ${product}`;
}

const resultsHelp = "names of several results stand without parentheses: `h, c = f(x)`";

/** `(h', c') = …`. */
function beginsGroup(open: SyntaxToken, tokens: readonly SyntaxToken[]): boolean {
  let at = tokens.indexOf(open) + 1;
  const isName = (): boolean => [t.Name, t.NextName].some((type) => type === tokens[at]?.tokenType);
  while (isName() && tokens[at + 1]?.tokenType === t.Comma) at += 2;
  return isName() && tokens[at + 1]?.tokenType === t.RightParen && tokens[at + 2]?.tokenType === t.Equals;
}

/** `grad(f)(W)`, where it is called. */
function isOfFunction(open: SyntaxToken, tokens: readonly SyntaxToken[]): boolean {
  const name = tokens[tokens.indexOf(open) - 4]?.image ?? "";
  return ["grad", "gradient", "value_and_grad"].includes(name);
}

/** Whether names in parentheses end there: `(h, c)`. */
function isGroup(previous: SyntaxToken, tokens: readonly SyntaxToken[]): boolean {
  if (previous.tokenType !== t.RightParen) return false;
  let at = tokens.indexOf(previous) - 1;
  while (tokens[at]?.tokenType === t.Name && tokens[at - 1]?.tokenType === t.Comma) at -= 2;
  return tokens[at]?.tokenType === t.Name && tokens[at - 1]?.tokenType === t.LeftParen;
}

/** `l.h' = …`: what a used cell begins a step with is no equation. */
function setState(found: SyntaxToken, tokens: readonly SyntaxToken[]): string | undefined {
  const isMember = found.payload.beginsLine && tokens[tokens.indexOf(found) + 1]?.tokenType === t.Dot;
  return isMember
    ? `the state of a used cell is given where it is called: \`${clip(found.image)}(x, h = …)\``
    : undefined;
}

/** What would join two values that stand side by side. */
function missing(expected: Expected, found: TokenType): string {
  if (expected !== undefined) return "a comma or an operator";
  return found === t.Name ? "an operator (or a `=` after the second)" : "an operator";
}

/** Whether a token stands after the `return` of its function. */
function isReturned(found: SyntaxToken, tokens: readonly SyntaxToken[]): boolean {
  const before = tokens.slice(0, tokens.indexOf(found)).reverse();
  const end = before.findIndex(({ tokenType }) => tokenType === t.LeftBrace || tokenType === t.Equals);
  return before.slice(0, end < 0 ? undefined : end).some(({ tokenType }) => tokenType === t.Return);
}

/** Whether a token stands in a declaration. */
function isDeclared({ payload: { segment } }: SyntaxToken, tokens: readonly SyntaxToken[]): boolean {
  const words = [t.Input, t.Context, t.State, t.Param, t.Fixed, t.Setting];
  return tokens.some((token) => token.payload.segment === segment && words.includes(token.tokenType));
}

function helpFor(expected: Expected, previous: SyntaxToken, tokens: readonly SyntaxToken[]): string | undefined {
  if (expected === t.Equals && tokens[tokens.indexOf(previous) - 1]?.tokenType === t.Output) {
    const isState = tokens.some(({ tokenType, image }) => tokenType === t.NextName && image === `${previous.image}'`);
    return `an output has a name and a value: \`output y = ${clip(previous.image)}${isState ? "'" : ""}\``;
  }
  if (expected === t.For) return "rounds say how many they are: `u = x then f(u) for 6`";
  if (expected === t.Else) return "a condition always has both branches: `if c then a else b`";
  if (expected === t.Colon && previous.tokenType === t.RightParen) {
    return "a function names the type of its result: `fn f(v: [n]): [n] { … }`";
  }
  if (expected === t.Colon && previous.tokenType === t.Name) {
    const word = tokens[tokens.indexOf(previous) - 1];
    const begins = word?.tokenType === t.Param || word?.tokenType === t.Fixed;
    if (begins)
      return `a declaration names its type: \`${word.image} ${clip(previous.image)}: real ~ 2\`, of a vector \`[H]\``;
    return "a declaration names its type: `input x: [H]`";
  }
  if (expected === t.Equals && helpForWord(previous.image) !== undefined) return helpForWord(previous.image);
  if (expected === "type") return typesHelp;
  return undefined;
}
