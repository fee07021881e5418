/** One run of the command line, from arguments to exit code. Nothing here ends the process, so that tests can call it. */
import { bytesBeyond } from "../../runtime/base/errors.js";
import { InvariantError } from "../base/diagnostics/invariant.js";
import { suggest } from "../base/diagnostics/suggest.js";
import { MemoryLimitError } from "../emit/memory-limit.js";
import { version } from "../base/version.js";
import { type CommandEntry, parseArguments, UsageError } from "./arguments.js";
import { type ExitCode, exitCodes, type Run } from "./command.js";
import { commands } from "./commands.js";
import { commandHelp, generalHelp } from "./help.js";
import { createTerminal, type OutputStream, type Terminal } from "./terminal.js";

interface Environment {
  readonly out: OutputStream;
  readonly error: OutputStream;
  /** The variable NO_COLOR. */
  readonly noColor: string | undefined;
}

/** Commands are loaded when they are used: `--help` should not wait for the compiler. */
const loaders: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  build: () => import("./build.js"),
  check: () => import("./check.js"),
  fmt: () => import("./fmt.js"),
  explain: () => import("./explain.js"),
  gradcheck: () => import("./gradcheck.js"),
  diagnose: () => import("./diagnose.js"),
  verify: () => import("./verify.js"),
  bench: () => import("./bench.js"),
  run: () => import("./run-module.js"),
  train: () => import("./train.js"),
  weights: () => import("./weights.js"),
  report: () => import("./report.js"),
};

export async function runCommandLine(args: readonly string[], environment: Environment): Promise<ExitCode> {
  const { out, error, noColor } = environment;
  const plain = createTerminal(out, error, undefined, noColor);
  try {
    const [name, ...rest] = args;
    if (name === undefined) {
      plain.error(generalHelp(commands, version));
      return exitCodes.usage;
    }
    if (name === "--help" || name === "-h" || name === "help") {
      const about = name === "help" && rest[0] !== undefined ? commandHelp(findCommand(rest[0])) : undefined;
      plain.out(about ?? generalHelp(commands, version));
      return exitCodes.ok;
    }
    if (name === "--version" || name === "-v") {
      plain.out(`${version}\n`);
      return exitCodes.ok;
    }
    const command = findCommand(name);
    const parsed = parseArguments(command, rest);
    if (parsed.flag("help") === true) {
      plain.out(commandHelp(command));
      return exitCodes.ok;
    }
    const { run } = await (loaders[command.name] as () => Promise<{ readonly run: Run }>)();
    return await run(parsed, createTerminal(out, error, parsed.flag("color"), noColor));
  } catch (problem) {
    return report(problem, plain);
  }
}

function findCommand(name: string): CommandEntry {
  const command = commands.find((entry) => entry.name === name);
  if (command !== undefined) return command;
  const names = commands.map((entry) => entry.name);
  const similar = suggest(name, names);
  const hint = similar === undefined ? `the commands are ${names.join(", ")}` : `did you mean ${similar}?`;
  throw new UsageError(`there is no command ${JSON.stringify(name)}; ${hint}`);
}

function report(problem: unknown, terminal: Terminal): ExitCode {
  if (problem instanceof UsageError) {
    terminal.error(`recell: ${problem.message}\n`);
    return exitCodes.usage;
  }
  // Sizes that no memory holds, here or in an instance: not of the compiler's making.
  const isBeyond = bytesBeyond(problem) !== undefined;
  if (problem instanceof MemoryLimitError || (problem instanceof RangeError && isBeyond)) {
    const help = problem instanceof MemoryLimitError ? `; ${problem.help}` : "";
    terminal.error(`recell: ${problem.message}${help}\n`);
    return exitCodes.failed;
  }
  const detail = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
  const what = problem instanceof InvariantError ? "a bug of recell" : "an unexpected error";
  terminal.error(`recell: ${what}. Please report it with the files that led to it.\n${detail}\n`);
  return exitCodes.internal;
}
