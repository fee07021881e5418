/** How long programs take to compile, by their size: each in a process of its own, so that none warms up for another. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CompileTask } from "./compile-worker.js";
import { programShapes } from "./programs.js";
import { table } from "./table.js";

const sizes = [100, 1000, 10_000];

const plain = [
  { title: "without gradient", options: { gradient: false } },
  { title: "with gradient", options: { gradient: true } },
];
/** Of the second size only: each takes as many operations as two to six of those. */
const further = [
  { title: "jvp", options: { gradient: false, jvp: true } },
  { title: "hvp", options: { gradient: true, hvp: true } },
];

/** Seconds of processor time, or what was said instead. */
export type Seconds = number | string;

/** How time grows from one size to another: `n ** exponent`; empty where either was not timed. */
export function exponent([from, to]: readonly [number, number], [before, after]: readonly [Seconds, Seconds]): string {
  if (typeof before === "string" || typeof after === "string") return "";
  return (Math.log(after / before) / Math.log(to / from)).toFixed(2);
}

export function compileTimes(say: (text: string) => void): string {
  const tables: string[] = [];
  for (const target of ["wasm", "js"] as const) {
    const body: string[][] = [];
    const more: string[][] = [];
    const time = (shape: string, operations: number, options: CompileTask["options"]): Seconds => {
      say(`${target} ${shape} ${operations} …\n`);
      return timeInProcess({ shape, operations, options: { ...options, target } });
    };
    for (const { name, title } of programShapes) {
      for (const { title: which, options } of plain) {
        const times = sizes.map((operations) => time(name, operations, options));
        const steps = [1, 2].map((i) =>
          exponent([sizes[i - 1]!, sizes[i]!], [times[i - 1]!, times[i]!] as [Seconds, Seconds]),
        );
        body.push([`${title}, ${which}`, ...times.map(show), ...steps]);
      }
      more.push([title, ...further.map(({ options }) => show(time(name, sizes[1]!, options)))]);
    }
    const head = sizes.map((operations) => `${operations}`);
    tables.push(
      table([`${target}, seconds for operations`, ...head, "exponent", "exponent"], body),
      table([`${target}, seconds for ${sizes[1]}`, ...further.map(({ title }) => title)], more),
    );
  }
  return `Time to compile a text, without starting a process; the exponents are those between neighbouring sizes\n\n${tables.join("\n")}`;
}

function timeInProcess(task: CompileTask): Seconds {
  const file = fileURLToPath(new URL("./compile-worker.js", import.meta.url));
  try {
    const text = execFileSync(process.execPath, [file, JSON.stringify(task)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return JSON.parse(text) as Seconds;
  } catch (error) {
    return `failed: ${
      String((error as { stderr?: unknown }).stderr)
        .trim()
        .split("\n")
        .at(-1) ?? ""
    }`;
  }
}

function show(seconds: Seconds): string {
  return typeof seconds === "string" ? seconds : seconds.toPrecision(3);
}
