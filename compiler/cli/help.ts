/** Help texts, from the tables of commands and options. */
import { exitCodeMeanings } from "./command.js";
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
    ...exitCodeLines,
    "",
  ].join("\n");
}

const exitCodeLines = [
  "exit codes:",
  ...Object.entries(exitCodeMeanings).map(([code, meaning]) => `  ${code}  ${meaning}`),
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
    ...exitCodeLines,
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
