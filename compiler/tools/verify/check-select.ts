/** `select` of a stream: each example goes on as the one that is named for it would, with contexts of its own. */
import { at } from "../../base/at.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { startOf } from "../calls/call.js";
import { firstDifference } from "../calls/compare.js";
import { inputsAt } from "../calls/single-examples.js";
import { withEveryStep } from "../calls/sizes.js";
import type { Context } from "./context.js";
import type { CheckFindings } from "./report.js";
import { flatten } from "./results.js";

interface Snapshot {
  readonly states: Readonly<Record<string, ArrayLike<number> & { slice(): ArrayLike<number> }>>;
}

/** After `select` the stream goes on as from a snapshot in which the states were put in that order by hand. */
export function checkSelect(context: Context, findings: CheckFindings): void {
  const { manifest, make, random } = context;
  const call = withEveryStep(manifest, context.call);
  const { batch, steps } = call;
  const rows = Array.from({ length: batch }, () => random.integer(batch));
  const middle = Math.floor(steps / 2);
  const stream = make(batch, 1);
  stream.reset(startOf(manifest, call));
  for (let t = 0; t < middle; t++) stream.step(inputsAt(manifest, call, t, t + 1));
  const before = structuredClone(stream.snapshot()) as Snapshot;
  stream.select?.(rows);
  const selected = flatten((stream.snapshot() as Snapshot).states as never);
  const wanted = Object.fromEntries(Object.entries(before.states).map(([name, own]) => [name, inOrder(own, rows)]));
  const difference = firstDifference(selected, flatten(wanted));
  findings.expect(difference === undefined, () => `states after select(${rows.join(", ")}), and by hand: ${difference ?? ""}`); // prettier-ignore
  const other = make(batch, 1);
  other.restore({ ...before, states: wanted } as never);
  for (let t = middle; t < steps; t++) {
    const step = (instance: ModuleInstance) => flatten(instance.step(inputsAt(manifest, call, t, t + 1)));
    const apart = firstDifference(step(stream), step(other));
    findings.expect(apart === undefined, () => `step ${t} after select(${rows.join(", ")}), and from a snapshot in that order: ${apart ?? ""}`); // prettier-ignore
  }
  for (const instance of [stream, other]) context.release(instance);
}

/** The rows of a tensor of all examples in another order. */
function inOrder(values: Snapshot["states"][string], rows: readonly number[]): ArrayLike<number> {
  const made = values.slice() as unknown as { [at: number]: number; readonly length: number };
  const width = values.length / rows.length;
  for (const [b, from] of rows.entries())
    for (let i = 0; i < width; i++) made[b * width + i] = at(values, from * width + i);
  return made;
}
