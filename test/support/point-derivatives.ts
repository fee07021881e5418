/**
 * Derivatives of expressions in two numbers at one point each, by compiled modules: all expressions are outputs of one cell.
 */
import { expect } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../runtime/module/compiled-module.js";

/** Each target and each precision once: the bits of the targets are compared elsewhere. */
export const kinds = [
  { target: "js", dtype: "f32" },
  { target: "wasm", dtype: "f64" },
] as const;

type Kind = (typeof kinds)[number];

/** An expression in `x` and `p`, where, and what it and its derivatives by one of the two are there. */
export interface PointRow {
  readonly expression: string;
  readonly at: { readonly x?: number; readonly p?: number };
  readonly value: number;
  readonly gradient: number;
  /** Not compared where it is left out: where the first one jumps there is no second one. */
  readonly second?: number | undefined;
  /** The derivative by the other of the two of the gradient. */
  readonly mixed?: number | undefined;
}

/** Expects the rows to be so: the gradient, the directional derivative and second derivatives by `name`. `imports` stand above the cell. */
export async function expectAtPoints(
  rows: readonly PointRow[],
  kind: Kind,
  name: "x" | "p" = "x",
  imports = "",
): Promise<void> {
  const all = await derivativesAt(rows, kind, name, imports);
  for (const [i, row] of rows.entries()) {
    const found: Record<string, unknown> = { ...all[i] };
    if (row.second === undefined) found["second"] = undefined;
    if (row.mixed === undefined) found["mixed"] = undefined;
    const right = {
      value: row.value,
      gradient: row.gradient,
      along: row.gradient,
      second: row.second,
      mixed: row.mixed,
    };
    for (const [key, number] of Object.entries(right))
      if (isClose(found[key], number, kind.dtype === "f32" ? 1e-5 : 1e-12)) found[key] = number;
    const place = { expression: row.expression, ...row.at, ...kind, by: name };
    expect({ ...place, ...found }).toEqual({ ...place, ...right });
  }
}

/** An output for each expression, an example for each of its points. */
async function derivativesAt(
  rows: readonly PointRow[],
  kind: Kind,
  name: "x" | "p",
  imports: string,
): Promise<Record<"value" | "gradient" | "along" | "second" | "mixed", number>[]> {
  const expressions = [...new Set(rows.map(({ expression }) => expression))];
  const groups = expressions.map((text) => rows.filter(({ expression }) => expression === text));
  const inputs = expressions.map((_, i) => `x${i}, p${i}`);
  const equations = expressions.map((text, i) => `output y${i} = ${text.replace(/\b[xp]\b/gu, (own) => `${own}${i}`)}`);
  const source = `${imports}\ncell A {\n  input ${inputs.join(", ")}: real\n  ${equations.join("\n  ")}\n}`;
  const batch = Math.max(...groups.map(({ length }) => length));
  const own = (await cell(source, { ...kind, jvp: true, hvp: true })).instantiate({
    batch,
    steps: 1,
  }) as ModuleInstance;
  const named = (prefix: string, of: (row?: PointRow) => number): Record<string, number[]> =>
    Object.fromEntries(
      groups.map((group, i) => [`${prefix}${i}`, Array.from({ length: batch }, (_, b) => of(group[b]))]),
    );
  const call = { batch, ...named("x", (row) => row?.at.x ?? 0), ...named("p", (row) => row?.at.p ?? 0) };
  const [ones, along, other] = [named("y", () => 1), named(name, () => 1), named(name === "x" ? "p" : "x", () => 1)];
  // Read at once, as the next call writes its results into the same arrays. The sign of a zero is nobody's promise.
  const read = (values: unknown, prefix: string): number[] =>
    rows.map((row) => {
      const group = expressions.indexOf(row.expression);
      const numbers = (values as Record<string, ArrayLike<number>>)[`${prefix}${group}`];
      return (numbers?.[groups[group]?.indexOf(row) ?? 0] as number) + 0;
    });
  const value = read(own.forward(call), "y");
  const gradient = read(own.backward?.(ones), name);
  const directional = read(own.jvp?.(call, along), "y");
  const second = read(own.hvp?.(call, along, ones), name);
  const mixed = read(own.hvp?.(call, other, ones), name);
  const at = (list: readonly number[], i: number): number => list[i] as number;
  return rows.map((_, i) => ({
    value: at(value, i),
    gradient: at(gradient, i),
    along: at(directional, i),
    second: at(second, i),
    mixed: at(mixed, i),
  }));
}

function isClose(found: unknown, right: number | undefined, tolerance: number): boolean {
  if (typeof found !== "number" || right === undefined) return false;
  return found === right || (right !== 0 && Math.abs(found - right) <= tolerance * Math.abs(right));
}
