/** Texts lowered and run by the evaluator. */
import { expect } from "vitest";
import { DiagnosticCollector } from "../../../compiler/base/diagnostics/diagnostic.js";
import type { BatchValue } from "../../../compiler/ir/graph/evaluate.js";
import { type Tensor, tensor } from "../../../compiler/ir/graph/tensor.js";
import { verifyFunction } from "../../../compiler/ir/graph/verify.js";
import { innerGradient } from "../../../compiler/passes/autodiff/inner-gradient.js";
import { lowerNamed } from "../../../compiler/program/lowering/ast-to-graph.js";
import type { LoweredCell } from "../../../compiler/program/base/lowered-cell.js";
import type { GraphFunction } from "../../../compiler/ir/graph/graph-function.js";
import { shapeContext } from "../../../compiler/ir/graph/shape-rules.js";
import { run } from "../../support/evaluate-helpers.js";
import { check } from "../language/semantics/support.js";
import { cellAxes } from "../../../compiler/base/types/call-axes.js";
import { symbolOf } from "../../../compiler/base/types/dim.js";

export type Sizes = Readonly<Record<string, number>>;

/** Between about -1 and 1 at first, and larger later: no two are the same. */
export const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i) + 0.1 * i);

/** Lowers a cell of a text (the last one), which must have no errors; the graph must be well formed. */
export function lower(text: string, sizes: Sizes = {}, reals: Sizes = {}): LoweredCell {
  const { cell, codes } = tryLower(text, sizes, reals);
  expect(codes, text).toEqual([]);
  return cell as LoweredCell;
}

/** As `lowerNamed`, of what is a cell. */
export function lowerCell(...given: Parameters<typeof lowerNamed>): LoweredCell | undefined {
  const lowered = lowerNamed(...given);
  if (lowered === undefined || "step" in lowered) return lowered;
  throw new Error(`${lowered.name} is a network, which has no step`);
}

export function tryLower(text: string, sizes: Sizes = {}, reals: Sizes = {}) {
  const { program, diagnostics } = check(text);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const collector = new DiagnosticCollector();
  const name = [...program.cells.keys()].pop() ?? "";
  const given = { dimensions: new Map(Object.entries(sizes)), reals: new Map(Object.entries(reals)) };
  const cell = lowerCell(program, name, given, innerGradient, collector);
  for (const fn of [cell?.step, cell?.initial]) {
    if (fn !== undefined) expect(verifyFunction(fn, shapeContext(cellAxes(cell?.runtimeDimensions ?? [])))).toEqual([]);
  }
  const all = [...errors, ...collector.diagnostics];
  return { cell, codes: all.map(({ code }) => code), diagnostics: all };
}

/** Runs a function for one example; values are lists in row-major order, shapes come from the function. */
export function evaluate(
  fn: GraphFunction,
  values: Readonly<Record<string, readonly number[]>>,
  runtime: Sizes = {},
): Record<string, Tensor> {
  const sizes = new Map(Object.entries(runtime));
  const inputs = new Map<string, BatchValue>();
  for (const id of fn.inputs) {
    const name = fn.names[id] as string;
    const type = fn.types[id];
    const shape =
      type?.shape.map((dim) =>
        Number(
          dim.terms.length === 1 && dim.terms[0]?.powers.length === 1
            ? sizes.get(symbolOf(dim.terms[0].powers[0]?.[0] ?? ""))
            : (dim.terms[0]?.numerator ?? 0),
        ),
      ) ?? [];
    const value = tensor(shape, values[name] ?? new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0));
    inputs.set(name, type?.shared === true ? { shared: value } : { examples: [value] });
  }
  const outputs = [...run(fn, inputs, [sizes])];
  return Object.fromEntries(
    outputs.map(([name, value]) => [name, "shared" in value ? value.shared : (value.examples[0] as Tensor)]),
  );
}
