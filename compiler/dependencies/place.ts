/**
 * After a build: puts the dependencies beside the compiler in the form that Node loads fastest; a command would spend most of
 * its time on loading them otherwise. `imports` in package.json says who gets which form: bundlers and browsers the packages
 * themselves.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = import.meta.dirname;
mkdirSync(here, { recursive: true });

// chevrotain: the package has all of it in one file, but exports only the more than six hundred modules it is made of.
const entry = fileURLToPath(import.meta.resolve("chevrotain"));
const root = join(dirname(entry), "../..");
const lodash = dirname(createRequire(entry).resolve("lodash-es"));
copyFileSync(join(root, "lib/chevrotain.mjs"), join(here, "chevrotain.js"));
const licenses = [join(root, "LICENSE.txt"), join(lodash, "LICENSE")].map((path) => readFileSync(path, "utf8"));
writeFileSync(join(here, "chevrotain.LICENSE.txt"), licenses.join("\n\n"));

// ts-morph: for an ES module, Node reads its twelve megabytes once more to find the names of what they export.
writeFileSync(join(here, "ts-morph.cjs"), 'const tsMorph = require("ts-morph");\nmodule.exports = tsMorph;\n');
