/** Derivatives of expressions in one number at one point each, by compiled modules: all expressions are outputs of one cell. */
import { cell } from "../../compiler/in-process.js";
import type { ModuleInstance } from "../../runtime/module/compiled-module.js";

export interface Expression {
  /** Of `x`. */
  readonly text: string;
  readonly at: number;
}

export interface Derivatives {
  readonly value: number;
  readonly gradient: number;
  readonly along: number;
  readonly second: number;
}

/** Each target and each precision once: the bits of the targets are compared elsewhere. */
export const kinds = [
  { target: "js", dtype: "f32" },
  { target: "wasm", dtype: "f64" },
] as const;

/** Value, gradient, directional derivative and second derivative of every expression, in order. */
export async function derivativesAt(
  expressions: readonly Expression[],
  kind: (typeof kinds)[number],
): Promise<Derivatives[]> {
  const inputs = expressions.map((_, i) => `x${i}`);
  const equations = expressions.map(({ text }, i) => `output y${i} = ${text.replace(/\bx\b/gu, `x${i}`)}`);
  const source = `cell A {\n  input ${inputs.join(", ")}: real\n  ${equations.join("\n  ")}\n}`;
  const own = (await cell(source, { ...kind, jvp: true, hvp: true })).instantiate({ steps: 1 }) as ModuleInstance;
  const named = (prefix: string, values: readonly number[]): Record<string, number[]> =>
    Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, [value]]));
  const ones = expressions.map(() => 1);
  const call = named("x", expressions.map(({ at }) => at)); // prettier-ignore
  const value = own.forward(call);
  const gradient = own.backward?.(named("y", ones));
  const along = own.jvp?.(call, named("x", ones));
  const second = own.hvp?.(call, named("x", ones), named("y", ones));
  // The sign of a zero is nobody's promise.
  const entry = (values: unknown, name: string): number => {
    const array = (values as Record<string, ArrayLike<number>>)[name];
    return (array?.[0] as number) + 0;
  };
  return expressions.map((_, i) => ({
    value: entry(value, `y${i}`),
    gradient: entry(gradient, `x${i}`),
    along: entry(along, `y${i}`),
    second: entry(second, `x${i}`),
  }));
}
