/** `--soak`: a million calls must not make memory grow. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cell, type CompileOptions, type LoadedCell } from "../../compiler/index.js";
import { type ModuleInstance, openStreams } from "../../runtime/index.js";

const million = 1_000_000;
const checkpoints = 10;

type Figure = "heap" | "buffers" | "outside" | "module" | "process";

/** What each figure counts, and how much it may grow from the second checkpoint on: the noise of the engine's own tables. */
const figures: Readonly<Record<Figure, { readonly title: string; readonly allowed: number }>> = {
  heap: { title: "heap", allowed: 64 * 1024 },
  buffers: { title: "array buffers", allowed: 0 },
  outside: { title: "outside the heap", allowed: 64 * 1024 },
  module: { title: "the module's memory", allowed: 0 },
  // The system gives and takes pages as it likes: only growth with every call is more than that, 20 bytes and up.
  process: { title: "the process (rss)", allowed: 16 * 1024 * 1024 },
};

export interface Soaked {
  /** Nothing grew more than it may. */
  readonly passed: boolean;
  readonly text: string;
}

/** Runs both targets; prints figures. @returns Whether nothing grew. */
export async function runSoak(say: (text: string) => void): Promise<boolean> {
  let passed = true;
  for (const target of ["js", "wasm"] as const) {
    say(`${target}: ${million.toLocaleString("en")} calls of forward, step and backward …\n`);
    const options = { cell: "GRU", dimensions: { I: 3, H: 5 }, target } satisfies CompileOptions;
    const module = await cell(`import { GRU } from "std/gru"\n`, options);
    const instance = module.instantiate({ batch: 2, steps: 3 });
    instance.init(1);
    const moduleBytes = (): number => Object.values(instance.params)[0]!.buffer.byteLength;
    const calls = { ...callsOf(instance), "steps of 1,000 streams, one of them new": callOfStreams(module) };
    for (const [name, call] of Object.entries(calls)) {
      const soaked = soak(`${target} ${name}`, call, million, moduleBytes);
      process.stdout.write(`${soaked.text}\n`);
      passed = soaked.passed && passed;
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

/** Eight of a thousand streams step, in turn; one ends, and another begins. */
export function callOfStreams(module: LoadedCell): () => void {
  const streams = openStreams(module, { capacity: 1000 });
  const ids = Float64Array.from({ length: 1000 }, () => streams.open());
  const [some, x] = [new Float64Array(8), new Float32Array(8 * 3).fill(0.5)];
  let at = 0;
  return () => {
    for (let i = 0; i < some.length; i++) some[i] = ids[(at + 125 * i) % 1000]!;
    streams.step(some, { x });
    streams.close(ids[at]!);
    ids[at] = streams.open();
    at = (at + 1) % 1000;
  };
}

/** Calls again and again, and looks at memory after each tenth of the calls and a collection of garbage. */
export function soak(name: string, call: () => void, calls: number, moduleBytes: () => number): Soaked {
  const collect = collector();
  const taken: Record<Figure, number>[] = [];
  for (let checkpoint = 0; checkpoint < checkpoints; checkpoint++) {
    for (let i = 0; i < calls / checkpoints; i++) call();
    collect();
    const { heapUsed: heap, arrayBuffers: buffers, external: outside, rss } = process.memoryUsage();
    taken.push({ heap, buffers, outside, module: moduleBytes(), process: rss });
  }
  // What the engine compiles and remembers belongs to the first calls.
  const [start, end] = [taken[1]!, taken[checkpoints - 1]!];
  const rows = (Object.keys(figures) as Figure[]).map((figure) => {
    const { title, allowed } = figures[figure];
    const growth = end[figure] - start[figure];
    return { text: `${title} ${kilobytes(start[figure])} + ${kilobytes(growth)}`, passed: growth <= allowed };
  });
  const passed = rows.every((row) => row.passed);
  const head = `${name}: ${passed ? "ok" : "GROWS"}, from ${(2 * calls) / checkpoints} to ${calls} calls`;
  return { passed, text: [head, ...rows.map((row) => row.text + (row.passed ? "" : " GROWS"))].join("; ") };
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
