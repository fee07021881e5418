/** What the parser expected; parse.ts tells it, together with what was found. */
import { EOF, type IParserErrorMessageProvider, type IRecognitionException, type TokenType } from "#chevrotain";
import * as t from "./tokens.js";

/** What the grammar expects where more than one token can begin it. */
const partWords = {
  dimension: "a dimension",
  type: "a type",
  index: "an index",
  expression: "an expression",
  topLevel: "a cell, a function, a constant or an import",
  cellBegin: "`(` or `{`",
  interfaceItem: "`input`, `context`, `state` or `output`",
  cellItem: "a declaration or an equation",
  functionItem: "an equation or `return`",
  other: "something else",
};

type Part = keyof typeof partWords;

/** Undefined: nothing in particular, the item was complete. */
export type Expected = TokenType | Part | undefined;

const itemEnds = new Set<TokenType>([
  EOF,
  t.RightBrace,
  t.FunctionRightBrace,
  t.InterfaceRightBrace,
  t.Separator,
  t.FunctionSeparator,
  t.TopSeparator,
]);

const tokens = new Map(t.vocabulary.filter((type) => !itemEnds.has(type)).map((type) => [type.name, type]));

const isPart = (name: string): name is Part => Object.hasOwn(partWords, name);

/** For `ERR_MSG` in a rule. */
export const part = (name: Part): string => name;

/** The library's errors carry nothing but a text: it is the name of a token or of a part. */
export const parserMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.name,
  buildNotAllInputParsedMessage: () => EOF.name,
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? part("other"),
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? part("other"),
};

export const expectedOf = ({ message }: IRecognitionException): Expected =>
  isPart(message) ? message : tokens.get(message);

export const expectedInWords = (expected: TokenType | Part): string =>
  typeof expected === "string" ? partWords[expected] : (expected.LABEL ?? expected.name);
