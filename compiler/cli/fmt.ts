/** `recell fmt`: the canonical form of files, and older spellings as they are written today. */
import { type FormatResult, format } from "../driver/compile.js";
import { upgrade, type UpgradeNote } from "../tools/upgrade/upgrade.js";
import { type ParsedArguments, UsageError } from "./arguments.js";
import { writeTogether } from "./files.js";
import { type ExitCode, exitCodes, type Run } from "./command.js";
import { allInputs, type Input, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";

export const run: Run = async (args, terminal) => {
  if (args.text("root") !== undefined && args.flag("upgrade") !== true)
    throw new UsageError("--root goes with --upgrade: without it fmt reads no imports");
  let code: ExitCode = exitCodes.ok;
  for (const input of allInputs("fmt", args)) {
    const { path, file, text } = input;
    const result = await formatted(input, args, terminal);
    if (result.text === undefined) {
      showFindings(result, terminal);
      terminal.error(`${file} is left as it is\n`);
      code = exitCodes.failed;
    } else if (args.flag("check") === true) {
      if (result.text === text) continue;
      terminal.out(`${file}\n`);
      code = exitCodes.failed;
    } else if (path !== file) {
      // Standard input, or a file of the standard library.
      terminal.out(result.text);
    } else if (result.text !== text) {
      // The other files are formatted all the same.
      try {
        writeTogether([{ path: file, contents: result.text }]);
        terminal.error(`formatted ${file}\n`);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        terminal.error(`recell: ${error.message}\n`);
        code = exitCodes.usage;
      }
    }
  }
  return code;
};

async function formatted(
  { file, text, readFile }: Input,
  args: ParsedArguments,
  terminal: Terminal,
): Promise<FormatResult> {
  const level =
    args.flag("upgrade") === true ? (args.text("upgrade") === "tensors" ? "tensors" : "spelling") : undefined;
  if (level === undefined) return format(text, { file });
  const { notes, ...result } = await upgrade(text, level, { file, readFile });
  for (const note of notes) terminal.error(`${file}:${sentenceOf(note)}\n`);
  return result;
}

function sentenceOf({ line, column, was, now, left }: UpgradeNote): string {
  const place = `${line}:${column}`;
  return left === undefined ? `${place}: ${was} -> ${now}` : `${place}: left: ${was}, not ${now}: ${left}`;
}
