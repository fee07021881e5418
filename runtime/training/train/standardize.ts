/** Mean and deviation of inputs over the data that a network learns from. */
import { inputsOfExample } from "../../module/axes.js";
import type { Manifest } from "../../module/manifest.js";
import { elementCount } from "../../module/compiled-module.js";
import { randomStream } from "../../base/random.js";
import type { DataSource } from "../data/source.js";
import type { BatchPacker } from "./example-values.js";
import { readExamples } from "./feed.js";

/** The running mean and sum of squared differences of each column (Welford 1962), which keeps its digits where the mean is large. */
interface RunningColumn {
  count: number;
  mean: number;
  squares: number;
}

/**
 * @param standardize Fixed values for the mean and the deviation, by input.
 * @returns Fixed values by name. A deviation of 0 is told as 1, so that a column that never changes is divided by something.
 */
export async function statisticsOf(
  manifest: Manifest,
  data: DataSource,
  packer: BatchPacker,
  seed: number,
  standardize: Readonly<Record<string, readonly [string, string]>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const wanted = Object.entries(standardize).map(([name, [mean, deviation]]) => {
    const { shape } = manifest.fixed!.find((entry) => entry.name === mean)!;
    const columns = Array.from({ length: elementCount(shape) }, (): RunningColumn => ({
      count: 0,
      mean: 0,
      squares: 0,
    }));
    return { place: inputsOfExample(manifest).findIndex((input) => input.name === name), mean, deviation, columns };
  });
  const randomOf = (index: number): ReturnType<typeof randomStream> => randomStream(seed, "example", 0, index);
  for (let index = 0; index < data.count; index++) {
    const [example] = await readExamples(data, packer, [index], randomOf);
    for (const { place, columns } of wanted) {
      const list = example!.lists[place]!;
      for (let i = 0; i < list.length; i++) take(columns[i % columns.length]!, list[i]!);
    }
  }
  return Object.fromEntries(
    wanted.flatMap(({ mean, deviation, columns }) => [
      [mean, columns.map((column) => column.mean)],
      [deviation, columns.map(({ count, squares }) => (squares > 0 ? Math.sqrt(squares / count) : 1))],
    ]),
  );
}

function take(column: RunningColumn, value: number): void {
  column.count++;
  const difference = value - column.mean;
  column.mean += difference / column.count;
  column.squares += difference * (value - column.mean);
}
