/** How a stream begins: its record, with its own contexts and sizes, and the states that it starts from. */
import { checkRecord as checkIsRecord } from "../base/arguments.js";
import { SnapshotError } from "../base/errors.js";
import { describe, isRecord } from "../base/options.js";
import type { CallValues, FloatArray } from "../module/compiled-module.js";
import type { Manifest } from "../module/manifest.js";
import type { RecordLayout, StoredField } from "./layout.js";
import { type CommonValues, type StreamNumbers, spread, type StreamInstance } from "./runner.js";
import { checkIndex, checkNames, numbersOf } from "./values.js";

export interface Opening {
  /** The record of a new stream. @throws TypeError or RangeError for values that are none of one example. */
  record(values: CallValues, example: number | undefined): Uint8Array;
  setExample(record: Uint8Array, example: number): void;
  /** @throws SnapshotError where a record that came from elsewhere has indices or sizes that no stream has. */
  checkRecord(record: Uint8Array, steps: number): void;
  /** Params have changed, and with them how streams begin. */
  forget(): void;
}

interface OpeningParts extends CommonValues {
  readonly manifest: Manifest;
  readonly layout: RecordLayout;
  readonly instance: StreamInstance;
}

type OwnSizes = Readonly<Record<string, number>>;

export function createOpening(parts: OpeningParts): Opening {
  const { manifest, layout } = parts;
  const { states, contexts, axes, sizesAt } = layout;
  const names = [...contexts, ...states].map(({ name }) => name);
  const known = axes.length > 0 ? [...names, "sizes"] : names;
  /** Nothing distinguishes streams that are given nothing. */
  const isPlain = contexts.length === 0 && axes.length === 0 && !manifest.random?.some(({ initial }) => initial);
  let plain: Uint8Array | undefined;
  let opened = 0;

  const setExample = (record: Uint8Array, example: number): void => {
    if (layout.draws) new Int32Array(record.buffer, record.byteOffset)[sizesAt + axes.length] = example;
  };
  const begin = (values: CallValues, example: number): Uint8Array => {
    const bytes = beginRecord(parts, values, example);
    setExample(bytes, example);
    return bytes;
  };
  return {
    setExample,
    record(values, example) {
      checkIsRecord("open", "the first argument", "values by name", values);
      checkNames("open", values, known);
      const number = example ?? opened;
      if (!isPlain || Object.keys(values).length > 0) {
        const record = begin(values, number);
        opened++;
        return record;
      }
      plain ??= begin({}, number);
      setExample(plain, number);
      opened++;
      return plain;
    },
    checkRecord(record, steps) {
      const bytes = new Uint8Array(layout.bytes);
      bytes.set(record);
      checkIntegers(layout, viewsOf(bytes, manifest.dtype), steps);
    },
    forget() {
      plain = undefined;
    },
  };
}

/** What a stream is given, and the states that it starts from by that. */
function beginRecord(
  { manifest, layout, instance, settings, seed }: OpeningParts,
  values: CallValues,
  example: number,
): Uint8Array {
  // prettier-ignore
  const { states, contexts, axes, sizesAt } = layout;
  const bytes = new Uint8Array(layout.bytes);
  const views = viewsOf(bytes, manifest.dtype);
  const own = sizesIn(axes, values["sizes"]);
  for (const [i, { name }] of axes.entries()) views.integers[sizesAt + i] = own[name]!;
  const start: Record<string, unknown> = Object.assign(Object.create(null), settings, { batch: 1 });
  if (axes.length > 0) {
    start["sizes"] = Object.fromEntries(axes.map(({ name, most }) => [name, { padded: most, each: [own[name]!] }]));
  }
  if (seed !== undefined) Object.assign(start, { seed, examples: [example] });
  const sizes = { own: (axis: string) => own[axis] ?? 1, most: mostOf(axes) };
  for (const field of [...contexts, ...states]) {
    const given = values[field.name];
    if (given === undefined && states.includes(field)) continue;
    const view = field.isIndex ? views.integers : views.reals;
    spread(field, view, ownNumbers(field, given, own), sizes);
    start[field.name] = view.subarray(field.at, field.at + field.width);
  }
  instance.reset(start);
  const started = instance.snapshot() as { readonly states: Readonly<Record<string, FloatArray>> };
  for (const { name, at, isIndex } of states) (isIndex ? views.integers : views.reals).set(started.states[name]!, at);
  return bytes;
}

interface RecordViews {
  readonly reals: FloatArray;
  readonly integers: Int32Array;
}

const viewsOf = ({ buffer }: Uint8Array, dtype: "f32" | "f64"): RecordViews => ({
  integers: new Int32Array(buffer),
  reals: dtype === "f32" ? new Float32Array(buffer) : new Float64Array(buffer),
});

const mostOf =
  (axes: RecordLayout["axes"]) =>
  (name: string): number =>
    axes.find((axis) => axis.name === name)?.most ?? 1;

/** What the stream has of each size: all that there is room for where it does not say. */
function sizesIn(axes: RecordLayout["axes"], given: unknown = {}): OwnSizes {
  if (!isRecord(given)) throw new TypeError(`open: sizes must be sizes by name, got ${describe(given)}`);
  checkNames("open: sizes", given, axes.map(({ name }) => name)); // prettier-ignore
  return Object.fromEntries(
    axes.map(({ name, least, most }) => {
      const size = given[name] === undefined ? most : given[name];
      if (typeof size !== "number" || !Number.isInteger(size) || size < least || size > most) {
        throw new RangeError(`open: sizes.${name} must be an integer from ${least} to ${most}, got ${describe(size)}`);
      }
      return [name, size];
    }),
  );
}

function ownNumbers(field: StoredField, value: unknown, own: OwnSizes): StreamNumbers {
  const dims = field.dims.map((size) => (typeof size === "number" ? size : (own[size] ?? 1)));
  const bound = typeof field.bound === "string" ? own[field.bound] : field.bound;
  const most = bound === undefined ? undefined : bound - 1;
  const length = dims.reduce((count, size) => count * size, 1);
  return numbersOf("open", field, value, { length, shape: `of shape [${dims.join(", ")}]`, mostAt: () => most });
}

/** A digest tells damage, and not who wrote it: integers lead to places in memory. */
function checkIntegers(
  { states, contexts, axes, sizesAt, draws }: RecordLayout,
  { integers }: RecordViews,
  steps: number,
): void {
  // prettier-ignore
  const check = (what: string, value: number, most?: number): void => {
    try {
      checkIndex("restore", what, value, most);
    } catch (error) {
      throw new SnapshotError("corrupt", (error as Error).message);
    }
  };
  check("the number of steps", steps, Number.MAX_SAFE_INTEGER);
  for (const [i, { name, most }] of axes.entries()) check(`the size ${name}`, integers[sizesAt + i]!, most);
  if (draws) check("the number that it draws by", integers[sizesAt + axes.length]!);
  for (const { name, at, width, isIndex, bound } of [...states, ...contexts]) {
    if (!isIndex) continue;
    const sizeAt = axes.findIndex((axis) => axis.name === bound);
    const below = typeof bound === "string" ? integers[sizesAt + sizeAt] : bound;
    const most = below === undefined ? undefined : Math.max(0, below - 1);
    for (let i = 0; i < width; i++) check(`${name}[${i}]`, integers[at + i]!, most);
  }
}
