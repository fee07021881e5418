/** What `recell train` is told, by its options and by a file: one table of names, kinds and what they are where left out. */
import { describe } from "../../../runtime/base/options.js";
import { suggest } from "../../base/diagnostics/suggest.js";
import { numberOf, type ParsedArguments, UsageError } from "../arguments.js";
import { type ConfigEntry, ConfigError } from "./config-text.js";

const optimizerNames = ["adam", "adamw", "nadam", "rmsprop", "adagrad", "sgd", "lion"] as const;

export interface TrainCommandSettings {
  readonly data?: string;
  readonly cell?: string;
  readonly out?: string;
  readonly dim?: Readonly<Record<string, number>>;
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  readonly target?: string;
  readonly group?: string;
  readonly length?: number;
  readonly updates?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly optimizer?: (typeof optimizerNames)[number];
  readonly clip?: number;
  readonly heldOut?: number;
  readonly seed?: number;
  readonly dtype?: "f32" | "f64";
  readonly threads?: number | "auto";
  /** Of chunks; or by how many elements an update goes on, and over how many gradients go back. */
  readonly truncate?: number | readonly [every: number, back: number];
  readonly patience?: number;
  readonly checkpointEvery?: number;
  readonly report?: string;
  readonly flow?: readonly number[];
}

/** What a setting must be, in words, and whether something is that. */
interface SettingKind {
  readonly told: string;
  fits(value: unknown): boolean;
  /** What a text of the command line says. */
  parse(texts: readonly string[]): unknown;
}

const number = (told: string, fits: (value: number) => boolean): SettingKind => ({
  told,
  fits: (value) => typeof value === "number" && fits(value),
  parse: ([text = ""]) => numberOf(text),
});
const text: SettingKind = {
  told: "a text",
  fits: (value) => typeof value === "string" && value !== "",
  parse: ([own]) => own,
};
const oneOf = (choices: readonly string[]): SettingKind => ({
  ...text,
  told: choices.map((choice) => JSON.stringify(choice)).join(" or "),
  fits: (value) => typeof value === "string" && choices.includes(value),
});
const count = number("a positive integer", (value) => Number.isSafeInteger(value) && value >= 1);
const positive = number("a number above 0", (value) => value > 0 && value < Infinity);
const isRecordOf = (value: unknown, fits: (own: unknown) => boolean): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(fits);
const pairs = (entries: readonly string[], read: (own: string) => unknown): unknown =>
  Object.fromEntries(
    entries.map((entry) => {
      const [, name, own] = /^([^=]+)=(.+)$/su.exec(entry) ?? [];
      return name === undefined || own === undefined ? [entry, undefined] : [name, read(own)];
    }),
  );

const kinds: Readonly<Record<keyof TrainCommandSettings, SettingKind>> = {
  data: text,
  cell: text,
  out: text,
  dim: {
    told: "sizes by name, such as H=32",
    fits: (value) => isRecordOf(value, (size) => typeof size === "number" && Number.isFinite(size)),
    parse: (entries) => pairs(entries, numberOf),
  },
  columns: {
    told: "headings by input, such as x=high,low",
    fits: (value) => isRecordOf(value, (own) => Array.isArray(own) && own.every((heading) => typeof heading === "string")), // prettier-ignore
    parse: (entries) => pairs(entries, (own) => own.split(",")),
  },
  target: text,
  group: text,
  length: count,
  updates: count,
  epochs: count,
  batch: count,
  learningRate: positive,
  optimizer: oneOf(optimizerNames),
  clip: positive,
  heldOut: number("a number from 0 to below 1", (value) => value >= 0 && value < 1),
  seed: number("an integer of at least 0", (value) => Number.isSafeInteger(value) && value >= 0),
  dtype: oneOf(["f32", "f64"]),
  threads: {
    told: 'a positive integer or "auto"',
    fits: (value) => value === "auto" || count.fits(value),
    parse: ([own = ""]) => (own === "auto" ? own : numberOf(own)),
  },
  truncate: {
    told: "a positive integer, or how far it goes on and a multiple of that by which gradients go back, such as 64,256",
    fits: (value) => count.fits(value) || (Array.isArray(value) && value.length === 2 && value.every(count.fits) && value[1] % value[0] === 0), // prettier-ignore
    parse: ([own = ""]) => (own.includes(",") ? own.split(",").map(numberOf) : numberOf(own)),
  },
  patience: count,
  checkpointEvery: count,
  report: {
    told: "the name of a file that ends in .html or .svg",
    fits: (value) => typeof value === "string" && /.\.(?:html|svg)$/u.test(value),
    parse: ([own]) => own,
  },
  flow: {
    told: "numbers of updates, such as 1,100,1000",
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every(count.fits),
    parse: (entries) => entries.flatMap((entry) => entry.split(",").map(numberOf)),
  },
};

const names = Object.keys(kinds) as (keyof TrainCommandSettings)[];

/** `learningRate` is `--learning-rate`. */
const optionOf = (name: string): string => name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);

/** @throws ConfigError that says where which setting is wrong. */
export function settingsOfConfig(entries: readonly ConfigEntry[]): TrainCommandSettings {
  const settings: Record<string, unknown> = {};
  for (const { name, value, nameAt, valueAt } of entries) {
    const kind = names.find((known) => known === name);
    if (kind === undefined) {
      const similar = suggest(name, names);
      const help = similar === undefined ? `there are ${names.join(", ")}` : `did you mean ${similar}?`;
      throw new ConfigError(`${nameAt}: there is no ${JSON.stringify(name)}; ${help}`);
    }
    if (Object.hasOwn(settings, name)) throw new ConfigError(`${nameAt}: ${name} is given twice`);
    if (!kinds[kind].fits(value)) throw new ConfigError(`${valueAt}: ${name} must be ${kinds[kind].told}, got ${describe(value)}`); // prettier-ignore
    settings[name] = value;
  }
  return settings;
}

/** @throws UsageError that names the option. */
export function settingsOfOptions(args: ParsedArguments): TrainCommandSettings {
  const settings: Record<string, unknown> = {};
  for (const name of names) {
    const option = optionOf(name);
    const own = args.text(option);
    const texts = args.list(option).length > 0 ? args.list(option) : own === undefined ? [] : [own];
    if (texts.length === 0) continue;
    const value = kinds[name].parse(texts);
    if (!kinds[name].fits(value)) throw new UsageError(`--${option} must be ${kinds[name].told}, got ${texts.map((each) => JSON.stringify(each)).join(" ")}`); // prettier-ignore
    settings[name] = value;
  }
  return settings;
}
