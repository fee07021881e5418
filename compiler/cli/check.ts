/** `recell check`: diagnostics. */
import { check, type Findings } from "../driver/compile.js";
import { type NetworkStream, streamsOf } from "../driver/streams.js";
import { describeObstacle } from "../program/sequences/find-stream.js";
import type { Diagnostic } from "../base/diagnostics/diagnostic.js";
import { exitCodes, type Run } from "./command.js";
import { dtypeOption } from "./arguments.js";
import { allInputs, countFindings, findingsToJson, showFindings } from "./sources.js";

/** `Tagger does not stream along T: …`. */
function streamLine({ network, entry, stream, obstacle }: NetworkStream, sources: Findings["sources"]): string {
  const name = entry === undefined ? network : `${network}.${entry}`;
  if (stream !== undefined) return `${name} streams along ${stream}`;
  if (obstacle === undefined) return `${name}: sizes, or outputs, are missing that would tell whether it streams`;
  const { span, axis } = obstacle;
  const place = span && sources.get(span.file)?.locate(span.start);
  const where = span && place ? ` (${span.file}:${place.line}:${place.column})` : "";
  return `${name} does not stream${axis === undefined ? "" : ` along ${axis}`}: ${describeObstacle(obstacle)}${where}`;
}

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
    const streams = args.flag("streams") === true ? streamsOf(text, { file, readFile, dtype }) : undefined;
    if (args.flag("json") === true)
      json.push(...findingsToJson(findings), ...(streams?.streams.map((own) => ({ file, ...own })) ?? [])); // prettier-ignore
    else {
      showFindings(findings, terminal);
      for (const own of streams?.streams ?? [])
        terminal.out(`${streamLine(own, streams?.sources ?? result.sources)}\n`);
    }
  }
  const counted = countFindings(all);
  if (args.flag("json") === true) terminal.out(`${JSON.stringify(json, null, 2)}\n`);
  else terminal.error(`${inputs.length} ${inputs.length === 1 ? "file" : "files"}: ${counted ?? "no errors"}\n`);
  const fails = all.some(({ severity }) => severity === "error" || args.flag("strict") === true);
  return fails ? exitCodes.failed : exitCodes.ok;
};
