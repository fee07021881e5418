/** A gradient of a whole sequence, computed segment by segment: forwards for the states between them, then from the last to the first. */
import { refuse } from "../base/arguments.js";
import { CallTypeError } from "../base/errors.js";
import { checkOptionNames, checkPositive, describe, isList, isRecord, ownValue } from "../base/options.js";
import type { CallGradient, CallResult, CallValues, FloatArray, LossOfBatch, ModuleInstance, TensorRecord } from "../module/compiled-module.js"; // prettier-ignore
import { partsOfLoss } from "../module/loss-parts.js";
import type { Manifest, StateEntry, TensorEntry } from "../module/manifest.js";
import { sameKind } from "./run-sequence.js";
import { type SegmentsRoom, withoutAxis } from "./plan-segments.js";
import { readWhole, sizesOfSegment, type WholeCall, type WholeSequence, wholeSequence, widthOf } from "./whole-call.js"; // prettier-ignore

export interface SegmentsGradientOptions {
  /** Of a module without losses: derivatives by outputs `[B, T, …]` and, as `final`, by the states in the end, as `backward` takes them. */
  readonly cotangents?: Readonly<Record<string, unknown>>;
  /** What losses are divided by; what they say themselves, of the whole sequence, where left out. */
  readonly per?: number | Readonly<Record<string, number>>;
  /** Outputs, and inputs whose gradient is wanted, by name: whole sequences `[B, T, …]`, which take their place beside the budget. */
  readonly results?: readonly string[];
}

/** Copies, which the caller may keep. */
export interface SegmentsGradient {
  readonly params: TensorRecord;
  readonly initial: TensorRecord;
  /** Of a cell: gradients by contexts; and those by inputs that were asked for. */
  readonly given: TensorRecord;
  /** Those that were asked for. */
  readonly outputs: TensorRecord;
  /** The states after each example's last step. */
  readonly final: TensorRecord;
  /** The sum of all losses; 0 without any. */
  readonly loss: number;
  readonly losses: Readonly<Record<string, LossOfBatch>>;
}

/** Arrays of numbers by name, `[count, …]` of each, one after the other. */
type Rows = Map<string, FloatArray>;

/** What calls run on: an instance with room for one segment. */
export interface SegmentsInstance {
  readonly manifest: Manifest;
  readonly instance: Pick<ModuleInstance, "forward"> & Required<Pick<ModuleInstance, "backward">>;
  readonly room: SegmentsRoom;
  readonly segment: number;
}

/** One call of `gradient`. */
export class SegmentedCall {
  private readonly own: SegmentsInstance;
  private readonly options: SegmentsGradientOptions;
  private readonly whole: WholeCall;
  private readonly inputs: readonly WholeSequence[];
  private readonly cotangents: readonly WholeSequence[];
  private readonly lastCotangents: unknown;
  /** What one segment hands on to the next. */
  private readonly states: readonly StateEntry[];
  private readonly asked: ReadonlySet<string>;
  private readonly outputs: Rows = new Map();
  private readonly given: Rows = new Map();

  /** @throws TypeError or RangeError for a wrong call, before anything is computed; what a segment has wrong inside, its own call says. */
  constructor(own: SegmentsInstance, values: CallValues, options: SegmentsGradientOptions) {
    const { manifest, room } = own;
    if (!isRecord(values)) refuse("gradient", "the first argument", "inputs by name", values);
    const { losses = [], inputs, outputs, states, cuts = [] } = manifest;
    checkOptionNames("gradient", options, [losses.length > 0 ? "per" : "cotangents", "results"]);
    checkPer(options.per, losses);
    const along = <Entry extends TensorEntry>(entries: readonly Entry[]): Entry[] =>
      entries.filter((entry) => withoutAxis(entry, room.axis) !== undefined);
    const names = (entries: readonly TensorEntry[]): string[] => along(entries).map(({ name }) => name);
    this.own = own;
    this.options = options;
    this.whole = readWhole(manifest, room, values, new Set(names(inputs)));
    const sequence = (tensor: TensorEntry, value: unknown): WholeSequence =>
      wholeSequence(tensor.name, value, this.whole, widthOf(tensor, room, this.whole.sizes));
    this.inputs = along(inputs).map((input) => sequence(input, ownValue(values, input.name)));
    const { cotangents = {} } = options;
    checkOptionNames("gradient: cotangents", cotangents, [...names(outputs), "final"]);
    const { final = {}, ...byOutputs } = cotangents;
    this.cotangents = along(outputs).flatMap((output) => {
      const own = ownValue(byOutputs, output.name);
      return own === undefined ? [] : [sequence(output, own)];
    });
    this.lastCotangents = final;
    const handed = cuts.find(({ axis }) => axis === room.axis)?.states;
    const isStream = losses.length === 0 || manifest.stream === room.axis;
    this.states = isStream ? states : states.filter(({ name }) => handed?.includes(name) === true);
    this.asked = new Set(this.checkResults([...names(outputs), ...(manifest.has.gradient === true ? names(inputs) : [])])); // prettier-ignore
  }

