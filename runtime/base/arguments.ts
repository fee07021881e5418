/** Checks of what functions take besides options, one for each kind of thing: every wrong call says what was expected and what came. */
import { CallTypeError } from "./errors.js";
import { describe, type Fields, isRecord } from "./options.js";

/** @throws TypeError that says which argument of which function is wrong; a promise is told to be waited for. */
export function refuse(where: string, place: string, expected: string, value: unknown): never {
  const hint = value instanceof Promise ? ": await it first" : "";
  throw new CallTypeError(`${where}: ${place} must be ${expected}, got ${describe(value)}${hint}`);
}

export const moduleKind = "a module (from loadModule, cell() or import)";

/** Is it something with the manifest of a compiled cell? Whether that is whole is `checkManifest`'s question. */
export function isModule(value: unknown): value is Fields {
  if (!isRecord(value)) return false;
  const { manifest } = value;
  return isRecord(manifest) && manifest["format"] === "recell-module";
}

/** @throws TypeError unless the first argument has a manifest. */
export function checkModule(where: string, value: unknown): void {
  if (!isModule(value)) refuse(where, "the first argument", moduleKind, value);
}

/** @throws TypeError unless the second argument has parameters, or the method that is asked for. */
export function checkInstance(where: string, value: unknown, has: "params" | "forward"): void {
  const fits = isRecord(value) && (has === "params" ? isRecord(value[has]) : typeof value[has] === "function");
  if (!fits) refuse(where, "the second argument", "an instance (from instantiate)", value);
}

/** @throws TypeError unless it is an object with values by name. */
export function checkRecord(where: string, place: string, expected: string, value: unknown): void {
  if (!isRecord(value) || typeof value["forward"] === "function") refuse(where, place, expected, value);
}

const isFloats = (value: unknown): boolean =>
  value instanceof Float32Array ||
  value instanceof Float64Array ||
  // Arrays of another realm (a worker's, a test runner's) are no instances of this one's classes.
  (ArrayBuffer.isView(value) && /^Float(?:32|64)Array$/u.test((value as Float32Array)[Symbol.toStringTag]));

/** @throws TypeError unless it is a Float32Array or a Float64Array. */
export function checkFloats(where: string, place: string, value: unknown): void {
  if (!isFloats(value)) refuse(where, place, "a Float32Array or Float64Array", value);
}

/** @throws TypeError unless it is a list of numbers: an array, or a typed one. */
export function checkNumbers(where: string, place: string, value: unknown): void {
  const isTyped = ArrayBuffer.isView(value) && /^(?:Fl|I|U)/u.test(Object.prototype.toString.call(value).slice(8));
  if (!isTyped && !Array.isArray(value)) refuse(where, place, "an array of numbers", value);
}

/** @throws TypeError unless it is tensors by name. */
export function checkTensors(where: string, place: string, expected: string, value: unknown): void {
  checkRecord(where, place, expected, value);
  for (const name in value as Fields)
    if (!isFloats((value as Fields)[name])) checkFloats(where, name, (value as Fields)[name]);
}
