/** Cases of the rules of `simplify`: what becomes of a few lines, and what looks like a case of a rule and is none. */
import { it } from "vitest";
import { removeUnusedValues } from "../../compiler/passes/graph/remove-unused-values.js";
import { simplify } from "../../compiler/passes/graph/simplify/simplify.js";
import type { GraphPass } from "../../compiler/passes/pass.js";
import { expectRewritten } from "./graph-text.js";

/** Rules leave what they looked at where it was. */
export const simplified: GraphPass = {
  ...simplify,
  run: (fn, context) => removeUnusedValues.run(simplify.run(fn, context), context),
};

/** Inputs, lines with the result `%r` (or another output), and lines of what becomes of them. */
export type RuleCase = readonly [
  name: string,
  inputs: string,
  lines: readonly string[],
  after: readonly string[],
  result?: string,
];

/** Looks like a case of a rule. */
export type UntouchedCase = readonly [name: string, inputs: string, ...lines: string[]];

export const constant = (name: string, value: number): string => `%${name}: shared real[] = constant real ${value}`;

/** A number in every element of `real[H]`. */
export const filled = (name: string, value: number): string[] => [
  constant(name, value),
  `%${name}s: shared real[H] = broadcast [H] axes [] %${name}`,
];

export function expectCases(cases: readonly RuleCase[]): void {
  it.each(cases.map((entry) => ({ name: entry[0], entry })))("$name", ({ entry }) => {
    const [, inputs, lines, after, result = "%r"] = entry;
    const text = (body: readonly string[], value: string): string =>
      `func f(${inputs}) -> (r: ${value}) {\n${body.join("\n")}\n}`;
    // A result that is an input or an earlier value keeps its name.
    expectRewritten(simplified, text(lines, "%r"), text(after, result));
  });
}

export function expectUntouched(cases: readonly UntouchedCase[]): void {
  it.each(cases)("leaves alone %s", (_, inputs, ...lines) => {
    const text = `func f(${inputs}) -> (r: %r) {\n${lines.join("\n")}\n}`;
    expectRewritten(simplify, text, text);
  });
}
