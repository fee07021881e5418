/** What the parser expected, in words; parse.ts joins it with what was found. */
import { EOF, type IParserErrorMessageProvider, type TokenType } from "#chevrotain";
import * as t from "./tokens.js";

const itemEnds = new Set<TokenType>([
  EOF,
  t.RightBrace,
  t.FunctionRightBrace,
  t.Separator,
  t.FunctionSeparator,
  t.TopSeparator,
]);

/** Nothing in particular: the item was complete. */
export const nothingExpected = "";

export const parserMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) =>
    itemEnds.has(expected) ? nothingExpected : (expected.LABEL ?? expected.name),
  buildNotAllInputParsedMessage: () => nothingExpected,
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? "something else",
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? "something else",
};
