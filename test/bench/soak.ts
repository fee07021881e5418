/** `--soak`: a million calls must not make memory grow. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cell, type CompileOptions } from "../../compiler/index.js";
import type { ModuleInstance } from "../../runtime/index.js";

const calls = 1_000_000;
const checkpoints = 10;

/** Growth of the heap from the second checkpoint on that is still noise: the engine's own tables. */
const allowedGrowth = 64 * 1024;

interface Figures {
  readonly heap: number;
  readonly outside: number;
  readonly memory: number;
}

/** Runs all targets; prints figures. @returns Whether nothing grew. */
export async function runSoak(say: (text: string) => void): Promise<boolean> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let passed = true;
  for (const target of ["js", "wasm"] as const) {
    say(`${target}: ${calls.toLocaleString("en")} calls of forward, step and backward …\n`);
    const options = { cell: "GRU", dimensions: { I: 3, H: 5 }, target } satisfies CompileOptions;
    const module = await cell(`import { GRU } from "std/gru"\n`, options);
    const instance = module.instantiate({ batch: 2, steps: 3 });
    instance.init(1);
    for (const [name, call] of Object.entries(callsOf(instance))) {
      passed = soak(`${target} ${name}`, call, instance, collect) && passed;
    }
  }
  process.stdout.write(passed ? "nothing grew\n" : "memory grows\n");
  return passed;
}

function callsOf(instance: ModuleInstance): Record<string, () => void> {
  const x = new Float32Array(2 * 3 * 3).fill(0.5);
  const input = { x };
  const single = { x: new Float32Array(2 * 3).fill(0.5) };
  const cotangents = { y: new Float32Array(2 * 3 * 5).fill(1) };
  return {
    forward: () => void instance.forward(input),
    step: () => void instance.step(single),
    "forward and backward": () => {
      instance.forward(input);
      instance.backward!(cotangents);
    },
  };
}

function soak(name: string, call: () => void, instance: ModuleInstance, collect: () => void): boolean {
  const figures: Figures[] = [];
  for (let checkpoint = 0; checkpoint < checkpoints; checkpoint++) {
    for (let i = 0; i < calls / checkpoints; i++) call();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const memory = Object.values(instance.params)[0]!.buffer.byteLength;
    figures.push({ heap: heapUsed, outside: external, memory });
  }
  // What the engine compiles and remembers belongs to the first calls.
  const [start, end] = [figures[1]!, figures[checkpoints - 1]!];
  const growth = {
    heap: end.heap - start.heap,
    outside: end.outside - start.outside,
    memory: end.memory - start.memory,
  };
  const passed = growth.heap <= allowedGrowth && growth.outside <= allowedGrowth && growth.memory === 0;
  const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
  process.stdout.write(
    [
      `${name}: ${passed ? "ok" : "GROWS"}, from ${calls / 5} to ${calls} calls`,
      `heap ${kilobytes(start.heap)} + ${kilobytes(growth.heap)}`,
      `outside the heap ${kilobytes(start.outside)} + ${kilobytes(growth.outside)}`,
      `the module's memory ${kilobytes(start.memory)} + ${kilobytes(growth.memory)}\n`,
    ].join("; "),
  );
  return passed;
}
