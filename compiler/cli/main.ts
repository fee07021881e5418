#!/usr/bin/env node
/** The command `recell`. */
import * as module from "node:module";
import process from "node:process";
import { cacheHome, privateCache } from "./compile-cache.js";
import { runCommandLine } from "./run.js";

// A reader that has seen enough (`recell explain … | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

// Compiled code is kept from one command to the next, where Node can do that (22.1). A directory in NODE_COMPILE_CACHE is the user's
// choice, and Node's business.
const { enableCompileCache } = module as { readonly enableCompileCache?: (directory: string) => unknown };
if (enableCompileCache !== undefined && process.env["NODE_DISABLE_COMPILE_CACHE"] === undefined) {
  const directory = privateCache(cacheHome());
  if (directory !== undefined) enableCompileCache(directory);
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: process.stdout,
  error: process.stderr,
  noColor: process.env["NO_COLOR"],
});
