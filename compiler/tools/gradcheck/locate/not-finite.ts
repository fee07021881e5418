/** The operation at which numbers that are not finite begin: of the values, and of the gradient. */
import { typeOf } from "../../../ir/graph/values.js";
import { type Arithmetic, evaluateWith, realArithmetic } from "../../../ir/graph/evaluate.js";
import type { Tensor } from "../../../ir/graph/tensor.js";
import type { GraphFunction, Instruction } from "../../../ir/graph/graph-function.js";
import { gradientOf } from "../../../passes/autodiff/whole-derivatives.js";
import { inputsOf } from "../graph-point.js";
import { examplesOf } from "../point.js";
import { splitIndex, zeroOf } from "./locate.js";
import { compareMoments, momentOf } from "./order.js";
import type { LocatedSubject } from "./subject.js";
import { watchOperands } from "./watch-operands.js";
import { watchResults } from "./watch-results.js";
import { gradName } from "../../../program/base/roles.js";

export interface NotFinite {
  readonly instruction: Instruction;
  readonly fn: GraphFunction;
  /** Steps of the scans around it. */
  readonly steps: readonly number[];
  /** Of its result, or of what it hands on going backwards. */
  readonly index: readonly number[];
  readonly value: number;
}

const rounded = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map(Math.fround) });

/** Rounds every result as float32 does; enough to see what leaves its range. */
export const float32Arithmetic: Arithmetic<Tensor> = {
  ...realArithmetic,
  apply: (operation, operands, sizes) => rounded(realArithmetic.apply(operation, operands, sizes)),
  sum: (values) => rounded(realArithmetic.sum(values)),
};

/** The first value, in the order of computation, that is not finite. */
export function firstNotFiniteValue(
  { fn, context, values, sizes }: LocatedSubject,
  arithmetic: Arithmetic<Tensor>,
): NotFinite | undefined {
  const { fn: shown, watched } = watchResults(fn, context);
  const results = evaluateWith(arithmetic, shown, inputsOf(shown, values), sizes).slice(fn.outputs.length);
  return extremeOf(watched, results, sizes.length, -1);
}

/** The first operation, going backwards from the results, that hands on a cotangent that is not finite. */
export function firstNotFiniteCotangent(
  { fn, context, values, sizes }: LocatedSubject,
  arithmetic: Arithmetic<Tensor>,
): NotFinite | undefined {
  const { fn: open, watched } = watchOperands(fn, context, "add");
  const all = new Map(values);
  for (const id of open.inputs.slice(fn.inputs.length)) {
    all.set(open.names[id] as string, zeroOf(typeOf(open, id), sizes));
  }
  const gradient = gradientOf(open, context);
  const results = evaluateWith(arithmetic, gradient, inputsOf(gradient, all), sizes);
  const byName = new Map(gradient.outputNames.map((name, i) => [name, results[i]] as const));
  const found = watched.map(({ input }) => byName.get(gradName(input)) as (typeof results)[number]);
  return extremeOf(watched, found, sizes.length, 1);
}

/** Of entries with a number that is not finite the earliest (-1) or the latest (1). */
function extremeOf(
  watched: readonly Omit<ReturnType<typeof watchOperands>["watched"][number], "input" | "operand">[],
  results: ReturnType<typeof evaluateWith<Tensor>>,
  examples: number,
  sign: 1 | -1,
): NotFinite | undefined {
  let found: (NotFinite & { readonly moment: number[] }) | undefined;
  for (const [i, entry] of watched.entries()) {
    for (const { shape, data } of examplesOf(results[i] as (typeof results)[number], examples)) {
      for (const [place, value] of data.entries()) {
        if (Number.isFinite(value)) continue;
        const { steps, index } = splitIndex(shape, place, entry.scans.length);
        const moment = momentOf(entry, steps);
        if (found !== undefined && sign * compareMoments(moment, found.moment) <= 0) continue;
        found = { instruction: entry.instruction, fn: entry.fn, steps, index, value, moment };
      }
    }
  }
  return found;
}