  private checkResults(possible: readonly string[]): readonly string[] {
    const { results = [] } = this.options;
    if (!isList(results))
      throw new CallTypeError(`gradient: results must be a list of names, got ${describe(results)}`);
    const other = results.find((name) => !possible.includes(name));
    if (other === undefined) return results;
    throw new CallTypeError(`gradient: results must be among ${possible.join(", ")}, got ${describe(other)}`);
  }

  run(): SegmentsGradient {
    const { manifest, segment } = this.own;
    const { states, whole } = this;
    const count = Math.max(1, Math.ceil(whole.steps / segment));
    const seams = new Seams(states, count - 1);
    const totals = new LossTotals(manifest.losses ?? [], manifest.has.segments?.totals ?? []);
    let last: CallResult | undefined;
    for (let k = 0; k < count; k++) {
      last = this.forward(k, seams.before(k));
      if (k + 1 < count) seams.keep(k + 1, last.final);
      totals.add(last);
      this.keep(this.outputs, manifest.outputs, last, k);
    }
    const final = copyOf(last?.final ?? {});
    const sums = totals.cotangents(this.options.per);
    let found = this.backward(count - 1, sums, this.lastCotangents, false);
    for (let k = count - 2; k >= 0; k--) {
      // In the memory of the instance, which the next call writes.
      const next = copyOf(found.initial, (name) => states.some((state) => state.name === name));
      this.forward(k, seams.before(k));
      found = this.backward(k, sums, next, true);
    }
    const contexts = manifest.has.gradient === true ? manifest.contexts : [];
    const byContexts = contexts.flatMap(({ name }): [string, FloatArray][] => {
      const own = found[name];
      return own === undefined ? [] : [[name, own.slice()]];
    });
    return {
      params: copyOf(found.params),
      initial: copyOf(found.initial),
      given: Object.fromEntries([...byContexts, ...this.given]),
      outputs: Object.fromEntries(this.outputs),
      final,
      ...totals.losses(this.options.per),
    };
  }

  private range(k: number): { readonly from: number; readonly count: number } {
    const from = k * this.own.segment;
    return { from, count: Math.min(this.own.segment, this.whole.steps - from) };
  }

  private forward(k: number, states: TensorRecord): CallResult {
    const { from, count } = this.range(k);
    const { manifest, room, instance } = this.own;
    const { whole, inputs } = this;
    const parts = Object.fromEntries(inputs.map(({ name, part }) => [name, part(from, count)]));
    return instance.forward({
      ...whole.rest,
      ...parts,
      ...states,
      ...sizesOfSegment(manifest, room, whole, from, count),
    });
  }

  private backward(
    k: number,
    sums: Readonly<Record<string, unknown>>,
    final: unknown,
    continues: boolean,
  ): CallGradient {
    const { from, count } = this.range(k);
    const parts = Object.fromEntries(this.cotangents.map(({ name, part }) => [name, part(from, count)]));
    const found = this.own.instance.backward({ ...parts, ...sums, final }, { continues });
    this.keep(this.given, this.own.manifest.inputs, found, k);
    return found;
  }

