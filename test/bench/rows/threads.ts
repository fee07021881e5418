/** What a second thread is worth, for the forward of F2 and the gradient of T1: both in one run. */
import { cell } from "../../../compiler/driver/in-process.js";
import { measure } from "../../../compiler/tools/bench/measure.js";
import { openPool, type Pool } from "../../../runtime/index.js";
import { workloads, type Workload } from "../workloads.js";
import { ratioRow, type Row, timeRow } from "./row.js";

const wave = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i));

export async function threadRows(seconds: number): Promise<Row[]> {
  const chosen = workloads.filter(({ id }) => id === "F2" || id === "T1");
  const rows = [];
  for (const workload of chosen) rows.push(...(await rowsOf(workload, seconds)));
  return rows;
}

async function rowsOf({ id, kind, I, H, B, T }: Workload, seconds: number): Promise<Row[]> {
  const source = `import { LSTM } from "std/lstm"\n`;
  const module = await cell(source, { cell: "LSTM", dimensions: { I, H }, gradient: kind === "gradient" && "params" });
  const pools = await Promise.all([1, 2].map((threads) => openPool(module, { threads, batch: B, steps: T })));
  const [x, y] = [wave(B * T * I), wave(B * T * H)];
  const run = ({ instance, ...pool }: Pool): (() => unknown) => {
    instance.init(1);
    return kind === "gradient" ? () => pool.gradient({ x }, { cotangents: { y } }) : () => pool.forward({ x });
  };
  try {
    const { instance } = pools[0]!;
    const whole = (): unknown => {
      instance.forward({ x });
      return kind === "gradient" ? instance.backward!({ y }) : undefined;
    };
    const contestants = [{ name: "whole", run: whole }, ...pools.map((pool) => ({ name: pool.how, run: run(pool) }))];
    const [alone, one, two] = (await measure(contestants, { seconds })).map(({ median }) => median / 1000);
    const what = `${id}, ${kind === "gradient" ? "gradient in shards of 4" : "forward"}`;
    return [
      timeRow(`${id} whole, by an instance`, alone!),
      timeRow(`${what}, one thread`, one!),
      timeRow(`${what}, two threads (${pools[1]!.how})`, two!),
      ratioRow("  and how often that goes into the time of the instance", alone! / two!, "at least", 1.8),
    ];
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}
