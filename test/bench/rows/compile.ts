/** How long compiling takes: in this process, warm, and as a command. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, type CompileOptions } from "../../../compiler/index.js";
import { medianOf, type Row, timeRow } from "./row.js";

const dimensions = { I: 64, H: 128 };

export function compileRows(): Row[] {
  const inProcess = (target: "js" | "wasm", goal: number): Row =>
    timeRow(`compile LSTM with gradients to ${target}, in process, warm, without types`, warm(target), goal);
  return [
    inProcess("js", 60),
    inProcess("wasm", 100),
    timeRow("recell build LSTM with types, whole process", command(), 1500),
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
