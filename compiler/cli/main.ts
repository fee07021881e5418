#!/usr/bin/env node
/** The command `recell`. */
import * as module from "node:module";
import process from "node:process";
import { cacheHome, privateCache } from "./compile-cache.js";
import { exitCodes } from "./command.js";
import { guardedOutput } from "./output.js";
import { runCommandLine } from "./run.js";

// Output that is lost is an error of its own, whatever the command finds.
let isLost = false;
const failed = (): void => {
  isLost = true;
  process.exitCode = exitCodes.usage;
};
const error = guardedOutput(process.stderr, failed);
const out = guardedOutput(process.stdout, (reason) => {
  failed();
  error.write(`recell: cannot write to standard output: ${reason}\n`);
});

// Compiled code is kept from one command to the next, where Node can do that (22.1). A directory in NODE_COMPILE_CACHE is the user's
// choice, and Node's business.
const { enableCompileCache } = module as { readonly enableCompileCache?: (directory: string) => unknown };
if (enableCompileCache !== undefined && process.env["NODE_DISABLE_COMPILE_CACHE"] === undefined) {
  const directory = privateCache(cacheHome());
  if (directory !== undefined) enableCompileCache(directory);
}

const code = await runCommandLine(process.argv.slice(2), { out, error, noColor: process.env["NO_COLOR"] });
process.exitCode = isLost ? exitCodes.usage : code;
