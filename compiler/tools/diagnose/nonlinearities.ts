/** Where the equations of a step can saturate: squashing functions and limits, and how a value shows it. */
import { at } from "../../base/at.js";
import type { Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";

export type NonlinearityKind = "sigmoid" | "tanh" | "clamp" | "max" | "min" | "relu";

/** What one value of a nonlinearity says. */
export interface Reading {
  /** The absolute slope at this value. */
  readonly slope: number;
  /** -1 where it is stuck at its lower end, 1 at its upper end, 0 where it can still move. */
  readonly stuck: -1 | 0 | 1;
}

/** Less than a tenth of the steepest slope counts as stuck: sigmoid below 0.026 or above 0.974, tanh beyond ±0.949. */
const stuckBelow = 0.1;

/** What the observed number of each kind means: the value itself, or for hard limits -1, 0, 1 made by `observe`. */
export const readings: Readonly<Record<NonlinearityKind, (observed: number) => Reading>> = {
  sigmoid: (value) => smooth(value * (1 - value), 0.25, value - 0.5),
  tanh: (value) => smooth(1 - value * value, 1, value),
  clamp: hard,
  max: hard,
  min: hard,
  relu: hard,
};

function smooth(slope: number, steepest: number, side: number): Reading {
  return { slope, stuck: slope >= stuckBelow * steepest ? 0 : side < 0 ? -1 : 1 };
}

function hard(side: number): Reading {
  return { slope: side === 0 ? 1 : 0, stuck: side < 0 ? -1 : side > 0 ? 1 : 0 };
}

interface Nonlinearity {
  readonly kind: NonlinearityKind;
  /** Adds what has to be observed to a copy of the function, whose values `mapped` gives. */
  observe(b: GraphBuilder, mapped: (id: ValueId) => ValueId): ValueId;
}

/** The instruction as a nonlinearity; undefined where it is none. */
export function nonlinearityAt(
  instruction: Instruction,
  defined: ReadonlyMap<ValueId, Instruction>,
): Nonlinearity | undefined {
  const { operation, operands, results } = instruction;
  if (operation.kind !== "map") return undefined;
  const [first = 0, second = 0, third = 0] = operands;
  const result = at(results, 0);
  const isConstant = (id: ValueId): boolean => constantValue(id, defined) !== undefined;
  /** -1 where `low <= …`, 1 where `… <= high`, else 0. */
  const sides = (kind: NonlinearityKind, low: ValuePair | undefined, high: ValuePair | undefined): Nonlinearity => ({
    kind,
    observe(b, mapped) {
      const shape = b.shapeOf(mapped(result));
      const constant = (value: number): ValueId => b.constantOf(value, shape);
      const when = (pair: ValuePair, side: number, otherwise: ValueId): ValueId =>
        b.map("select", b.map("le", mapped(pair[0]), mapped(pair[1])), constant(side), otherwise);
      const above = high === undefined ? constant(0) : when(high, 1, constant(0));
      return low === undefined ? above : when(low, -1, above);
    },
  });
  switch (operation.op) {
    case "sigmoid":
    case "tanh":
      return { kind: operation.op, observe: (_, mapped) => mapped(result) };
    case "clamp":
      return sides("clamp", [first, second], [third, first]);
    case "max":
    case "min": {
      if (isConstant(first) === isConstant(second)) return undefined;
      const [value, limit] = isConstant(second) ? [first, second] : [second, first];
      return operation.op === "max" ? sides("max", [value, limit], undefined) : sides("min", undefined, [limit, value]);
    }
    case "select":
      return reluAt(first, second, third);
    default:
      return undefined;
  }

  /** `if x <= c then c' else x`, or the other way round: what `relu` is lowered to. */
  function reluAt(condition: ValueId, whenTrue: ValueId, whenFalse: ValueId): Nonlinearity | undefined {
    const comparison = defined.get(condition);
    if (comparison?.operation.kind !== "map" || !orders.has(comparison.operation.op)) return undefined;
    const [left = 0, right = 0] = comparison.operands;
    if (isConstant(right) && isConstant(whenTrue) && left === whenFalse) return sides("relu", [left, right], undefined);
    if (isConstant(left) && isConstant(whenFalse) && right === whenTrue) return sides("relu", [right, left], undefined);
    return undefined;
  }
}

type ValuePair = readonly [lesser: ValueId, greater: ValueId];

const orders: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["lt", "le"]);

/** The number that a value is everywhere; undefined where it is not a constant. */
function constantValue(id: ValueId, defined: ReadonlyMap<ValueId, Instruction>): number | undefined {
  const definition = defined.get(id);
  if (definition?.operation.kind === "constant") return definition.operation.value;
  if (definition?.operation.kind !== "broadcast") return undefined;
  return constantValue(at(definition.operands, 0), defined);
}
