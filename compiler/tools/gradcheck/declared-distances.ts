/**
 * How far declared derivatives are from the true ones. Each function is taken by itself, at arguments that the program gave it at the
 * points of a check: a partial derivative is measured by a complex step through the declaration, and by one through the value
 * as it is computed. Both are right to rounding.
 */
import { at } from "../../base/at.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import type { BatchValue } from "../../ir/graph/evaluate.js";
import { indexAt, type Tensor, zeros } from "../../ir/graph/tensor.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { Program, ProgramDerivative } from "../../program/program.js";
import { agreedBySides, complexStep, mapSides } from "./complex-step.js";
import { type Arguments, argumentsOf } from "./declared-arguments.js";
import type { FaultPlace } from "./fault.js";
import type { Point } from "./point.js";
import type { DeclaredComparison, DeclaredReport } from "./report.js";

/** Do derivatives of a module follow what functions of the source state? Differences see the true ones instead. */
export const declares = ({ declaredDerivatives = [] }: Manifest): boolean => declaredDerivatives.length > 0;

/** Of each call the sets of arguments, and of each argument the elements, that are looked at for one point. */
const most = 6;

interface DerivativeTally {
  readonly derivative: ProgramDerivative;
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
  private readonly entries = new Map<string, DerivativeTally>();

  measure(program: Program, point: Point, random: Random): void {
    for (const derivative of program.declared ?? []) {
      const entry = this.entryOf(derivative);
      const seen = random.shuffle(argumentsOf(program, derivative, point)).slice(0, most);
      for (const given of seen) this.compare(entry, derivative.fn, given, random);
    }
  }

  report(placeOf: (derivative: ProgramDerivative) => FaultPlace | undefined): DeclaredReport[] {
    return [...this.entries.values()].map(({ derivative, compared, kinks, off, declared, true: truth, worst }) => {
      const size = Math.max(declared, truth);
      const distance = compared === 0 ? undefined : size === 0 ? 0 : Math.sqrt(off / size);
      return { name: derivative.name, place: placeOf(derivative), compared, kinks, distance, worst };
    });
  }

  private entryOf(derivative: ProgramDerivative): DerivativeTally {
    const key = `${derivative.span.file} ${derivative.span.start}`;
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const entry: DerivativeTally = {
      derivative,
      compared: 0,
      kinks: 0,
      off: 0,
      declared: 0,
      true: 0,
      worst: undefined,
    };
    this.entries.set(key, entry);
    return entry;
  }

  private compare(entry: DerivativeTally, fn: GraphFunction, { values, sizes }: Arguments, random: Random): void {
    const inputs = values.map((value): BatchValue => ({ examples: [value] }));
    for (const [i, value] of values.entries()) {
      if (fn.types[at(fn.inputs, i)]?.dtype !== "real") continue;
      const places = random.shuffle(Array.from(value.data.keys())).slice(0, most);
      for (const place of places) {
        const along = values.map((_, j): BatchValue | undefined =>
          j === i ? { examples: [oneHot(value, place)] } : undefined,
        );
        const [stated] = complexStep(fn, inputs, along, [sizes]);
        const sides = mapSides(complexStep(fn, inputs, along, [sizes], { asComputed: true }), numbersOf);
        const declared = numbersOf(stated);
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
            argument: fn.names[at(fn.inputs, i)] as string,
            index: indexAt(value.shape, place),
            at: value.data[place] as number,
          };
        }
      }
    }
  }
}

/** The numbers of the only output of the only example. */
function numbersOf(results: readonly BatchValue[]): number[] {
  return results.flatMap((value) => [...("shared" in value ? value.shared : at(value.examples, 0)).data]);
}

function oneHot({ shape }: Tensor, place: number): Tensor {
  const result = zeros(shape);
  result.data[place] = 1;
  return result;
}
