/** `recell report`: what the history of a run of training says, in words and as a picture. */
import { basename } from "node:path";
import { drawReport, reportPage } from "../tools/report/draw-report.js";
import { HistoryError, readHistory, type TrainingHistory } from "../tools/report/read-history.js";
import { summarize } from "../tools/report/summarize.js";
import { UsageError } from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { readText, STDIN, writeTogether } from "./files.js";
import { readLimits } from "./read-limits.js";

export const run: Run = (args, terminal) => {
  const out = args.text("out");
  if (out !== undefined && !/\.(?:html|svg)$/u.test(out)) {
    throw new UsageError(`--out takes a file that ends in .html or .svg, got ${JSON.stringify(out)}`);
  }
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0) {
    throw new UsageError(`report takes one history, got ${args.positionals.length} files`);
  }
  const name = path === STDIN ? "standard input" : path;
  let history: TrainingHistory;
  try {
    history = readHistory(readText(path, readLimits.history));
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    terminal.error(`recell: ${name}: ${error.message}\n`);
    return exitCodes.failed;
  }
  const title = args.text("title") ?? `Training, ${basename(name)}`;
  if (out !== undefined) {
    writeTogether([{ path: out, contents: out.endsWith(".svg") ? drawReport(history, title) : reportPage(history, title) }]); // prettier-ignore
  }
  terminal.out(args.flag("json") === true ? `${JSON.stringify(history)}\n` : `${summarize(history).join("\n")}\n`);
  if (out !== undefined) terminal.error(`wrote ${out}\n`);
  return exitCodes.ok;
};
