/**
 * `npm run bench`: what the compiler promises about speed, as ratios taken in one run.
 * Absolute times depend on the machine and its neighbours; compare ratios.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cell, compile } from "../../compiler/index.js";
import type { ModuleInstance } from "../../runtime/index.js";
import { measure, type Timing } from "./measure.js";
import { naiveLstm } from "./naive-lstm.js";

const source = `import { LSTM } from "std/lstm"\n`;
const [B, T, I, H] = [1, 100, 64, 128] as const;

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly goal: string;
  readonly met: boolean;
}

function ratioRow(what: string, ratio: number, goal: number, kind: "at least" | "at most"): Row {
  const met = kind === "at least" ? ratio >= goal : ratio <= goal;
  return { what, figure: `${ratio.toFixed(2)} x`, goal: `${kind} ${goal} x`, met };
}

function timeRow(what: string, milliseconds: number, goal: number): Row {
  return { what, figure: `${milliseconds.toFixed(0)} ms`, goal: `under ${goal} ms`, met: milliseconds < goal };
}

const find = (timings: readonly Timing[], name: string): number => {
  const timing = timings.find((t) => t.name === name);
  if (timing === undefined) throw new Error(`no timing of ${name}`);
  return timing.median;
};

function random(length: number, seed: number, scale = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  });
}

function compileTimes(): Row {
  const times: number[] = [];
  for (let i = 0; i < 30; i++) {
    const start = performance.now();
    compile(source, { cell: "LSTM", dimensions: { I, H } });
    times.push(performance.now() - start);
  }
  const warm = times.slice(10).sort((a, b) => a - b);
  return timeRow("compile LSTM to a JS module, warm, without types", warm[warm.length >> 1] as number, 60);
}

function buildTime(): Row {
  const out = mkdtempSync(join(tmpdir(), "recell-bench-"));
  const main = fileURLToPath(new URL("../../compiler/cli/main.js", import.meta.url));
  const file = fileURLToPath(new URL("../../../compiler/std/lstm.cell", import.meta.url));
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const options = ["--cell", "LSTM", "--dim", `I=${I}`, "--dim", `H=${H}`, "--out", out];
    execFileSync(process.execPath, [main, "build", file, ...options], { stdio: "ignore" });
    return performance.now() - start;
  }).sort((a, b) => a - b);
  rmSync(out, { recursive: true });
  return timeRow("recell build with types, whole process", times[2] as number, 1500);
}

/** Forward and gradient of one precision beside plain loops on the same weights. */
async function lstm(dtype: "f32" | "f64"): Promise<Row[]> {
  const Array = dtype === "f32" ? Float32Array : Float64Array;
  const options = { cell: "LSTM", dimensions: { I, H }, dtype };
  const instance = (await cell(source, options)).instantiate({ batch: B, steps: T });
  // The forward pass that others are compared with keeps nothing for a backward pass.
  const plain = (await cell(source, { ...options, gradient: false })).instantiate({ batch: B, steps: T });
  const scale = 1 / Math.sqrt(H);
  const weights = {
    W: Array.from(random(4 * H * I, 1, scale)),
    U: Array.from(random(4 * H * H, 2, scale)),
    b: Array.from(random(4 * H, 3, scale)),
  };
  for (const [k, gate] of ["i", "f", "g", "o"].entries()) {
    const part = (from: Float32Array | Float64Array, size: number) => from.subarray(k * size, (k + 1) * size);
    for (const target of [instance, plain]) {
      param(target, `W_${gate}`).set(part(weights.W, H * I));
      param(target, `U_${gate}`).set(part(weights.U, H * H));
      param(target, `b_${gate}`).set(part(weights.b, H));
    }
  }
  const x = Array.from(random(B * T * I, 4));
  const y = new Array(B * T * H);
  const dy = Array.from(random(B * T * H, 5));
  naiveLstm(weights, x, y, [B, T, I, H]);
  const out = plain.forward({ x });
  let worst = 0;
  for (const [i, v] of (out["y"] ?? []).entries()) worst = Math.max(worst, Math.abs(v - (y[i] as number)));
  if (!(worst < (dtype === "f32" ? 1e-5 : 1e-12))) throw new Error(`the results differ by ${worst}`);
  const timings = measure([
    { name: "naive", run: () => naiveLstm(weights, x, y, [B, T, I, H]) },
    { name: "forward", run: () => void plain.forward({ x }) },
    {
      name: "gradient",
      run: () => {
        instance.forward({ x });
        instance.backward?.({ y: dy });
      },
    },
  ]);
  const [naive, forward, gradient] = ["naive", "forward", "gradient"].map((name) => find(timings, name)) as [
    number,
    number,
    number,
  ];
  console.log(
    `LSTM ${dtype} I=${I} H=${H} B=${B} T=${T}: naive ${naive.toFixed(2)} ms, forward ${forward.toFixed(2)} ms, gradient ${gradient.toFixed(2)} ms`,
  );
  return [
    ratioRow(`LSTM forward ${dtype}: plain loops / recell`, naive / forward, dtype === "f32" ? 1 : 1.5, "at least"),
    ratioRow(`LSTM ${dtype}: gradient / forward`, gradient / forward, 3.5, "at most"),
  ];
}

