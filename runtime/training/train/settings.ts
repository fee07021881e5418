/** Settings of a network while it trains: numbers, or functions of the updates that are done, as learning rates are. */
import { checkRecord } from "../../base/arguments.js";
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import type { Manifest } from "../../module/manifest.js";
import { describe, isRecord } from "../../base/options.js";
import type { LearningRate, Schedule } from "../optimizers/schedule.js";

/** By name. What is left out is as the network says. */
export type TrainSettings = Readonly<Record<string, LearningRate>>;

/** What each setting is, and what its schedule remembers. */
export interface RunSettings {
  /** When so many updates are done. */
  at(updates: number): Readonly<Record<string, number>>;
  /** Tells schedules the loss of a validation. */
  observe(loss: number): void;
  /** By name, of those that remember something. */
  readonly memories: ReadonlyMap<string, Float64Array>;
  /** All of them as a text. */
  readonly description: string;
}

/** @throws TypeError or RangeError for names that the network has not, and for what is neither a number nor a schedule. */
export function checkSettings(where: string, { settings = [], cell }: Manifest, given: unknown): void {
  if (given === undefined) return;
  checkRecord("train", where, "numbers or schedules by the names of settings", given);
  const names = settings.map(({ name }) => name);
  for (const [name, value] of Object.entries(given as TrainSettings)) {
    if (!names.includes(name)) {
      throw new CallTypeError(`train: ${where}: ${cell} has no setting ${name}; it has ${names.join(", ") || "none"}`);
    }
    if (typeof value !== "function") scheduleOfSetting(`${where}.${name}`, value);
  }
}

export function createSettings(where: string, given: TrainSettings = {}): RunSettings {
  const all = Object.entries(given).map(([name, value]) => {
    const schedule = scheduleOfSetting(`${where}.${name}`, value);
    return { name, schedule, memory: Float64Array.from(schedule.memory ?? []) };
  });
  return {
    at: (updates) => Object.fromEntries(all.map(({ name, schedule, memory }) => [name, schedule.at(updates, memory)])),
    observe(loss) {
      for (const { schedule, memory } of all) schedule.observe?.(loss, memory);
    },
    memories: new Map(all.flatMap(({ name, memory }) => (memory.length > 0 ? [[name, memory] as const] : []))),
    description: JSON.stringify(all.map(({ name, schedule }) => [name, schedule.description ?? "function"])),
  };
}

/** A learning rate is at least 0; a setting is any number. */
function scheduleOfSetting(place: string, value: LearningRate): Schedule {
  const number = (own: unknown): number => {
    if (typeof own === "number" && Number.isFinite(own)) return own;
    throw new CallRangeError(`train: ${place} must be a finite number, got ${describe(own)}`);
  };
  if (typeof value === "function") return { at: (updates) => number(value(updates)) };
  if (typeof value === "number") return { description: describe(number(value)), at: () => value };
  if (isRecord(value) && typeof value.at === "function") return value;
  throw new CallTypeError(`train: ${place} must be a number, a function or a schedule, got ${describe(value)}`);
}
