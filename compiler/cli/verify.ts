/** `recell verify`: a compiled module checked by itself. */
import { ModuleError } from "../../runtime/errors.js";
import { verifyModule } from "../verify/verify-module.js";
import type { CheckReport, VerifyReport } from "../verify/report.js";
import { integerOption, UsageError } from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { readBytes, readText } from "./files.js";
import { createProgress } from "./progress.js";
import type { Terminal } from "./terminal.js";

export const run: Run = async (args, terminal) => {
  const seed = integerOption("seed", args.text("seed"), Date.now() % 1_000_000);
  const runs = integerOption("runs", args.text("runs"), 3, 1);
  const [path, ...others] = args.positionals;
  if (path === undefined) throw new UsageError("recell verify needs a FILE; see recell verify --help");
  if (others.length > 0) throw new UsageError(`recell verify takes one FILE, got ${args.positionals.length}`);
  const text = readText(path);
  const wasm = args.text("wasm");
  const progress = createProgress(terminal);
  try {
    const report = await verifyModule(text, {
      seed,
      runs,
      wasm: wasm === undefined ? (variant) => readBeside(path, variant) : readBytes(wasm),
      onProgress: (check, done, total) => progress.show(check, done, total),
    });
    progress.clear();
    if (args.flag("json") === true) terminal.out(`${JSON.stringify({ file: path, ...report }, null, 2)}\n`);
    else show(path, report, terminal);
    return report.passed ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    progress.clear();
    if (error instanceof RangeError || isWrongWasm(error)) throw new UsageError(error.message);
    const problem = problemOf(path, text, error);
    if (args.flag("json") === true) {
      terminal.out(`${JSON.stringify({ file: path, passed: false, problem }, null, 2)}\n`);
    } else terminal.error(`recell: ${problem}\n`);
    return exitCodes.failed;
  }
};

/** The kernels of a module that was built with `--wasm-file`, where `recell build` writes them. */
function readBeside(path: string, variant: "wasm" | "wasm-fma"): Uint8Array {
  const file = path.replace(/\.[cm]?js$/u, "") + { wasm: ".wasm", "wasm-fma": ".fma.wasm" }[variant];
  try {
    return readBytes(file);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}; ${path} was built with --wasm-file, and --wasm FILE tells where that is`);
  }
}

const isWrongWasm = (error: unknown): error is TypeError =>
  error instanceof TypeError && /^the module takes no \.wasm file/u.test(error.message);

/** What is wrong with a file that could not be checked at all; other errors are passed on. */
function problemOf(path: string, text: string, error: unknown): string {
  const isCell = /\.cell$/u.test(path)
    ? `; it looks like a source: recell build compiles it, recell gradcheck checks it`
    : "";
  if (error instanceof ModuleError) return `${path}: ${error.message}${isCell}`;
  // Text that is not even close to a module is refused by the loader as a wrong argument.
  if (error instanceof TypeError && !/\bexports?\b/u.test(text))
    return `${path}: this is no JavaScript module${isCell}`;
  throw error;
}

function show(path: string, { manifest, variant, checks, passed, seed, runs }: VerifyReport, terminal: Terminal): void {
  const paint = (code: string, text: string): string =>
    terminal.colors.out ? `\u001b[${code}m${text}\u001b[0m` : text;
  const { cell, dimensions, dtype } = manifest;
  const sizes = Object.entries(dimensions).map(([name, size]) => `${name}=${size}`);
  terminal.out(`${path}: ${[cell, ...sizes].join(" ")}, ${variant}, ${dtype}\n\n`);
  const colors: Readonly<Record<CheckReport["status"], string>> = { passed: "32", failed: "31", skipped: "33" };
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const [names, meanings] = [width(checks.map(({ name }) => name)), width(checks.map(({ meaning }) => meaning))];
  for (const { name, meaning, status, compared, worst, detail } of checks) {
    const numbers =
      status === "skipped"
        ? ""
        : `${compared} compared${worst === undefined ? "" : `, worst ${percent(worst.share)} of its bar, ${worst.where}`}`;
    terminal.out(
      `${paint(colors[status], status)}  ${name.padEnd(names)}  ${meaning.padEnd(meanings)}  ${numbers}`
        .trimEnd()
        .concat("\n"),
    );
    if (detail !== undefined) terminal.out(`         ${detail}\n`);
  }
  const verdict = passed
    ? paint("32", "the module keeps its promises")
    : paint("31", "the module does not keep its promises");
  terminal.out(`\n${verdict}: ${runs} ${runs === 1 ? "run" : "runs"}, seed ${seed}\n`);
}

const percent = (share: number): string =>
  share < 1000 ? `${Number((100 * share).toPrecision(2))} %` : "> 1000 times";