function param(instance: ModuleInstance, name: string): Float32Array | Float64Array {
  const found = instance.params[name];
  if (found === undefined) throw new Error(`no parameter ${name}`);
  return found;
}

/** The objective of ADBench on data of the shape of lstm_l2_c1024: 2 layers, 1024 characters of 14 bits. */
async function adbench(): Promise<Row> {
  const [bits, steps] = [14, 1023];
  const stack = `import { AdbenchLSTM } from "std/adbench-lstm"\n`;
  const options = { cell: "AdbenchLSTM", dimensions: { B: bits }, dtype: "f64" } as const;
  const instance = (await cell(stack, options)).instantiate({ batch: 1, steps });
  const plain = (await cell(stack, { ...options, gradient: false })).instantiate({ batch: 1, steps });
  instance.init(1);
  plain.init(1);
  const x = random(bits * steps, 1);
  const target = random(bits * steps, 2).map((v) => (v > 0 ? 1 : 0));
  const dy = new Float64Array(bits * steps);
  const objective = (run: ModuleInstance): number => {
    const y = run.forward({ x })["y"] as Float64Array;
    let total = 0;
    for (let t = 0; t < steps; t++) {
      let sum = 2;
      let hits = 0;
      for (let i = 0; i < bits; i++) {
        const e = Math.exp(y[t * bits + i] as number);
        dy[t * bits + i] = e;
        sum += e;
        hits += target[t * bits + i] as number;
        total += (target[t * bits + i] as number) * (y[t * bits + i] as number);
      }
      total -= hits * Math.log(sum);
      for (let i = 0; i < bits; i++) {
        const at = t * bits + i;
        dy[at] = (((dy[at] as number) * hits) / sum - (target[at] as number)) / (bits * steps);
      }
    }
    return -total / (bits * steps);
  };
  const timings = measure([
    { name: "objective", run: () => void objective(plain) },
    {
      name: "gradient",
      run: () => {
        objective(instance);
        instance.backward?.({ y: dy });
      },
    },
  ]);
  const [cost, gradient] = [find(timings, "objective"), find(timings, "gradient")];
  console.log(`ADBench l2_c1024 f64: objective ${cost.toFixed(2)} ms, gradient ${gradient.toFixed(2)} ms`);
  return ratioRow("ADBench l2_c1024 f64: gradient / objective", gradient / cost, 3, "at most");
}

console.log(`${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}\n`);
const rows = [...(await lstm("f64")), ...(await lstm("f32")), await adbench(), compileTimes(), buildTime()];
const width = Math.max(...rows.map(({ what }) => what.length));
console.log();
for (const { what, figure, goal, met } of rows) {
  console.log(`${what.padEnd(width)}  ${figure.padStart(9)}  goal ${goal.padEnd(15)} ${met ? "met" : "MISSED"}`);
}
process.exitCode = rows.every(({ met }) => met) ? 0 : 1;
