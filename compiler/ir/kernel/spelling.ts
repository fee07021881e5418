/** Words of the text form of kernels, and names where they are no plain words. */
import { type Dim, dimSymbol, printDim, substituteDim, symbolsOf } from "../../base/types/dim.js";

const letter = "[\\p{L}\\p{M}\\p{N}_\\u2080-\\u208e√∑'′’~]";
/** A name, with dots inside: `grad.param.W`, `h'At2`, `joined.0`. */
export const WORD = `[\\p{L}_√∑]${letter}*(?:\\.${letter}+)*`;

const isWord = new RegExp(`^${WORD}$`, "u");
const isPhrase = new RegExp(`^${letter}+(?:\\.${letter}+)*(?: ${letter}+(?:\\.${letter}+)*)*$`, "u");

/** What begins statements, and values that begin with a word of their own. Any other word has a meaning at its place only. */
const reserved = new Set(
  (
    "region windows for pieces product pack index let var set zero select where " +
    "examples of beyond bool fused true false NaN Infinity"
  ).split(" "),
);

export function isReserved(word: string): boolean {
  return reserved.has(word);
}

/** As it is where that is a word that means nothing else, in quotes where not: `"t steps"`. */
export function spellName(name: string): string {
  return isWord.test(name) && !isReserved(name) ? name : JSON.stringify(name);
}

/** The name of a region: words with a space between. */
export function spellPhrase(name: string): string {
  return isPhrase.test(name) && !name.split(" ").includes("where") ? name : JSON.stringify(name);
}

/** Words that no name is, as the text has them without quotes: `%T`. */
export const MADE_WORD = `%${WORD}`;

const isMadeWord = new RegExp(`^${MADE_WORD}$`, "u");

/** Is it such a word? */
export const isMade = (token: string): boolean => isMadeWord.test(token);

/** A size of the call: `%B`, `%T`, a dimension with a name, or a size that follows from others, `"%floor(T / 2)"`. */
export const spellSymbol = (symbol: string): string => (isMade(symbol) ? symbol : spellName(symbol));

export function spellDim(dim: Dim): string {
  const odd = symbolsOf(dim).filter((symbol) => spellSymbol(symbol) !== symbol);
  return printDim(substituteDim(dim, new Map(odd.map((symbol) => [symbol, dimSymbol(spellSymbol(symbol))]))));
}
