/** `recell verify`: a compiled module checked by itself, which runs in a process of its own and is judged in this one. */
import { ModuleError } from "../../runtime/base/errors.js";
import { visible } from "../base/diagnostics/screen-text.js";
import type { CheckReport, VerifyReport } from "../tools/verify/report.js";
import { WrongRangeError } from "../tools/calls/ranges.js";
import { readText as readModule } from "../tools/verify/text/read-text.js";
import { UnwantedKernels, verifySubject } from "../tools/verify/verify-module.js";
import { checkOptions, type VerifySettings, type VerifyOptions } from "../tools/verify/verify-options.js";
import { ChildEnded, connect } from "./apart/connect.js";
import type { Limits } from "./apart/relay.js";
import { loadRemote } from "./apart/remote-module.js";
import { integerOption, numberOption, type ParsedArguments, rangesOption, UsageError } from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { readBytes, readText } from "./files.js";
import { createProgress } from "./progress.js";
import { readLimits } from "./read-limits.js";
import type { Terminal } from "./terminal.js";

export const run: Run = async (args, terminal) => {
  const seed = integerOption("seed", args.text("seed"), Date.now() % 1_000_000);
  const runs = integerOption("runs", args.text("runs"), 3, 1);
  const [path, ...others] = args.positionals;
  if (path === undefined) throw new UsageError("recell verify needs a FILE; see recell verify --help");
  if (others.length > 0) throw new UsageError(`recell verify takes one FILE, got ${args.positionals.length}`);
  const limits = limitsOf(args);
  const text = readText(path, readLimits.module);
  const wasm = args.text("wasm");
  const isJson = args.flag("json") === true;
  const progress = createProgress(terminal);
  const settings = settingsOf({
    seed,
    runs,
    ranges: rangesOption("range", args.list("range")),
    wasm: wasm === undefined ? (variant) => readBeside(path, variant) : readBytes(wasm, readLimits.kernels),
    onProgress: (check, done, total) => progress.show(check, done, total),
  });
  try {
    const report = await verifyApart(text, limits, settings);
    progress.clear();
    if (isJson) terminal.out(plainJson({ file: path, ...report }));
    else show(path, report, terminal);
    return report.passed ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    progress.clear();
    if (error instanceof UnwantedKernels || error instanceof WrongRangeError) throw new UsageError(error.message);
    const problem = problemOf(path, text, error);
    if (isJson) terminal.out(plainJson({ file: path, passed: false, problem }));
    else terminal.error(`recell: ${visible(problem)}\n`);
    return exitCodes.failed;
  }
};

/** Numbers out of their range are the command line's; a RangeError of what follows is not. */
function settingsOf(options: VerifyOptions): VerifySettings {
  try {
    return checkOptions(options);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** Reads the text, runs it in a child, and asks and judges from here. */
async function verifyApart(source: string, limits: Limits, settings: VerifySettings): Promise<VerifyReport> {
  const text = readModule(source);
  const connection = connect(limits);
  try {
    return await verifySubject(loadRemote(connection, text, limits.megabytes), text, settings);
  } finally {
    await connection.close();
  }
}

function limitsOf(args: ParsedArguments): Limits {
  return {
    startSeconds: 30,
    loadSeconds: numberOption("load-time", args.text("load-time"), 3),
    callSeconds: numberOption("call-time", args.text("call-time"), 10),
    totalSeconds: numberOption("time", args.text("time"), 1200),
    megabytes: integerOption("memory", args.text("memory"), 2048, 128),
  };
}

/** JSON in which every character that a terminal would act on is an escape: names and texts are the module's. */
const plainJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/[^\n\u0020-\u007e]/gu, (character) =>
    visible(character) === character ? character : escaped(character),
  )}\n`;

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
    .join("");

/** The kernels of a module that was built with `--wasm-file`, where `recell build` writes them. */
function readBeside(path: string, variant: "wasm" | "wasm-fma"): Uint8Array {
  const file = path.replace(/\.[cm]?js$/u, "") + { wasm: ".wasm", "wasm-fma": ".fma.wasm" }[variant];
  try {
    return readBytes(file, readLimits.kernels);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}; ${path} was built with --wasm-file, and --wasm FILE tells where that is`);
  }
}

/** What is wrong with a file that could not be checked at all; other errors are passed on. */
function problemOf(path: string, text: string, error: unknown): string {
  const isCell = /\.cell$/u.test(path)
    ? `; it looks like a source: recell build compiles it, recell gradcheck checks it`
    : "";
  // What is not even close to a module.
  if (error instanceof ModuleError && error.code === "not-loadable" && !/\bexports?\b|\n/u.test(text))
    return `${path}: this is no JavaScript module${isCell}`;
  if (error instanceof ModuleError || error instanceof ChildEnded) return `${path}: ${error.message}${isCell}`;
  throw error;
}

function show(path: string, report: VerifyReport, terminal: Terminal): void {
  const { manifest, variant, checks, entries, passed, seed, runs } = report;
  const paint: PaintText = (code, text) => (terminal.colors.out ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { cell, dimensions, dtype } = manifest;
  const sizes = Object.entries(dimensions).map(([name, size]) => `${name}=${size}`);
  terminal.out(visible(`${path}: ${[cell, ...sizes].join(" ")}, ${variant}, ${dtype}`).concat("\n\n"));
  showChecks(checks, paint, terminal);
  for (const { name, checks: own } of entries) {
    terminal.out(`\n${visible(`entry ${name}`)}; gradients are those of the whole\n\n`);
    showChecks(own, paint, terminal);
  }
  const verdict = passed
    ? paint("32", "the module keeps its promises")
    : [checks, ...entries.map((entry) => entry.checks)].flat().some(({ status }) => status === "failed")
      ? paint("31", "the module does not keep its promises")
      : paint("33", "inconclusive: of some promises nothing can be said");
  terminal.out(`\n${verdict}: ${runs} ${runs === 1 ? "run" : "runs"}, seed ${seed}\n`);
}

type PaintText = (code: string, text: string) => string;

function showChecks(checks: readonly CheckReport[], paint: PaintText, terminal: Terminal): void {
  const colors: Readonly<Record<CheckReport["status"], string>> = {
    passed: "32",
    failed: "31",
    skipped: "33",
    inconclusive: "33",
  };
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const [names, meanings] = [width(checks.map(({ name }) => name)), width(checks.map(({ meaning }) => meaning))];
  for (const { name, meaning, status, compared, worst, detail } of checks) {
    const numbers =
      status === "skipped"
        ? ""
        : `${compared} compared${worst === undefined ? "" : `, worst ${percent(worst.share)} of its bar, ${visible(worst.where)}`}`;
    terminal.out(
      `${paint(colors[status], status)}  ${name.padEnd(names)}  ${meaning.padEnd(meanings)}  ${numbers}`
        .trimEnd()
        .concat("\n"),
    );
    if (detail !== undefined) terminal.out(`         ${visible(detail)}\n`);
  }
}

const percent = (share: number): string =>
  share < 1000 ? `${Number((100 * share).toPrecision(2))} %` : "> 1000 times";
