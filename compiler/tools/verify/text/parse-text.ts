/** The parser of module texts, in time that grows with the text. */
import { type Options, Parser, type Program } from "acorn";

/** What Node 20 reads; what is newer is refused, and so is what the parser does not know. */
const syntax = { ecmaVersion: 2022, allowHashBang: false } as const;

/**
 * The library's own bookkeeping of declared names searches a list for every declaration, which takes minutes for a text of some
 * 100 kB that only declares. It is left out: names without a declaration are found by `freeNames`, and a name declared
 * twice is refused by the engine that runs the text.
 */
class TextParser extends Parser {
  declareName(): void {
    // Kept by nobody.
  }
  checkLocalExport(): void {
    // Every exported name is read by the script that is made of the module.
  }
}

/** @throws SyntaxError for what is no JavaScript. */
export function parseText(text: string, sourceType: NonNullable<Options["sourceType"]>): Program {
  return TextParser.parse(text, { ...syntax, sourceType });
}
