/** Names that may stand for any other: words of the compiler, of modules and of JavaScript. */
import fc from "fast-check";
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

export type Target = "js" | "wasm";

const targets: readonly Target[] = ["js", "wasm"];

/** Compares what a text computes under any names with what it computes under `plain` ones. */
export class NameComparison<Names extends Readonly<Record<string, string>>> {
  private readonly plain: Names;
  private readonly results: (names: Names, target: Target) => Promise<unknown>;
  private readonly expected = new Map<Target, string>();

  /** @param results Everything that the module computes, or undefined where the names are refused. */
  constructor(plain: Names, results: (names: Names, target: Target) => Promise<unknown>) {
    this.plain = plain;
    this.results = results;
  }

  /** @returns What is computed under the plain names, the same on both targets. */
  async prepare(): Promise<string> {
    for (const target of targets) this.expected.set(target, JSON.stringify(await this.results(this.plain, target)));
    const own = this.expected.get("js")!;
    expect(own).toBe(this.expected.get("wasm"));
    return own;
  }

  /** @returns Whether the names are taken; the numbers are the same then. */
  async isSame(names: Names, target: Target): Promise<boolean> {
    const result = await this.results(names, target);
    if (result === undefined) return false;
    expect(JSON.stringify(result)).toBe(this.expected.get(target));
    return true;
  }

  /** The plain names, with a word in some places. */
  withWord(word: string, places: readonly (keyof Names)[]): Names {
    return { ...this.plain, ...Object.fromEntries(places.map((place) => [place, word])) };
  }

  /** Words in places, as they are drawn: more than one of them is taken. */
  async expectFree(
    words: fc.Arbitrary<string>,
    places: readonly (readonly (keyof Names)[])[],
    parameters: fc.Parameters<[string, readonly (keyof Names)[], Target]>,
  ): Promise<void> {
    let compiled = 0;
    const property = fc.asyncProperty(
      words,
      fc.constantFrom(...places),
      fc.constantFrom<Target>(...targets),
      async (word, own, target) => {
        if (await this.isSame(this.withWord(word, own), target)) compiled++;
      },
    );
    await fc.assert(property, parameters);
    expect(compiled).toBeGreaterThan(1);
  }
}
