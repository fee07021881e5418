/** ADBench's LSTM objective, l2_c1024: its gradient by recell beside its cost, and beside the objective built from C. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cell } from "../../../compiler/index.js";
import type { ModuleInstance } from "../../../runtime/index.js";
import { find, measure } from "../../../compiler/tools/bench/measure.js";
import { ratioRow, type Row, timeRow } from "./row.js";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const dataFile = join(repository, "../shared/goldens/adbench/lstm_l2_c1024.txt");
const cSource = join(repository, "test/bench/rows/adbench-objective.c");

interface Input {
  readonly bits: number;
  readonly steps: number;
  /** Rows of `4 · bits`: weights and biases of each layer, `forget | ingate | outgate | change`. */
  readonly main: readonly number[];
  /** Input weights, output weights, output biases. */
  readonly extra: readonly number[];
  /** `h` and `c` of each layer. */
  readonly state: readonly number[];
  /** `[steps + 1, bits]` */
  readonly sequence: readonly number[];
}

export async function adbenchRows(seconds: number, say: (text: string) => void): Promise<Row[]> {
  if (!existsSync(dataFile)) {
    say("adbench: skipped, ADBench's input file ../shared/goldens/adbench/lstm_l2_c1024.txt is not there\n");
    return [];
  }
  const input = readInput(readFileSync(dataFile, "utf8"));
  const { bits, steps } = input;
  const options = { cell: "AdbenchLSTM", dimensions: { B: bits }, dtype: "f64" } as const;
  const source = `import { AdbenchLSTM } from "std/adbench-lstm"\n`;
  const load = async (gradient: boolean): Promise<ModuleInstance> => {
    const instance = (await cell(source, { ...options, gradient })).instantiate({ batch: 1, steps });
    setParams(instance, input);
    return instance;
  };
  const [plain, full] = [await load(false), await load(true)];
  const call = callOf(input);
  const next = input.sequence.slice(bits);
  const dy = new Float64Array(bits * steps);
  const objective = (instance: ModuleInstance): number => loss(instance.forward(call)["y"]!, next, bits, dy);
  const built = buildC(say);
  const expected = built?.(0).loss;
  if (expected !== undefined && !(Math.abs(objective(plain) - expected) <= 1e-12)) {
    throw new Error(`ADBench: recell's objective is ${objective(plain)}, that of the C program ${expected}`);
  }
  const cotangents = { y: dy };
  const timings = await measure(
    [
      { name: "objective", run: () => objective(plain) },
      {
        name: "gradient",
        run: () => {
          objective(full);
          full.backward!(cotangents);
        },
      },
    ],
    { seconds },
  );
  const [cost, gradient] = ["objective", "gradient"].map((name) => find(timings, name).median / 1000);
  const rows = [
    timeRow(`ADBench l2_c1024 f64: objective, recell`, cost!),
    timeRow(`ADBench l2_c1024 f64: objective and gradient, recell`, gradient!),
    ratioRow(`ADBench l2_c1024 f64: gradient / objective, recell`, gradient! / cost!, "at most", 3),
  ];
  if (built === undefined) return rows;
  const c = built(Math.max(200, (1000 * seconds) / 4)).milliseconds;
  return [
    ...rows,
    timeRow("ADBench l2_c1024 f64: objective, C, cc -O3", c),
    ratioRow("ADBench l2_c1024 f64: gradient by recell / objective in C", gradient! / c),
  ];
}

/** `layers chars bits`, then the arrays of {@link Input}. */
function readInput(text: string): Input {
  const numbers = text.trim().split(/\s+/u).map(Number);
  const [layers = 0, chars = 0, bits = 0] = numbers;
  let at = 3;
  const take = (count: number): number[] => numbers.slice(at, (at += count));
  const [main, extra, state] = [take(2 * layers * 4 * bits), take(3 * bits), take(2 * layers * bits)];
  return { bits, steps: chars - 1, main, extra, state, sequence: take(chars * bits) };
}

function setParams({ params }: ModuleInstance, { bits, main, extra }: Input): void {
  ["in_weight", "out_weight", "out_bias"].forEach((name, row) =>
    params[name]!.set(extra.slice(row * bits, (row + 1) * bits)),
  );
  for (const layer of [0, 1]) {
    ["f", "i", "o", "g"].forEach((gate, column) => {
      const part = (row: number): readonly number[] =>
        main.slice((4 * row + column) * bits, (4 * row + column + 1) * bits);
      params[`l${layer}.w_${gate}`]!.set(part(2 * layer));
      params[`l${layer}.b_${gate}`]!.set(part(2 * layer + 1));
    });
  }
}

function callOf({ bits, steps, state, sequence }: Input): Record<string, Float64Array> {
  const part = (row: number): Float64Array => Float64Array.from(state.slice(row * bits, (row + 1) * bits));
  return {
    x: Float64Array.from(sequence.slice(0, steps * bits)),
    "l0.h": part(0),
    "l0.c": part(1),
    "l1.h": part(2),
    "l1.c": part(3),
  };
}

/** -sum(next · (y - log(sum(exp(y)) + 2))) / (bits · steps); writes its derivative by `y`. */
function loss(y: ArrayLike<number>, next: ArrayLike<number>, bits: number, dy: Float64Array): number {
  let total = 0;
  for (let start = 0; start < y.length; start += bits) {
    let exponentials = 2;
    let hits = 0;
    for (let i = start; i < start + bits; i++) {
      dy[i] = Math.exp(y[i]!);
      exponentials += dy[i]!;
      hits += next[i]!;
      total += next[i]! * y[i]!;
    }
    total -= hits * Math.log(exponentials);
    for (let i = start; i < start + bits; i++) dy[i] = ((hits * dy[i]!) / exponentials - next[i]!) / y.length;
  }
  return -total / y.length;
}

type TimedObjective = (milliseconds: number) => { readonly loss: number; readonly milliseconds: number };

/** The objective as a C program; undefined where there is no C compiler. */
function buildC(say: (text: string) => void): TimedObjective | undefined {
  const folder = mkdtempSync(join(tmpdir(), "recell-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "objective");
  try {
    execFileSync("cc", ["-O3", "-o", program, cSource, "-lm"], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    say(`adbench: without the C program, ${missing ? "there is no cc" : (error as Error).message}\n`);
    return undefined;
  }
  return (milliseconds) => {
    const out = execFileSync(program, [dataFile, String(milliseconds)], { encoding: "utf8" });
    const [value = NaN, time = NaN] = out.trim().split(" ").map(Number);
    return { loss: value, milliseconds: time };
  };
}
