/**
 * What Node and Deno get for `#chevrotain` (`imports` in package.json): the package has all of itself in one file, but exports only the
 * more than six hundred modules it is made of, which take ten times as long to load. Whatever makes a bundle gets the package: of
 * the conditions in `imports`, some bundlers claim `node-addons` and others `module-sync`, but only Node both.
 *
 * The file is loaded without `await`: `require("recell")` works only where nothing on the way waits. Node says nothing about
 * `require` of an ES module where a package asks, so chevrotain itself seems to ask for its file. `process` has the means, so that
 * nothing here imports from the host.
 */
import type * as Chevrotain from "chevrotain";

const { createRequire } = process.getBuiltinModule("module");
const entry = createRequire(import.meta.url).resolve("chevrotain");
const all = createRequire(entry)("../chevrotain.mjs") as typeof Chevrotain;

export const { createToken, createTokenInstance, CstParser, EOF, generateCstDts, Lexer } = all;
