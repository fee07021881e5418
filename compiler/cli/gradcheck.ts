/** `recell gradcheck`: a cell's gradient, three ways, at random sizes and values. */
import { loadModule } from "../../runtime/module/load-js.js";
import { createRandom, type Random } from "../../runtime/random.js";
import { check, compile, type CompileResult } from "../compile.js";
import { checkGradients, type GradientCheck, type TensorCheck } from "../gradcheck/check-gradients.js";
import { integerOption, type ParsedArguments, sizesOption, UsageError } from "./arguments.js";
import { withOptionErrors } from "./option-errors.js";
import { exitCodes, type Run } from "./command.js";
import { type Input, onlyInput, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";

/** Sizes that are tried for a cell whose dimensions must divide each other before giving up. */
const attempts = 200;

export const run: Run = async (args, terminal) => {
  const fixed = sizesOption("dim", args.list("dim"));
  const seed = integerOption("seed", args.text("seed"), Date.now() % 1_000_000);
  const runs = integerOption("runs", args.text("runs"), 5, 1);
  const tolerance = Number(args.text("tolerance") ?? 1e-6);
  if (!(tolerance > 0))
    throw new UsageError(`--tolerance must be a positive number, got ${args.text("tolerance") ?? ""}`);

  const input = onlyInput("gradcheck", args);
  const random = createRandom(seed);
  const results: RunResult[] = [];
  for (let i = 0; i < runs; i++) {
    const compiled = compileAtRandomSizes(input, args, fixed, random);
    if (i === 0 || compiled.manifest === undefined) showFindings(compiled, terminal);
    if (compiled.manifest === undefined) return exitCodes.failed;
    const module = await loadModule(compiled.files[0].text);
    const gradients = checkGradients(module, { seed: random.word(), runs: 2, tolerance });
    results.push({ dimensions: compiled.manifest.dimensions, check: gradients });
  }
  const worst = worstOf(results);
  const passed = results.every(({ check }) => check.passed);
  if (args.flag("json") === true) {
    const tensors = worst.map(({ check, dimensions }) => ({ ...check, dimensions }));
    terminal.out(`${JSON.stringify({ passed, seed, runs, tolerance, tensors }, null, 2)}\n`);
  } else {
    show(terminal, worst, { passed, seed, runs, tolerance });
    if (!passed && /\bstop_gradient\b/u.test(input.text)) {
      terminal.out(
        "stop_gradient is declared to have no derivative, which differences cannot know: expect them to differ\n",
      );
    }
  }
  return passed ? exitCodes.ok : exitCodes.failed;
};

interface RunResult {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly check: GradientCheck;
}

function compileAtRandomSizes(
  input: Input,
  args: ParsedArguments,
  fixed: Readonly<Record<string, number>>,
  random: Random,
): CompileResult {
  const cell = args.text("cell");
  const options = { file: input.file, readFile: input.readFile, dtype: "f64", gradient: true, jvp: true } as const;
  const attempt = (dimensions: Readonly<Record<string, number>>): CompileResult =>
    withOptionErrors(input.file, () =>
      compile(input.text, { ...options, ...(cell === undefined ? {} : { cell }), dimensions }),
    );
  const open = openDimensions(input, cell, fixed);
  for (let i = 1; ; i++) {
    // Small sizes first; where they must divide each other, larger ones have more divisors.
    const most = i < attempts / 2 ? 6 : 12;
    const drawn = Object.fromEntries(open.map((name) => [name, 1 + random.integer(most)]));
    const result = attempt({ ...fixed, ...drawn });
    if (result.manifest !== undefined || open.length === 0 || i === attempts) return result;
  }
}

/** The dimensions to draw sizes for; none where the cell is not to be found, which `compile` then says. */
function openDimensions(
  { text, file, readFile }: Input,
  cell: string | undefined,
  fixed: Readonly<Record<string, number>>,
): string[] {
  const { cells } = check(text, { file, readFile });
  const chosen = cell === undefined && cells.length === 1 ? cells[0] : cells.find(({ name }) => name === cell);
  return (chosen?.dimensions ?? []).filter((name) => !Object.hasOwn(fixed, name));
}

/** The worst of all runs for each tensor, with the sizes it happened at. */
function worstOf(
  results: readonly RunResult[],
): { check: TensorCheck; dimensions: Readonly<Record<string, number>> }[] {
  const worst = new Map<string, { check: TensorCheck; dimensions: Readonly<Record<string, number>> }>();
  for (const { dimensions, check } of results) {
    for (const tensor of check.tensors) {
      const key = `${tensor.role} ${tensor.name}`;
      const previous = worst.get(key);
      if (previous !== undefined && errorOf(previous.check) >= errorOf(tensor)) continue;
      worst.set(key, { check: tensor, dimensions });
    }
  }
  return [...worst.values()];
}

const errorOf = ({ forward, numeric }: TensorCheck): number => Math.max(forward, numeric);

interface Summary {
  readonly passed: boolean;
  readonly seed: number;
  readonly runs: number;
  readonly tolerance: number;
}

function show(terminal: Terminal, worst: ReturnType<typeof worstOf>, { passed, seed, runs, tolerance }: Summary): void {
  const paint = (code: string, text: string): string =>
    terminal.colors.out ? `\u001b[${code}m${text}\u001b[0m` : text;
  const width = Math.max(6, ...worst.map(({ check }) => check.name.length));
  const number = (value: number): string => value.toExponential(1).padStart(9);
  terminal.out("worst relative error of reverse mode against\n");
  terminal.out(`${"".padEnd(width + 9)} forward mode  differences\n`);
  for (const { check, dimensions } of worst) {
    const { role, name, forward, numeric, passed: ok } = check;
    const line = `${role.padEnd(8)} ${name.padEnd(width)} ${number(forward)}     ${number(numeric)}`;
    const sizes = Object.entries(dimensions).map(([dimension, size]) => `${dimension}=${size}`);
    terminal.out(
      ok ? `${line}\n` : `${paint("31", `${line}  above ${tolerance.toExponential()}`)} at ${sizes.join(" ")}\n`,
    );
  }
  const verdict = passed ? paint("32", "the gradient agrees") : paint("31", "the gradient does not agree");
  terminal.out(
    `${verdict}: ${runs} ${runs === 1 ? "run" : "runs"}, seed ${seed}, tolerance ${tolerance.toExponential()}\n`,
  );
}
