/** Help texts, from the tables of commands and options. */
import { type CommandEntry, commonOptions, type OptionEntry } from "./arguments.js";

/** `recell --help`. */
export function generalHelp(commands: readonly CommandEntry[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `recell ${version}: compiles recurrent cells, written as equations, to standalone modules`,
    "",
    "usage: recell COMMAND …",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "  recell COMMAND --help shows options and examples of a command,",
    "  recell --version the version.",
    "",
    "start here:",
    "  recell check gru.cell",
    "  recell build gru.cell --dim I=64 --dim H=128 --out dist",
    "",
    ...exitCodes,
    "",
  ].join("\n");
}

const exitCodes = [
  "exit codes:",
  "  0  all went well",
  "  1  the files have errors, or a check failed",
  "  2  the command line is wrong, or a file cannot be read or written",
  "  3  a bug of recell itself",
];

/** `recell COMMAND --help`. */
export function commandHelp(command: CommandEntry): string {
  return [
    `recell ${command.name}: ${command.summary}`,
    "",
    `usage: recell ${command.name} ${command.usage}`,
    "",
    ...command.description.trim().split("\n"),
    "",
    "options:",
    ...optionLines([...command.options, ...commonOptions]),
    "",
    "examples:",
    ...command.examples.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
    "",
    ...exitCodes,
    "",
  ].join("\n");
}

function optionLines(options: readonly OptionEntry[]): string[] {
  const left = options.map(({ name, short, kind, value }) => {
    const long = kind === "flag" ? `--${name}` : `--${name} ${value ?? "TEXT"}`;
    return short === undefined ? long : `-${short}, ${long}`;
  });
  const width = Math.max(...left.map((text) => text.length));
  return options.flatMap(({ help }, i) => {
    const [first = "", ...more] = help.split("\n");
    return [`  ${(left[i] ?? "").padEnd(width)}  ${first}`, ...more.map((line) => `  ${" ".repeat(width)}  ${line}`)];
  });
}