  /** Puts what was asked for of a segment `[B, count, …]` into the whole. */
  private keep(
    into: Rows,
    tensors: readonly { readonly name: string }[],
    found: CallResult | CallGradient,
    k: number,
  ): void {
    // prettier-ignore
    const { whole, asked } = this;
    const { from, count } = this.range(k);
    for (const { name } of tensors) {
      if (!asked.has(name)) continue;
      const part = found[name];
      if (part === undefined) continue;
      const width = count === 0 ? 0 : part.length / (whole.batch * count);
      const all = into.get(name) ?? sameKind(part, whole.batch * whole.steps * width);
      into.set(name, all);
      for (let b = 0; b < whole.batch; b++)
        all.set(part.subarray(b * count * width, (b + 1) * count * width), (b * whole.steps + from) * width);
    }
  }
}

/** @throws TypeError or RangeError unless it is a number above 0, or one for some losses by name. */
function checkPer(per: SegmentsGradientOptions["per"], losses: readonly string[]): void {
  if (per === undefined) return;
  if (typeof per === "number") {
    checkPositive("gradient: per", per);
    return;
  }
  checkOptionNames("gradient: per", per, losses);
  for (const [name, own] of Object.entries(per)) checkPositive(`gradient: per.${name}`, own);
}

const copyOf = (tensors: TensorRecord, wanted: (name: string) => boolean = () => true): TensorRecord =>
  Object.fromEntries(Object.entries(tensors).flatMap(([name, data]) => (wanted(name) ? [[name, data.slice()]] : [])));

/** The states between segments, those of all seams one after the other. */
class Seams {
  private readonly states: readonly StateEntry[];
  private readonly count: number;
  private readonly kept = new Map<string, FloatArray>();

  constructor(states: readonly StateEntry[], count: number) {
    this.states = states;
    this.count = count;
  }

  /** @param k the segment that they are before, from 1 on */
  keep(k: number, states: TensorRecord): void {
    for (const { name } of this.states) {
      const own = states[name];
      if (own === undefined) continue;
      const all = this.kept.get(name) ?? sameKind(own, own.length * this.count);
      this.kept.set(name, all);
      all.set(own, (k - 1) * own.length);
    }
  }

  /** Nothing before the first, which begins as it is told. */
  before(k: number): TensorRecord {
    if (k === 0) return {};
    return Object.fromEntries(
      [...this.kept].map(([name, all]) => {
        const width = all.length / this.count;
        return [name, all.subarray((k - 1) * width, k * width)];
      }),
    );
  }
}

/** Losses of the segments, added up. */
export class LossTotals {
  private readonly added: ReadonlySet<string>;
  private readonly sums: { readonly name: string; sum: number; weight: number }[];

  /** @param added parts that are those of the segments added up; the others are the same in each */
  constructor(names: readonly string[], added: readonly string[]) {
    this.added = new Set(added);
    this.sums = names.map((name) => ({ name, sum: 0, weight: 0 }));
  }

  add(result: CallResult): void {
    for (const total of this.sums) {
      const [, sum, weight] = partsOfLoss(total.name);
      total.sum = this.with(total.sum, sum, result);
      total.weight = this.with(total.weight, weight, result);
    }
  }

  private with(before: number, part: string, result: CallResult): number {
    const own = result[part]?.[0] ?? 0;
    return this.added.has(part) ? before + own : own;
  }

  /** What each is divided by. */
  private divisor(name: string, weight: number, per: SegmentsGradientOptions["per"]): number {
    return typeof per === "number" ? per : Number(ownValue(per ?? {}, name) ?? weight);
  }

  cotangents(per: SegmentsGradientOptions["per"]): Record<string, readonly number[]> {
    return Object.fromEntries(
      this.sums.map(({ name, weight }) => {
        const divisor = this.divisor(name, weight, per);
        return [partsOfLoss(name)[1], [divisor === 0 ? 0 : 1 / divisor]];
      }),
    );
  }

  losses(per: SegmentsGradientOptions["per"]): Pick<SegmentsGradient, "loss" | "losses"> {
    const losses = this.sums.map(({ name, sum, weight }): [string, LossOfBatch] => {
      const divisor = this.divisor(name, weight, per);
      return [name, { value: divisor === 0 ? 0 : sum / divisor, sum, weight }];
    });
    return { loss: losses.reduce((sum, [, { value }]) => sum + value, 0), losses: Object.fromEntries(losses) };
  }
}
