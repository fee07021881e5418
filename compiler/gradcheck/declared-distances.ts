/**
 * How far declared derivatives are from the true ones. Each function is taken by itself, at arguments that the cell gave it at the
 * points of a check: a partial derivative is measured by a complex step through the declaration, and by one through the value
 * as it is computed. Both are right to rounding.
 */
import type { Manifest } from "../../runtime/module/manifest.js";
import type { Random } from "../../runtime/random.js";
import { type BatchValue, evaluateFunction } from "../ir/graph/evaluate.js";
import type { Sizes } from "../ir/graph/evaluate-rules.js";
import { elementCount, type Tensor, zeros } from "../ir/graph/tensor.js";
import type { GraphFunction, ValueId } from "../ir/graph/types.js";
import type { DeclaredDerivative, LoweredCell } from "../lower/lowered-cell.js";
import { buildForward, buildInitial } from "../transform/sequence.js";
import { agreedBySides, complexStep, mapSides } from "./complex-step.js";
import { graphValues, inputsOf } from "./graph-point.js";
import type { FaultPlace } from "./locate/fault.js";
import { type Point, symbolSizes } from "./point.js";
import type { DeclaredComparison, DeclaredReport } from "./report.js";

/** Do derivatives of a module follow what functions of the source state? Differences see the true ones instead. */
export const declares = ({ declaredDerivatives = [] }: Manifest): boolean => declaredDerivatives.length > 0;

/** Of each call the sets of arguments, and of each argument the entries, that are looked at for one point. */
const most = 6;

/** What a function saw of one call: its arguments, and the sizes of the example. */
interface Arguments {
  readonly values: readonly Tensor[];
  readonly sizes: Sizes;
}

interface Entry {
  readonly derivative: DeclaredDerivative;
  compared: number;
  kinks: number;
  /** Sums of squares. */
  off: number;
  declared: number;
  true: number;
  worst: DeclaredComparison | undefined;
}

/** Collects distances over all points of a check. */
export class DeclaredDistances {
  /** By place: the same function has a graph of its own at other sizes. */
  private readonly entries = new Map<string, Entry>();

  measure(cell: LoweredCell, point: Point, random: Random): void {
    for (const derivative of cell.declared) {
      const entry = this.entryOf(derivative);
      const seen = random.shuffle(argumentsOf(cell, derivative, point)).slice(0, most);
      for (const given of seen) this.compare(entry, derivative.fn, given, random);
    }
  }

  report(placeOf: (derivative: DeclaredDerivative) => FaultPlace | undefined): DeclaredReport[] {
    return [...this.entries.values()].map(({ derivative, compared, kinks, off, declared, true: truth, worst }) => {
      const size = Math.max(declared, truth);
      const distance = compared === 0 ? undefined : size === 0 ? 0 : Math.sqrt(off / size);
      return { name: derivative.name, place: placeOf(derivative), compared, kinks, distance, worst };
    });
  }

  private entryOf(derivative: DeclaredDerivative): Entry {
    const key = `${derivative.span.file} ${derivative.span.start}`;
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { derivative, compared: 0, kinks: 0, off: 0, declared: 0, true: 0, worst: undefined };
    this.entries.set(key, entry);
    return entry;
  }

  private compare(entry: Entry, fn: GraphFunction, { values, sizes }: Arguments, random: Random): void {
    const inputs = values.map((value): BatchValue => ({ examples: [value] }));
    for (const [i, value] of values.entries()) {
      if (fn.types[fn.inputs[i] as ValueId]?.dtype !== "real") continue;
      const places = random.shuffle(Array.from(value.data.keys())).slice(0, most);
      for (const place of places) {
        const along = values.map((_, j): BatchValue | undefined =>
          j === i ? { examples: [oneHot(value, place)] } : undefined,
        );
        const [stated] = complexStep(fn, inputs, along, [sizes]);
        const sides = mapSides(complexStep(fn, inputs, along, [sizes], { asComputed: true }), numbersOfOnly);
        const declared = numbersOfOnly(stated);
        const truth = sides[0].flatMap((_, k) => agreedBySides(mapSides(sides, (side) => side[k] as number)) ?? []);
        if (truth.length < declared.length || ![...declared, ...truth].every(Number.isFinite)) {
          entry.kinks++;
          continue;
        }
        for (const [k, number] of declared.entries()) {
          const other = truth[k] as number;
          entry.compared++;
          entry.off += (number - other) ** 2;
          entry.declared += number ** 2;
          entry.true += other ** 2;
          const { worst } = entry;
          if (worst !== undefined && Math.abs(number - other) <= Math.abs(worst.declared - worst.true)) continue;
          entry.worst = {
            declared: number,
            true: other,
            argument: fn.names[fn.inputs[i] as ValueId] as string,
            index: indexOf(value.shape, place),
            at: value.data[place] as number,
          };
        }
      }
    }
  }
}

/** The numbers of the only output of the only example. */
function numbersOfOnly([value]: readonly BatchValue[]): number[] {
  if (value === undefined) return [];
  return "shared" in value ? [...value.shared.data] : [...(value.examples[0] as Tensor).data];
}

function oneHot({ shape }: Tensor, place: number): Tensor {
  const result = zeros(shape);
  result.data[place] = 1;
  return result;
}

function indexOf(shape: readonly number[], place: number): number[] {
  let rest = place;
  return [...shape].reverse().reduce<number[]>((index, size) => {
    const own = rest % size;
    rest = Math.floor(rest / size);
    return [own, ...index];
  }, []);
}

/** What a function is called with at a point, in every example and step. */
function argumentsOf(cell: LoweredCell, { calls }: DeclaredDerivative, point: Point): Arguments[] {
  const sizes = symbolSizes(point);
  return calls.flatMap(({ within, arguments: ids }) => {
    const found = within === "step" ? valuesInSteps(cell, ids, point) : valuesInInitial(cell, ids, point);
    return found.map(({ example, values }) => ({ values, sizes: sizes[example] as Sizes }));
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
  return point.lengths.flatMap((length, example) =>
    Array.from({ length }, (_, t) => ({
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
