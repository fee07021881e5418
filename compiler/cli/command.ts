/** What every command of the command line shares: its form and what it exits with. */
import type { ParsedArguments } from "./arguments.js";
import type { Terminal } from "./terminal.js";

/** What `recell` exits with, and what each code means. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, internal: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: "all went well",
  1: "the files have errors, or a check failed",
  2: "the command line is wrong, or a file cannot be read or written",
  3: "a bug of recell itself",
};

/** What a command's file exports as `run`. */
export type Run = (args: ParsedArguments, terminal: Terminal) => ExitCode | Promise<ExitCode>;
