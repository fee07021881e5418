/** Checks of options: a misspelt one is an error, as it would otherwise be ignored in silence. */
import { CallRangeError, CallTypeError } from "./errors.js";

/** An object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws TypeError unless the options are an object that has no other names than the known ones. */
export function checkOptionNames(where: string, options: unknown, known: readonly string[]): void {
  if (!isRecord(options)) {
    throw new CallTypeError(`${where}: the options must be an object, got ${describe(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CallTypeError(`${where}: unknown option ${unknown}; expected ${known.join(", ")}`);
}

/** Has it names of its own? Arrays, promises, maps and dates have none; what a module exports has. */
export function isRecord(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  return ["[object Object]", "[object Module]"].includes(Object.prototype.toString.call(value));
}

/** Is it an array, or a typed one? */
export const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);

/** What stands under a name that its author has chosen: not what every object has, such as `constructor`. */
export const ownValue = (values: object, name: string): unknown =>
  Object.hasOwn(values, name) ? Reflect.get(values, name) : undefined;

/** A view of numbers of one type. */
export const isTypedArray = (value: unknown): value is Float32Array =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

/** @throws RangeError unless the value is a finite number from `low` to below `high`. */
export function checkOption(name: string, value: number, low: number, high = Infinity): number {
  if (typeof value !== "number" || !(value >= low && value < high)) {
    const range = high === Infinity ? `a finite number of at least ${low}` : `a number in [${low}, ${high})`;
    throw new CallRangeError(`${name} must be ${range}, got ${describe(value)}`);
  }
  return value;
}

/** @throws RangeError unless the value is a finite number above 0. */
export function checkPositive(name: string, value: number): number {
  if (typeof value !== "number" || !(value > 0 && value < Infinity)) {
    throw new CallRangeError(`${name} must be a finite number above 0, got ${describe(value)}`);
  }
  return value;
}

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** @throws RangeError unless the value is a positive integer. */
export function checkCount(name: string, value: unknown): number {
  if (isCount(value)) return value;
  throw new CallRangeError(`${name} must be a positive integer, got ${describe(value)}`);
}

/** @throws TypeError unless the value is true, false or left out, which counts as false. */
export function checkSwitch(where: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    throw new CallTypeError(`${where}: ${name} must be true or false, got ${describe(value)}`);
  }
  return value ?? false;
}

/** What came, in a few words and as compiled modules say it: texts in quotes, so that `"2"` is no number. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (tag === "DataView") return `DataView of ${(value as DataView).byteLength} bytes`;
  // A class of somebody's own, such as Node's Buffer, says more than what it is made of.
  const own: unknown = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  const name = typeof own === "string" && own !== "" ? own : tag;
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return `${name} of length ${(value as unknown[]).length}`;
  const kind = kinds.find(([, fits]) => fits(value as Fields))?.[0];
  return kind ?? (name === "Object" ? "an object" : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`);
}

/** What is easily mistaken for something else. */
const kinds: readonly (readonly [string, (value: Fields) => boolean])[] = [
  ["an instance", ({ forward, params }) => typeof forward === "function" && typeof params === "object"],
  ["a module", ({ manifest, instantiate }) => typeof manifest === "object" && typeof instantiate === "function"],
  ["the result of compile", ({ files, diagnostics }) => Array.isArray(files) && Array.isArray(diagnostics)],
  ["a manifest", ({ format }) => format === "recell-module"],
];
