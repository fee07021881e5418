/** `recell fmt`: the canonical form of files. */
import { format } from "../driver/compile.js";
import { UsageError } from "./arguments.js";
import { writeTogether } from "./files.js";
import { type ExitCode, exitCodes, type Run } from "./command.js";
import { allTexts, showFindings } from "./sources.js";

export const run: Run = (args, terminal) => {
  let code: ExitCode = exitCodes.ok;
  for (const { path, file, text } of allTexts("fmt", args)) {
    const result = format(text, { file });
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
