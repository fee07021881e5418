/**
 * What Node gets for `#chevrotain` (`imports` in package.json): the package has all of itself in one file, but exports only the
 * more than six hundred modules it is made of, which take five times as long to load. Bundlers and browsers get the package.
 */
import type * as Chevrotain from "chevrotain";

const entry = import.meta.resolve("chevrotain");
const all = (await import(new URL("../chevrotain.mjs", entry).href)) as typeof Chevrotain;

export const { createToken, createTokenInstance, CstParser, EOF, generateCstDts, Lexer } = all;
