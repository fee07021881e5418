/** `recell check`: diagnostics. */
import { check } from "../driver/compile.js";
import type { Diagnostic } from "../base/diagnostics/diagnostic.js";
import { exitCodes, type Run } from "./command.js";
import { dtypeOption } from "./arguments.js";
import { allInputs, countFindings, findingsToJson, showFindings } from "./sources.js";

export const run: Run = (args, terminal) => {
  const dtype = dtypeOption(args);
  const inputs = allInputs("check", args);
  const all: Diagnostic[] = [];
  const json: unknown[] = [];
  // A file that several others import is reported once.
  const seen = new Set<string>();
  for (const { file, text, readFile } of inputs) {
    const result = check(text, { file, readFile, dtype });
    const diagnostics = result.diagnostics.filter((diagnostic) => {
      const key = JSON.stringify([diagnostic.code, diagnostic.span, diagnostic.message]);
      return !seen.has(key) && seen.add(key);
    });
    all.push(...diagnostics);
    const findings = { diagnostics, sources: result.sources };
    if (args.flag("json") === true) json.push(...findingsToJson(findings));
    else showFindings(findings, terminal);
  }
  const counted = countFindings(all);
  if (args.flag("json") === true) terminal.out(`${JSON.stringify(json, null, 2)}\n`);
  else terminal.error(`${inputs.length} ${inputs.length === 1 ? "file" : "files"}: ${counted ?? "no errors"}\n`);
  const fails = all.some(({ severity }) => severity === "error" || args.flag("strict") === true);
  return fails ? exitCodes.failed : exitCodes.ok;
};
