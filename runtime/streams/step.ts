/** `step`: which streams go into which call of the instance. */
import { checkNumbers, checkRecord } from "../base/arguments.js";
import { checkOptionNames } from "../base/options.js";
import type { TensorRecord } from "../module/compiled-module.js";
import { type Arena, slotIn } from "./arena.js";
import type { Clock } from "./clock.js";
import type { Field, RecordLayout } from "./layout.js";
import type { StepGroup, StreamNumbers } from "./runner.js";
import type { Streams, StreamsParts } from "./stream-types.js";
import { checkIndex, checkNames, numbersOf } from "./values.js";

export function createStep(
  { layout, arena, runner, instance, batch, manifest }: StreamsParts,
  clock: Clock,
): Streams["step"] {
  const grouping = createGrouping(batch, arena.capacity);
  const outputs = createOutputs(layout.outputs, manifest.dtype);
  const names = layout.inputs.map(({ name }) => name);
  const given: StreamNumbers[] = [];

  const flush = (results: TensorRecord): void => {
    runner.run(instance, grouping.group, given, results);
    grouping.begin();
  };
  return (ids, inputs, options = {}) => {
    checkNumbers("step", "the ids", ids);
    checkRecord("step", "the second argument", "inputs by name", inputs);
    checkOptionNames("step", options, ["counts", "now"]);
    const { counts } = options;
    const now = clock.read("step", options.now);
    const rows = countRows(arena, ids, counts);
    checkNames("step", inputs, names);
    for (let i = 0; i < names.length; i++) {
      given[i] = rowsOf(layout, arena, layout.inputs[i]!, inputs[names[i]!], { ids, counts, rows });
    }
    const results = outputs(rows);
    grouping.begin();
    for (let i = 0, from = 0; i < ids.length; i++) {
      const [slot, count] = [slotIn(ids[i]!), counts === undefined ? 1 : counts[i]!];
      if (count > 0) {
        if (!grouping.take(slot, from, count)) {
          flush(results);
          grouping.take(slot, from, count);
        }
        arena.touch(slot, now);
      }
      from += count;
    }
    if (grouping.group.size > 0) flush(results);
    clock.set(now);
    return results;
  };
}

interface Grouping {
  readonly group: StepGroup;
  /** An empty group. */
  begin(): void;
  /** False where the group has no room for it, or has steps of that stream that must be made before. */
  take(slot: number, from: number, count: number): boolean;
}

function createGrouping(batch: number, capacity: number): Grouping {
  const group: StepGroup = {
    slots: new Int32Array(batch),
    from: new Float64Array(batch),
    counts: new Float64Array(batch),
    size: 0,
    length: 0,
  };
  const { slots, from: starts, counts } = group;
  /** The last group that each stream was in. */
  const marks = new Int32Array(capacity);
  let mark = 0;
  return {
    group,
    begin() {
      group.size = 0;
      if (++mark < 2 ** 31) return;
      marks.fill(0);
      mark = 1;
    },
    take(slot, from, count) {
      if (marks[slot] === mark) {
        // Named again at once: as many steps of one call.
        const last = group.size - 1;
        if (slots[last] !== slot || starts[last]! + counts[last]! !== from) return false;
        counts[last]! += count;
        return true;
      }
      if (group.size === batch) return false;
      marks[slot] = mark;
      slots[group.size] = slot;
      starts[group.size] = from;
      counts[group.size++] = count;
      return true;
    },
  };
}

/** The number of steps. @throws RangeError for ids of no stream and counts that are none. */
function countRows(arena: Arena, ids: ArrayLike<number>, counts: ArrayLike<number> | undefined): number {
  if (counts !== undefined) {
    checkNumbers("step", "counts", counts);
    if (counts.length !== ids.length) {
      throw new RangeError(`step: counts must have length ${ids.length}, as the ids, got ${counts.length}`);
    }
  }
  let rows = 0;
  for (let i = 0; i < ids.length; i++) {
    arena.slotOf("step", `ids[${i}]`, ids[i]);
    if (counts !== undefined) checkIndex("step", `counts[${i}]`, counts[i]!);
    rows += counts === undefined ? 1 : counts[i]!;
  }
  return rows;
}

interface StepRows {
  readonly ids: ArrayLike<number>;
  readonly counts: ArrayLike<number> | undefined;
  readonly rows: number;
}

function rowsOf(
  layout: RecordLayout,
  arena: Arena,
  field: Field,
  value: unknown,
  { ids, counts, rows }: StepRows,
): StreamNumbers {
  // prettier-ignore
  const { width, bound, dims } = field;
  const shape = `${rows} rows${dims.length === 0 ? "" : ` of [${dims.join(", ")}]`}`;
  if (typeof bound !== "string") {
    const most = bound === undefined ? undefined : bound - 1;
    return numbersOf("step", field, value, { length: rows * width, shape, mostAt: () => most });
  }
  // Below a size that each stream has for itself.
  const at = layout.sizesAt + layout.axes.findIndex(({ name }) => name === bound);
  const most = new Int32Array(rows);
  for (let i = 0, row = 0; i < ids.length; i++) {
    const slot = slotIn(ids[i]!);
    const size = arena.wordsOf(slot)[(arena.rowOf(slot) * layout.bytes) / 4 + at]!;
    for (let n = counts === undefined ? 1 : counts[i]!; n > 0; n--) most[row++] = size - 1;
  }
  return numbersOf("step", field, value, { length: rows * width, shape, mostAt: (i) => most[Math.floor(i / width)] });
}

/** Arrays for so many rows, of which views are given; new ones only where there were never as many. */
function createOutputs(fields: readonly Field[], dtype: "f32" | "f64"): (rows: number) => TensorRecord {
  const Reals = dtype === "f32" ? Float32Array : Float64Array;
  let room = -1;
  let shown = -1;
  let all: TensorRecord = {};
  let views: TensorRecord = {};
  return (rows) => {
    if (rows > room) {
      room = rows;
      all = Object.fromEntries(fields.map(({ name, width }) => [name, new Reals(rows * width)]));
      shown = -1;
    }
    if (rows !== shown) {
      shown = rows;
      views = Object.fromEntries(fields.map(({ name, width }) => [name, all[name]!.subarray(0, rows * width)]));
    }
    return views;
  };
}
