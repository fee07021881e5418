#!/usr/bin/env node
/** The command `recell`. */
import * as module from "node:module";
import process from "node:process";
import { runCommandLine } from "./run.js";

// A reader that has seen enough (`recell explain … | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

// Compiled code is kept from one command to the next, in the directory for temporary files, where Node can do that (22.1).
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: process.stdout,
  error: process.stderr,
  noColor: process.env["NO_COLOR"],
});
