/** What functions that state their derivative are called with at a point: a run of the program that gives their arguments as outputs. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { evaluateDim } from "../../base/types/dim.js";
import { type BatchValue, evaluateFunction } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import { elementCount, type Tensor } from "../../ir/graph/tensor.js";
import type { GraphFunction, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { outputName, typeOf } from "../../ir/graph/values.js";
import type { Dim } from "../../base/types/dim.js";
import type { Program, ProgramCall, ProgramDerivative } from "../../program/program.js";
import { graphValues, inputsOf } from "./graph-point.js";
import { type Point, sizesAt } from "./point.js";

/** One call: the arguments, and the sizes of the example. */
export interface Arguments {
  readonly values: readonly Tensor[];
  readonly sizes: SymbolSizes;
}

/** What a function is called with at a point, in every example and every round of the loops around a call. */
export function argumentsOf(program: Program, { calls }: ProgramDerivative, point: Point): Arguments[] {
  const values = calls.length === 0 ? new Map<string, BatchValue>() : withInitial(program, point);
  return calls.flatMap((call) => argumentsOfCall(program, call, point, values));
}

function argumentsOfCall(
  program: Program,
  { of, scans, arguments: ids }: ProgramCall,
  point: Point,
  values: ReadonlyMap<string, BatchValue>,
): Arguments[] {
  const source = program[of];
  invariant(source !== undefined, `${program.name} has a call in ${of}, and no such function`);
  const { fn, lengths } = showing(source, scans, ids);
  const found = evaluateFunction(fn, inputsOf(fn, values), sizesAt(point));
  return sizesAt(point).flatMap((sizes, example) => {
    const rounds = elementCount(lengths.map((length) => evaluateDim(length, sizes)));
    const stacked = found.map((value) => ofExample(value, example));
    return Array.from({ length: rounds }, (_, round) => ({
      values: stacked.map((value) => elementOf(value, lengths.length, round)),
      sizes,
    }));
  });
}

/** The function with values as its outputs that stand inside of some scans: stacked over these. */
function showing(
  fn: GraphFunction,
  [scan, ...inner]: readonly ValueId[],
  ids: readonly ValueId[],
): { readonly fn: GraphFunction; readonly lengths: readonly Dim[] } {
  if (scan === undefined) return { fn: { ...fn, outputs: ids, outputNames: ids.map((_, i) => `${i}`) }, lengths: [] };
  const place = fn.instructions.findIndex(({ results }) => results[0] === scan);
  const around = at(fn.instructions, place);
  const { operation } = around;
  invariant(operation.kind === "scan", `%${scan} of ${fn.name} is no scan`);
  const { body, length } = operation;
  const inside = showing(body, inner, ids);
  const shared = around.results.every((id) => typeOf(fn, id).shared);
  const added = inside.fn.outputs.map((id): ValueType => {
    const { dtype, shape } = typeOf(inside.fn, id);
    return { dtype, shape: [length, ...shape], shared };
  });
  const results = added.map((_, i) => fn.types.length + i);
  const shown: GraphFunction = {
    ...inside.fn,
    outputs: [...body.outputs, ...inside.fn.outputs],
    outputNames: [...body.outputNames, ...inside.fn.outputNames],
  };
  const instructions = fn.instructions.map((instruction, i) =>
    i === place
      ? { ...instruction, operation: { ...operation, body: shown }, results: [...around.results, ...results] }
      : instruction,
  );
  const outer = { ...fn, instructions, types: [...fn.types, ...added], outputs: results };
  return { fn: { ...outer, outputNames: inside.fn.outputNames }, lengths: [length, ...inside.lengths] };
}

/** The values of the point, with initial states that it leaves to the program. */
function withInitial({ initial }: Program, point: Point): ReadonlyMap<string, BatchValue> {
  const values = graphValues(point);
  if (initial === undefined) return values;
  const computed = evaluateFunction(initial, inputsOf(initial, values), sizesAt(point));
  for (const [i, value] of computed.entries()) {
    const name = outputName(initial, i);
    if (values.has(name)) continue;
    values.set(name, { examples: Array.from({ length: point.batch }, (_, b) => ofExample(value, b)) });
  }
  return values;
}

const ofExample = (value: BatchValue, example: number): Tensor =>
  "shared" in value ? value.shared : at(value.examples, example);

/** An element of a tensor that is stacked over `axes` axes. */
function elementOf({ shape, data }: Tensor, axes: number, position: number): Tensor {
  const own = shape.slice(axes);
  const size = elementCount(own);
  return { shape: own, data: data.slice(position * size, (position + 1) * size) };
}
