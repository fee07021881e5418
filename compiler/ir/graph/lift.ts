/**
 * Doing an operation for all steps at once, or for all values of an index: operands that vary with them have a leading axis for it.
 */
import { at, lookUp } from "../../base/at.js";
import { GraphBuilder } from "./build.js";
import { nameOf, outputName } from "./values.js";
import { InvariantError } from "../../base/diagnostics/invariant.js";
import type { GraphFunction, Operation, OperationKind, ValueId, ValueType } from "./graph-function.js";
import type { Dim } from "../../base/types/dim.js";

export interface Lifted {
  readonly value: ValueId;
  /** True with a leading time axis, false where the value is the same at every step. */
  readonly overTime: boolean;
}

type LiftableKind = Exclude<OperationKind, "scan" | "batch_sum" | "constant" | "dimension" | "iota">;
type LiftRule<K extends LiftableKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: readonly Lifted[],
  b: GraphBuilder,
  length: Dim,
) => ValueId;

const next = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

const liftRules: { readonly [K in LiftableKind]: LiftRule<K> } = {
  map: (operation, operands, b, length) =>
    b.emit(
      operation,
      operands.map((operand) => overTime(operand, b, length)),
    ),
  broadcast: ({ shape, axes }, [operand], b, length) =>
    b.broadcast(value(operand), [length, ...shape], [0, ...next(axes)]),
  reduce: ({ op, axes }, [operand], b) => b.reduce(op, value(operand), next(axes)),
  contract: ({ a, b: right, result, parts }, [x, y], b) => {
    const time = Math.max(-1, ...a, ...right) + 1;
    const labels = (own: readonly number[], operand: Lifted | undefined): readonly number[] =>
      operand?.overTime ? [time, ...own] : own;
    return b.contract(value(x), value(y), { a: labels(a, x), b: labels(right, y), result: [time, ...result], parts });
  },
  slice: ({ axis, start, length }, [operand], b) => b.slice(value(operand), axis + 1, start, length),
  pad: ({ axis, before, after }, [operand], b) =>
    b.emit({ kind: "pad", axis: axis + 1, before, after }, [value(operand)]),
  concat: ({ axis, state }, operands, b, length) =>
    b.concat(
      axis + 1,
      operands.map((operand) => overTime(operand, b, length)),
      state,
    ),
  reshape: ({ shape }, [operand], b, length) => b.reshape(value(operand), [length, ...shape]),
  transpose: ({ permutation }, [operand], b) => b.transpose(value(operand), [0, ...next(permutation)]),
  reverse: ({ axis }, [operand], b) => b.emit({ kind: "reverse", axis: axis + 1 }, [value(operand)]),
  to_index: (operation, [operand], b) => b.emit(operation, [value(operand)]),
  window: ({ axis, ...rest }, [operand], b) => b.emit({ ...rest, axis: axis + 1 }, [value(operand)]),
  unwindow: ({ axis, ...rest }, [operand], b) => b.emit({ ...rest, axis: axis + 1 }, [value(operand)]),
  gather: ({ along }, [table, index], b) => {
    const [rows, places] = [value(table), value(index)];
    if (table?.overTime === true && index?.overTime === true)
      return b.emit({ kind: "gather", along: along + 1 }, [moved(b, rows, 0, 1), places]);
    // Axes that both have come first in what is looked up.
    if (table?.overTime !== true)
      return moved(b, b.emit({ kind: "gather", along }, [rows, moved(b, places, 0, along)]), along, 0);
    const found = b.emit({ kind: "gather", along }, [moved(b, rows, 0, along + 1), places]);
    return moved(b, found, b.shapeOf(places).length, 0);
  },
  scatter_add: ({ along, size }, [index, updates], b, length) => {
    if (index?.overTime !== true && updates !== undefined) {
      const rank = b.shapeOf(value(index)).length;
      const rows = moved(b, updates.value, 0, rank);
      return moved(b, b.emit({ kind: "scatter_add", along, size }, [value(index), rows]), along + 1, 0);
    }
    const own = [index, updates].map((operand) => overTime(lifting(operand), b, length));
    return moved(b, b.emit({ kind: "scatter_add", along: along + 1, size }, own), 1, 0);
  },
  custom_derivative: (operation, [first, ...others], b, length) => {
    if (first === undefined) throw new InvariantError("a declared derivative of nothing");
    const tangent = liftFunction(operation.tangent, others, b, length);
    return b.emit({ ...operation, tangent }, [overTime(first, b, length), ...others.map(value)]);
  },
};

/** `fn` for all steps at once; of its inputs those vary with time whose operands do. */
function liftFunction(fn: GraphFunction, operands: readonly Lifted[], outer: GraphBuilder, length: Dim): GraphFunction {
  const b = new GraphBuilder(fn.name, outer.context);
  const lifted = new Map<ValueId, Lifted>();
  for (const [i, id] of fn.inputs.entries()) {
    const operand = at(operands, i);
    const type: ValueType = outer.typeOf(operand.value);
    lifted.set(id, { value: b.input(nameOf(fn, id), type), overTime: operand.overTime });
  }
  for (const instruction of fn.instructions) {
    const { operation, operands: own, results } = instruction;
    const read = own.map((id) => lookUp(lifted, id));
    const isOverTime = read.some((operand) => operand.overTime);
    const there = b.at(instruction);
    const result = isOverTime ? liftOperation(operation, read, there, length) : there.emit(operation, read.map(value));
    lifted.set(at(results, 0), { value: result, overTime: isOverTime });
  }
  return b.finish(
    fn.outputs.map((id, i) => ({
      name: outputName(fn, i),
      value: overTime(lookUp(lifted, id), b, length),
    })),
  );
}

/** `operation` for all steps; at least one operand must vary with time. */
export function liftOperation(
  operation: Operation,
  operands: readonly Lifted[],
  b: GraphBuilder,
  length: Dim,
): ValueId {
  const rule = liftRules[operation.kind as LiftableKind] as LiftRule<LiftableKind> | undefined;
  if (rule === undefined) throw new InvariantError(`${operation.kind} cannot be lifted over time`);
  return rule(operation as never, operands, b, length);
}

/** The value with a time axis, repeated where it has none. */
export function overTime(operand: Lifted, b: GraphBuilder, length: Dim): ValueId {
  if (operand.overTime) return operand.value;
  const shape = b.shapeOf(operand.value);
  return b.broadcast(operand.value, [length, ...shape], next(shape.map((_, axis) => axis)));
}

function value(operand: Lifted | undefined): ValueId {
  return lifting(operand).value;
}

function lifting(operand: Lifted | undefined): Lifted {
  if (operand === undefined) throw new InvariantError("an operand is missing");
  return operand;
}

/** With one of its axes at another place among the others. */
function moved(b: GraphBuilder, id: ValueId, from: number, to: number): ValueId {
  if (from === to) return id;
  const others = b.shapeOf(id).map((_, axis) => axis).filter((axis) => axis !== from); // prettier-ignore
  return b.transpose(id, [...others.slice(0, to), from, ...others.slice(to)]);
}
