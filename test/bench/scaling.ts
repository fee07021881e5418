/** How the time of an LSTM grows with its sizes: per operation it should be the same beside a round size as at it. */
import { productOperations } from "./cells.js";
import { drawData } from "./data.js";
import { measure } from "../../compiler/tools/bench/measure.js";
import { contender, instantiateCell } from "./peers/recell.js";
import { table } from "./table.js";
import type { Sizes, Workload } from "./workloads.js";

interface Series {
  readonly title: string;
  readonly sizes: readonly Sizes[];
  readonly varied: keyof Sizes;
  /** The size that another is compared with; the power of two next to it where left out. */
  readonly beside?: (value: number) => number;
}

const at = (sizes: Partial<Sizes>): Sizes => ({ I: 64, H: 64, B: 1, T: 50, ...sizes });

const allSeries: readonly Series[] = [
  {
    title: "units, one example",
    varied: "H",
    sizes: [15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257].map((H) => at({ H })),
  },
  {
    title: "units, 8 examples",
    varied: "H",
    sizes: [15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129].map((H) => at({ H, B: 8 })),
  },
  { title: "inputs", varied: "I", sizes: [1, 2, 3, 4, 15, 16, 17, 63, 64, 65].map((I) => at({ I })) },
  { title: "examples", varied: "B", sizes: [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33].map((B) => at({ B })) },
  { title: "steps", varied: "T", sizes: [1, 2, 3, 5, 10, 32, 100, 320, 1000].map((T) => at({ T })), beside: () => 100 },
];

/** The power of two next to a number. */
const roundSize = (n: number): number => 2 ** Math.round(Math.log2(n));

/** Tables of all series, with a line about what was timed in front. */
export async function runScaling(seconds: number, say: (text: string) => void): Promise<string> {
  const tables: string[] = [];
  for (const series of allSeries) {
    say(`${series.title} …\n`);
    tables.push(await timeSeries(series, seconds));
  }
  return `LSTM forward, f32, minima; sizes that are not varied: I=64 H=64 B=1 T=50\n\n${tables.join("\n")}`;
}

async function timeSeries({ title, sizes, varied, beside = roundSize }: Series, seconds: number): Promise<string> {
  const workloads = sizes.map((size, i): Workload => {
    const goal = { peer: "naive", atMost: 1 } as const;
    return { id: `${varied}${i}`, cell: "lstm", kind: "forward", ...size, goal };
  });
  const contestants = [];
  for (const workload of workloads) {
    const instance = await instantiateCell(workload, {});
    contestants.push({ name: workload.id, run: contender(workload, instance, drawData(workload)).run });
  }
  const timings = await measure(contestants, { seconds });
  const figures = workloads.map((workload, i) => {
    // What else the machine does would look like a cliff.
    const time = timings[i]!.minimum;
    const { B, T } = workload;
    const perFlop = time / productOperations(workload);
    return { value: workload[varied], step: (1000 * time) / T, example: (1000 * time) / (T * B), perFlop };
  });
  const body = figures.map(({ value, step, example, perFlop }) => {
    const round = figures.find((other) => other.value === beside(value));
    const ratio = round === undefined ? "" : `${(perFlop / round.perFlop).toFixed(2)} of ${round.value}`;
    return [`${varied} ${value}`, step.toFixed(0), example.toFixed(0), (0.001 / perFlop).toFixed(1), ratio];
  });
  return table([title, "ns per step", "and example", "GFLOP/s", "time per operation"], body);
}
