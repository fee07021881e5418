/** Names that may stand for any other: words of the compiler, of modules and of JavaScript. */
import { expect } from "vitest";
import type { Diagnostic } from "../../compiler/index.js";

export const hostile = [
  ..."constructor __proto__ prototype toString valueOf hasOwnProperty arguments eval await yield let static enum".split(
    " ",
  ),
  ..."null undefined NaN Infinity true false this new delete class function var const with async of get set".split(" "),
  ..."residual grad gradient tangent step param state next joined packed stacked value carried T B d d_h0 h0_next".split(
    " ",
  ),
];

export const isWarning = ({ severity }: Diagnostic): boolean => severity === "warning";

/** With the words in the text of modules, which the language allows as names. */
export function wordsOf(modules: readonly string[]): string[] {
  const words = modules.flatMap((text) => text.match(/[A-Za-z_]\w*/g) ?? []);
  return [...new Set([...hostile, ...words])].filter((word) => word.length < 30);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value);

/** All numbers in an order that does not depend on the names. */
export function numbersOf(result: unknown, keys: readonly string[]): unknown {
  if (!isRecord(result)) return Array.from(result as Float32Array);
  const known = keys.filter((key) => Object.hasOwn(result, key));
  expect(known.length, Object.keys(result).join(" ")).toBe(Object.keys(result).length);
  return known.map((key) => numbersOf(result[key], keys));
}
