/**
 * Whole networks: their time, their share of what registers reach in the same run, and that time beside a peer's. The peers are not run here:
 * theirs are times of another machine, so ours is told as it would be where registers are as fast as there.
 */
import { cell } from "../../../compiler/index.js";
import type { ModuleInstance } from "../../../runtime/index.js";
import { arithmeticCeiling } from "../../../compiler/tools/bench/ceiling.js";
import { find, measure } from "../../../compiler/tools/bench/measure.js";
import { drawTimedCall } from "../../../compiler/tools/bench/timed-call.js";
import { type NetworkWork, zen4 } from "../networks.js";
import { ratioRow, type Row, timeRow } from "./row.js";

/** One call of the work, on inputs from a seed. */
export async function networkCall({ id, text, dimensions, batch, sizes, kind }: NetworkWork): Promise<() => unknown> {
  const module = await cell(text, { cell: id, dimensions, gradient: kind === "gradient" ? "params" : false });
  const instance: ModuleInstance = module.instantiate({ batch, sizes });
  instance.init(1);
  const { forward } = drawTimedCall(module.manifest, { batch, steps: 1, sizes }, 2);
  if (kind === "gradient") return () => instance.gradient!(forward);
  // As with the peers, whose weights are constants where nothing is trained.
  instance.freeze();
  return () => instance.forward(forward);
}

export async function networkRows(work: NetworkWork, seconds: number): Promise<Row[]> {
  const { id, title, products, peer, atMost } = work;
  const run = await networkCall(work);
  const before = arithmeticCeiling("f32", false);
  const { median, minimum } = find(await measure([{ name: id, run }], { seconds }), id);
  const ceiling = Math.max(before, arithmeticCeiling("f32", false));
  const there = (median * ceiling) / zen4 / 1000;
  return [
    timeRow(`${id} ${title}`, median / 1000),
    ratioRow(`  ${id}: its products as a share of what registers reach here`, products / (minimum * 1e-6) / ceiling),
    ratioRow(
      `  ${id}: at ${zen4 / 1e9} GFLOP/s of registers, as a share of ${peer.milliseconds} ms (${peer.name}; not run here)`,
      there / peer.milliseconds,
      "at most",
      atMost,
    ),
  ];
}
