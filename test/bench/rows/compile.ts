/** How long compiling takes: in this process, warm, and as a command. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, type CompileOptions } from "../../../compiler/index.js";
import { networkWorks } from "../networks.js";
import { medianOf, ratioRow, type Row, timeRow } from "./row.js";

const dimensions = { I: 64, H: 128 };

export function compileRows(): Row[] {
  const inProcess = (target: "js" | "wasm", goal: number): Row =>
    timeRow(`compile LSTM with gradients to ${target}, in process, warm, without types`, warm(target), goal);
  return [
    inProcess("js", 60),
    inProcess("wasm", 100),
    timeRow("recell build LSTM with types, whole process", command(), 1500),
    ...networkRows(),
  ];
}

function warm(target: "js" | "wasm"): number {
  const options = { cell: "LSTM", dimensions, gradient: true, target } satisfies CompileOptions;
  const times = Array.from({ length: 30 }, () => {
    const start = performance.now();
    compile(`import { LSTM } from "std/lstm"\n`, options);
    return performance.now() - start;
  });
  return medianOf(times.slice(10));
}

/** A network, and how what is compiled grows with what there is of it. */
function networkRows(): Row[] {
  const character = networkWorks.find(({ id }) => id === "N3")!;
  const [layers, twice] = [stack(12), stack(24)].map((text) => inWarmProcess(text, "Deep", { E: 64, H: 128 }, 6));
  const [some, many] = [256, 512].map((count) => inWarmProcess(instances(count), "Many", { H: 8 }, 3));
  return [
    timeRow("compile N3 with gradient, warm", inWarmProcess(character.text, "N3", character.dimensions, 12), 300),
    timeRow("compile a stack of 12 LSTM layers with gradient, warm", layers!, 1500),
    ratioRow("  twice as many layers", twice! / layers!, "at most", 2.6),
    timeRow("compile 512 used cells with gradient, warm", many!),
    ratioRow("  as a share of 256", many! / some!, "at most", 2.6),
  ];
}

function inWarmProcess(text: string, cell: string, sizes: Readonly<Record<string, number>>, turns: number): number {
  const times = Array.from({ length: turns }, () => {
    const start = performance.now();
    compile(text, { cell, dimensions: sizes, gradient: true });
    return performance.now() - start;
  });
  return medianOf(times.slice(turns >> 1));
}

const stack = (layers: number): string => `
import { LSTM } from "std/lstm"
import { Stack } from "std/network"
network Deep(E, H; T) {
  input x: [T, E]
  use rnn = Stack(LSTM, E, H, ${layers - 1})
  y = rnn(x)
  loss = sum(y * y, axis = [0, 1]) per T
}`;

const instances = (count: number): string => `
cell Layer(H) { input x: [H] state h: [H] param w: [H] h' = tanh(w * x + h) output y = h' }
cell Many(H) {
  input x: [H]
  use l[${count}] = Layer(H)
  output y = x then l[k](y) for k < ${count}
}`;

function command(): number {
  const out = mkdtempSync(join(tmpdir(), "recell-bench-"));
  const main = fileURLToPath(new URL("../../../compiler/cli/main.js", import.meta.url));
  const sizes = Object.entries(dimensions).flatMap(([name, size]) => ["--dim", `${name}=${size}`]);
  try {
    return medianOf(
      Array.from({ length: 5 }, () => {
        const start = performance.now();
        const args = [main, "build", "std/lstm", "--cell", "LSTM", ...sizes, "--out", out];
        execFileSync(process.execPath, args, { stdio: "ignore" });
        return performance.now() - start;
      }),
    );
  } finally {
    rmSync(out, { recursive: true });
  }
}
