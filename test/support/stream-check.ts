/** A network's stream against its whole sequence: steps, blocks, chunks of `forward`, and a snapshot on the way. */
import { expect } from "vitest";
import { streamAxis } from "../../runtime/module/axes.js";
import { elementCount, type CompiledModule } from "../../runtime/module/compiled-module.js";
import type { TensorEntry } from "../../runtime/module/manifest.js";
import { randomSource } from "./evaluate-helpers.js";
import { bits } from "./several-axes.js";

export interface StreamSizes {
  readonly batch: number;
  readonly steps: number;
  /** Of other axes, each example's own. */
  readonly others: Readonly<Record<string, readonly number[]>>;
}

type Numbers = Readonly<Record<string, number[]>>;

type ExpectSame = (found: readonly number[], wanted: readonly number[], where: string) => void;

const expectSameBits: ExpectSame = (found, wanted, where) => {
  expect(bits([...found]), where).toBe(bits([...wanted]));
};

/** But for rounding: where a loss of the whole reads what an output does, products of both may be one, and add up in another order. */
export const expectClose: ExpectSame = (found, wanted, where) => {
  const far = found.map((value, i) => Math.abs(value - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!)));
  expect(Math.max(0, ...far), where).toBeLessThan(1e-4);
};

/** Runs it in all ways and compares every bit, or as `expectSame` does. */
export function expectStream(
  module: CompiledModule,
  { batch, steps, others }: StreamSizes,
  seed: number,
  expectSame: ExpectSame = expectSameBits,
): void {
  const { manifest } = module;
  const axis = streamAxis(manifest)!;
  expect(manifest.has.step, "it streams").toBe(true);
  const largest = Object.fromEntries(Object.entries(others).map(([name, each]) => [name, Math.max(...each)]));
  const random = randomSource(seed);
  const countOf = ({ axes, shape }: TensorEntry, count = steps): number =>
    elementCount([...axes, ...shape].map((size) => (typeof size === "number" ? size : size === axis ? count : size === manifest.axes[0]!.name ? batch : largest[size]!))); // prettier-ignore
  const draw = (entry: TensorEntry & { dtype?: "real" | "index"; bound?: number | string }): number[] => {
    const { bound = 1 } = entry;
    const own = countOf(entry) / batch;
    const below = (i: number): number => (typeof bound === "number" ? bound : others[bound]![Math.floor(i / own)]!);
    return Array.from({ length: countOf(entry) }, (_, i) => entry.dtype === "index" ? Math.floor(random() * below(i)) : 2 * random() - 1); // prettier-ignore
  };
  const drawn = <Entry extends TensorEntry>(entries: readonly Entry[]): Numbers =>
    Object.fromEntries(entries.map((entry) => [entry.name, draw(entry)]));
  const inputs = drawn(manifest.inputs);
  const contexts = drawn(manifest.contexts);
  const params = drawn(manifest.params);
  const options = manifest.random === undefined ? {} : { seed: 7, train: true };
  const make = (count: number) => {
    const instance = module.instantiate({ batch, sizes: { ...largest, [axis]: count } });
    instance.setParams(params);
    return instance;
  };
  const sizes = Object.fromEntries(Object.entries(others).map(([name, each]) => [name, [...each]]));
  const outputs = manifest.outputs.filter((entry) => entry.axes.includes(axis));
  const cut = (entry: TensorEntry, values: ArrayLike<number>, from: number, to: number): number[] => {
    const width = countOf(entry, 1) / batch;
    return Array.from({ length: batch }, (_, b) => Array.from(values).slice((b * steps + from) * width, (b * steps + to) * width)).flat(); // prettier-ignore
  };
  const part = (from: number, to: number): Record<string, number[]> =>
    Object.fromEntries(
      manifest.inputs.map((entry) => {
        const values = inputs[entry.name]!;
        return [entry.name, entry.axes.includes(axis) ? cut(entry, values, from, to) : values];
      }),
    );
  const streamed = (from: number, to: number): Record<string, number[]> => {
    const own = part(from, to);
    for (const { name, forLosses } of manifest.inputs) if (forLosses === true) delete own[name];
    return own;
  };
  const whole = make(steps);
  const result = whole.forward({ ...inputs, ...contexts, ...options, sizes: { ...sizes, [axis]: steps } });
  const wanted = new Map(outputs.map((entry) => [entry.name, [...result[entry.name]!]]));
  const final = new Map(Object.entries(result.final).map(([name, values]) => [name, [...values]]));
  const compare = (own: Readonly<Record<string, ArrayLike<number>>>, from: number, to: number, how: string): void => {
    for (const entry of outputs)
      expectSame(Array.from(own[entry.name]!), cut(entry, wanted.get(entry.name)!, from, to), `${entry.name} from ${from} to ${to}, ${how}`); // prettier-ignore
  };
  const middle = Math.floor(steps / 2);
  // Chunks of `forward`, each from where the last one ended.
  const chunks = make(steps);
  let last: Record<string, number[]> = {};
  for (const [from, to] of [
    [0, 1],
    [1, Math.max(1, middle)],
    [Math.max(1, middle), steps],
  ] as const) {
    if (to <= from) continue;
    const chunk = chunks.forward({ ...part(from, to), ...contexts, ...last, ...options, sizes: { ...sizes, [axis]: to - from } }); // prettier-ignore
    compare(chunk, from, to, "in chunks");
    last = Object.fromEntries(Object.entries(chunk.final).map(([name, values]) => [name, [...values]]));
  }
  for (const [name, values] of final) expectSame(last[name]!, values, `final ${name} of chunks`);
  // Steps, with a snapshot that is gone back to.
  const stream = make(1);
  stream.reset({ ...contexts, ...options, sizes });
  let snapshot: unknown;
  const step = (t: number, how: string): void => compare(stream.step(streamed(t, t + 1)), t, t + 1, how);
  for (let t = 0; t < steps; t++) {
    if (t === middle) snapshot = structuredClone(stream.snapshot());
    step(t, "in steps");
  }
  const { states } = stream.snapshot() as { states: Readonly<Record<string, ArrayLike<number>>> };
  for (const [name, values] of Object.entries(states))
    expectSame(Array.from(values), final.get(name)!, `final ${name} of steps`);
  const other = make(1);
  other.restore(snapshot as never);
  for (let t = middle; t < steps; t++) compare(other.step(streamed(t, t + 1)), t, t + 1, "restored elsewhere");
  const blocks = make(steps);
  blocks.reset({ ...contexts, ...options, sizes });
  for (const [from, to] of [
    [0, middle],
    [middle, steps],
  ] as const)
    if (to > from) compare(blocks.steps({ ...streamed(from, to), steps: to - from }), from, to, "in blocks");
}
