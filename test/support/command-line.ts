/** Runs of the command line inside this process. */
import { runCommandLine } from "../../compiler/cli/run.js";

export interface CommandResult {
  readonly code: number;
  /** What it printed. */
  readonly out: string;
  readonly error: string;
}

/** `recell ARGS…`, without colours. */
export async function recell(...args: string[]): Promise<CommandResult> {
  let [out, error] = ["", ""];
  const code = await runCommandLine(args, {
    out: { write: (text: string) => (out += text) },
    error: { write: (text: string) => (error += text) },
    noColor: undefined,
  });
  return { code, out, error };
}
