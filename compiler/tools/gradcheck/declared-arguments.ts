/** What functions that state their derivative are called with at a point: a run of the cell that gives their arguments as outputs. */
import { type BatchValue, evaluateFunction } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import { elementCount, type Tensor } from "../../ir/graph/tensor.js";
import type { GraphFunction, ValueId } from "../../ir/graph/types.js";
import type { DeclaredDerivative, LoweredCell } from "../../program/lowered-cell.js";
import { buildForward, buildInitial } from "../../program/cell-program.js";
import { graphValues, inputsOf } from "./graph-point.js";
import { type Point, symbolSizes } from "./point.js";

/** One call: the arguments, and the sizes of the example. */
export interface Arguments {
  readonly values: readonly Tensor[];
  readonly sizes: SymbolSizes;
}

/** What a function is called with at a point, in every example and step. */
export function argumentsOf(cell: LoweredCell, { calls }: DeclaredDerivative, point: Point): Arguments[] {
  const sizes = symbolSizes(point);
  return calls.flatMap(({ within, arguments: ids }) => {
    const found = within === "step" ? valuesInSteps(cell, ids, point) : valuesInInitial(cell, ids, point);
    return found.map(({ example, values }) => ({ values, sizes: sizes[example] as SymbolSizes }));
  });
}

interface Found {
  readonly example: number;
  readonly values: readonly Tensor[];
}

function valuesInSteps(cell: LoweredCell, ids: readonly ValueId[], point: Point): Found[] {
  const outputs = ids.map((id, i) => ({ name: `${i}`, documentation: "", shape: cell.step.types[id]?.shape ?? [] }));
  const states = {
    outputs: cell.step.outputs.slice(0, cell.states.length),
    outputNames: cell.step.outputNames.slice(0, cell.states.length),
  };
  const step: GraphFunction = {
    ...cell.step,
    outputs: [...states.outputs, ...ids],
    outputNames: [...states.outputNames, ...outputs.map(({ name }) => name)],
  };
  const forward = buildForward({ ...cell, step, outputs });
  const series = evaluateFunction(forward, inputsOf(forward, withInitial(cell, point)), symbolSizes(point)).slice(
    0,
    ids.length,
  );
  return point.examples.flatMap(({ steps }, example) =>
    Array.from({ length: steps }, (_, t) => ({
      example,
      values: series.map((value) => elementAt(ofExample(value, example), t)),
    })),
  );
}

function valuesInInitial(cell: LoweredCell, ids: readonly ValueId[], point: Point): Found[] {
  if (cell.initial === undefined) return [];
  const fn = { ...cell.initial, outputs: ids, outputNames: ids.map((_, i) => `${i}`) };
  const initial = buildInitial({ ...cell, initial: fn });
  if (initial === undefined) return [];
  const found = evaluateFunction(initial, inputsOf(initial, graphValues(point)), symbolSizes(point));
  return Array.from({ length: point.batch }, (_, example) => ({
    example,
    values: found.map((value) => ofExample(value, example)),
  }));
}

/** The values of the point, with initial states that it leaves to the cell. */
function withInitial(cell: LoweredCell, point: Point): ReadonlyMap<string, BatchValue> {
  const values = graphValues(point);
  const initial = buildInitial(cell);
  if (initial === undefined) return values;
  const computed = evaluateFunction(initial, inputsOf(initial, values), symbolSizes(point));
  for (const [i, name] of initial.outputNames.entries()) {
    if (values.has(name)) continue;
    values.set(name, {
      examples: Array.from({ length: point.batch }, (_, b) => ofExample(computed[i] as BatchValue, b)),
    });
  }
  return values;
}

const ofExample = (value: BatchValue, example: number): Tensor =>
  "shared" in value ? value.shared : (value.examples[example] as Tensor);

function elementAt({ shape, data }: Tensor, t: number): Tensor {
  const own = shape.slice(1);
  const size = elementCount(own);
  return { shape: own, data: data.slice(t * size, (t + 1) * size) };
}
