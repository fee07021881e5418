/** The command line as data: one table of options drives parsing and help. */

import { invariant } from "../base/diagnostics/invariant.js";
import { suggest } from "../base/diagnostics/suggest.js";

/** Wrong use of the command line: shown without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface OptionEntry {
  /** Long name without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** `flag` takes no value and has a `--no-` form; `list` may be given several times. */
  readonly kind: "flag" | "text" | "list";
  /** What the value is called in the help: `DIR`. */
  readonly value?: string;
  /** Of a flag: words that may follow it, and say more than that it is given. */
  readonly words?: readonly string[];
  readonly help: string;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** After the command's name: `FILE [options]`. */
  readonly usage: string;
  /** What it does, in full; lines of at most 80 characters. */
  readonly description: string;
  readonly options: readonly OptionEntry[];
  /** Command lines, each with a sentence. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

/** What was given. Options that were not are undefined or empty, so that defaults stand where they are used. */
export interface ParsedArguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean | undefined;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** @throws UsageError for unknown options, with a suggestion, and for missing or unwanted values. */
export function parseArguments(command: CommandEntry, args: readonly string[]): ParsedArguments {
  const values = new Map<string, (string | boolean)[]>();
  const positionals: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (argument === "--") {
      positionals.push(...args.slice(at + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const { option, value, negated } = readOption(command, argument);
    const previous = values.get(option.name) ?? [];
    if (option.kind === "flag") {
      const word = flagWord(option, value, args[at + 1]);
      if (word !== undefined && value === undefined) at++;
      if (word !== undefined && negated)
        throw new UsageError(`--no-${option.name} takes no value, got ${JSON.stringify(word)}`);
      values.set(option.name, [word ?? !negated]);
      continue;
    }
    if (negated) throw new UsageError(`--${option.name} takes a value: there is no --no-${option.name}`);
    const given = value ?? args[++at];
    if (given === undefined)
      throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value ?? ""}`);
    if (option.kind === "text" && previous.length > 0) throw new UsageError(`--${option.name} is given twice`);
    values.set(option.name, [...previous, given]);
  }
  const given = (name: string): readonly (string | boolean)[] => {
    const isOption = [...command.options, ...commonOptions].some((option) => option.name === name);
    invariant(isOption, `recell ${command.name} has no option ${name} in its table`);
    return values.get(name) ?? [];
  };
  return {
    positionals,
    flag: (name) => {
      const [first] = given(name);
      return typeof first === "string" ? true : first;
    },
    text: (name) => {
      const [first] = given(name);
      return typeof first === "string" ? first : undefined;
    },
    list: (name) => given(name) as string[],
  };
}

/** The word that a flag is given, by `=` or as what follows. */
function flagWord(
  { name, words = [] }: OptionEntry,
  value: string | undefined,
  next: string | undefined,
): string | undefined {
  if (value === undefined) return next !== undefined && words.includes(next) ? next : undefined;
  if (words.includes(value)) return value;
  const known = words.length === 0 ? "no value" : `nothing or ${words.join(", ")}`;
  throw new UsageError(`--${name} takes ${known}, got ${JSON.stringify(value)}`);
}

interface ReadOption {
  readonly option: OptionEntry;
  readonly value: string | undefined;
  readonly negated: boolean;
}

function readOption(command: CommandEntry, argument: string): ReadOption {
  const [, dashes = "", name = "", value] = /^(--?)([^=]*)(?:=(.*))?$/su.exec(argument) ?? [];
  const all = [...command.options, ...commonOptions];
  if (dashes === "-") {
    const option = all.find(({ short }) => short === name);
    if (option !== undefined) return { option, value, negated: false };
  } else {
    const option = all.find((entry) => entry.name === name);
    if (option !== undefined) return { option, value, negated: false };
    const denied = all.find((entry) => `no-${entry.name}` === name && entry.kind === "flag");
    if (denied !== undefined) return { option: denied, value, negated: true };
  }
  const similar = suggest(
    name,
    all.flatMap((entry) => [entry.name, ...(entry.kind === "flag" ? [`no-${entry.name}`] : [])]),
  );
  const hint = similar === undefined ? `see recell ${command.name} --help` : `did you mean --${similar}?`;
  throw new UsageError(`recell ${command.name} has no option ${dashes}${name}; ${hint}`);
}

/** What every command takes. */
export const commonOptions: readonly OptionEntry[] = [
  { name: "help", short: "h", kind: "flag", help: "show this text" },
  { name: "color", kind: "flag", help: "colours also where the output is no terminal; --no-color never" },
];

/** A number as cells write them, perhaps with a sign; `Number` alone takes `0x10`, `0b1` and blanks, too. NaN for anything else. */
export const numberOf = (text: string): number =>
  /^-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/u.test(text) ? Number(text) : NaN;

/** An integer option. */
export function integerOption(name: string, text: string | undefined, fallback: number, least = 0): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`--${name} must be an integer of at least ${least}, got ${JSON.stringify(text)}`);
  }
  return value;
}

/** An option that is a number above 0. */
export function numberOption(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!(value > 0 && value < Infinity)) {
    throw new UsageError(`--${name} must be a positive number, got ${JSON.stringify(text)}`);
  }
  return value;
}

/** `--dtype` of commands that work in one precision. */
export const dtypeOption = (args: ParsedArguments): "f32" | "f64" =>
  choiceOption("dtype", args.text("dtype"), ["f32", "f64"], "f32");

/** From 0 to 1. */
export function shareOption(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!(value >= 0 && value <= 1)) {
    throw new UsageError(`--${name} must be a number from 0 to 1, got ${JSON.stringify(text)}`);
  }
  return value;
}

/** `I=64` options as numbers by name. */
export function sizesOption(name: string, entries: readonly string[]): Record<string, number> {
  const sizes = new Map<string, number>();
  for (const entry of entries.flatMap((text) => text.split(","))) {
    const [, key = "", text = ""] = /^([^=]+)=(.+)$/su.exec(entry.trim()) ?? [];
    const value = numberOf(text);
    if (key === "" || !Number.isFinite(value)) {
      throw new UsageError(`--${name} takes NAME=NUMBER, as in --${name} H=128; got ${JSON.stringify(entry)}`);
    }
    if (sizes.has(key) && sizes.get(key) !== value) throw new UsageError(`--${name} ${key} is given twice`);
    sizes.set(key, value);
  }
  return Object.fromEntries(sizes);
}

/** `x=0.1:2` options as the least and the largest number by name. */
export function rangesOption(name: string, entries: readonly string[]): Record<string, [number, number] | "spd"> {
  const ranges = new Map<string, [number, number] | "spd">();
  for (const entry of entries.flatMap((text) => text.split(","))) {
    const [, key = "", range = ""] = /^([^=]+)=(.+)$/su.exec(entry.trim()) ?? [];
    const [, low = "", high = ""] = /^([^:]+):([^:]+)$/su.exec(range) ?? [];
    const [least, most] = [numberOf(low), numberOf(high)];
    const isRange = least < most && Number.isFinite(most - least);
    if (key === "" || (range !== "spd" && !isRange)) {
      const wanted = `NAME=LEAST:MOST, the smaller number first, as in --${name} x=0.1:2, or NAME=spd`;
      throw new UsageError(`--${name} takes ${wanted}; got ${JSON.stringify(entry)}`);
    }
    if (ranges.has(key)) throw new UsageError(`--${name} ${key} is given twice`);
    ranges.set(key, range === "spd" ? range : [least, most]);
  }
  return Object.fromEntries(ranges);
}

/** One of a few words. */
export function choiceOption<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  const found = text === undefined ? fallback : choices.find((choice) => choice === text);
  if (found === undefined) {
    throw new UsageError(`--${name} must be ${choices.join(" or ")}, got ${JSON.stringify(text)}`);
  }
  return found;
}
