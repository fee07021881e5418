/**
 * Runs graph functions slowly and plainly in float64. This is the meaning of the IR and so of the language: passes and
 * targets are right when they agree with it.
 */
import { evaluateDim } from "../../base/types/dim.js";
import { at } from "../../base/at.js";
import { invariant, InvariantError } from "../../base/diagnostics/invariant.js";
import { evaluateRules, type LocalKind, type SymbolSizes } from "./evaluate-rules.js";
import { elementCount, positionsOf, stridesOf, type Tensor, zeros } from "./tensor.js";
import { neededIn } from "./rewrite.js";
import { inOrder, operandParts, resultParts, type Scan } from "./scan.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "./graph-function.js";
import { typeOf } from "./values.js";

/** A shared value is one tensor; a value of each example is one tensor an example, each of its own lengths. */
export type Batched<V> = { readonly shared: V } | { readonly examples: readonly V[] };
export type BatchValue = Batched<Tensor>;

/** An operation that looks at one example. */
export type LocalOperation = Extract<Operation, { kind: LocalKind }>;

/**
 * What tensors are made of. The walk over functions, scans and examples is the same for real numbers, which are the
 * meaning, and for others that a check computes with.
 */
export interface Arithmetic<V> {
  apply(operation: LocalOperation, operands: readonly V[], sizes: SymbolSizes): V;
  /** Adds values of one shape. */
  sum(values: readonly V[]): V;
  /** Element `t` of the first axis. */
  elementAt(sequence: V, t: number): V;
  /** Values of this shape along a new first axis; there may be none. */
  stack(elements: readonly V[], shape: readonly number[]): V;
}

/**
 * Evaluates `fn` over a batch.
 * @param inputs one value for each input of `fn`, in order
 * @param sizes for each example the sizes of `%T`, run-time dimensions and open cell dimensions
 * @returns the outputs in order
 */
export function evaluateFunction(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  sizes: readonly SymbolSizes[],
): BatchValue[] {
  return evaluateWith(realArithmetic, fn, inputs, sizes);
}

/** `evaluateFunction` on other numbers. */
export function evaluateWith<V>(
  arithmetic: Arithmetic<V>,
  fn: GraphFunction,
  inputs: readonly Batched<V>[],
  sizes: readonly SymbolSizes[],
): Batched<V>[] {
  invariant(inputs.length === fn.inputs.length, `${fn.name} takes ${fn.inputs.length} inputs, got ${inputs.length}`);
  return evaluateBody(fn, inputs, (instruction, operands) =>
    evaluateInstruction(arithmetic, fn, instruction, operands, sizes),
  );
}

/** Instruction after instruction. */
function evaluateBody<Value>(
  fn: GraphFunction,
  inputs: readonly Value[],
  evaluate: (instruction: Instruction, operands: readonly Value[]) => readonly Value[],
): Value[] {
  const values = new Array<Value | undefined>(fn.types.length);
  for (const [i, id] of fn.inputs.entries()) values[id] = at(inputs, i);
  const value = (id: ValueId): Value => {
    const found = values[id];
    if (found === undefined) throw new InvariantError(`%${id} of ${fn.name} is used before it is defined`);
    return found;
  };
  const { counted, needed } = planOf(fn);
  for (const instruction of needed) {
    const { operation, operands, results } = instruction;
    if (operation.kind === "iota" && counted.has(at(results, 0))) continue;
    // The number at a place of `0, 1, 2, …` is the place.
    const isPlace = operation.kind === "gather" && counted.has(at(operands, 0));
    const found = isPlace ? [value(at(operands, 1))] : evaluate(instruction, operands.map(value));
    for (const [i, result] of found.entries()) values[at(results, i)] = result;
  }
  return fn.outputs.map(value);
}

interface EvaluationPlan {
  /** What an output depends on: derivatives as they are derived have much that nothing reads, such as the gradient by what only counts. */
  readonly needed: readonly Instruction[];
  readonly counted: ReadonlySet<ValueId>;
}

const plans = new WeakMap<GraphFunction, EvaluationPlan>();

/** Functions do not change, and bodies of loops are evaluated at each step. */
function planOf(fn: GraphFunction): EvaluationPlan {
  const known = plans.get(fn);
  if (known !== undefined) return known;
  const { instructions: needed } = neededIn(fn);
  const plan = { needed, counted: onlyCounted({ ...fn, instructions: needed }) };
  plans.set(fn, plan);
  return plan;
}

/** What counts from 0 on for nothing but to make numbers of indices: it may be very long. */
function onlyCounted({ instructions, outputs }: GraphFunction): ReadonlySet<ValueId> {
  const counted = new Set(instructions.flatMap(({ operation, results }) => (operation.kind === "iota" ? results : [])));
  for (const { operation, operands } of instructions) {
    for (const [i, id] of operands.entries()) if (operation.kind !== "gather" || i > 0) counted.delete(id);
  }
  for (const id of outputs) counted.delete(id);
  return counted;
}

function evaluateInstruction<V>(
  arithmetic: Arithmetic<V>,
  fn: GraphFunction,
  instruction: Instruction,
  operands: readonly Batched<V>[],
  sizes: readonly SymbolSizes[],
): Batched<V>[] {
  const { operation, results } = instruction;
  if (operation.kind === "batch_sum") {
    const [operand] = operands;
    invariant(operand !== undefined && "examples" in operand, "batch_sum of a shared value");
    return [{ shared: arithmetic.sum(operand.examples) }];
  }
  const shared = results.length > 0 && results.every((id) => fn.types[id]?.shared);
  if (shared) {
    const tensors = operands.map((operand) => {
      if ("shared" in operand) return operand.shared;
      throw new InvariantError(`a shared ${operation.kind} of a value of each example`);
    });
    const own = sizes[0] ?? new Map<string, number>();
    return evaluateLocal(arithmetic, operation, tensors, own).map((value) => ({ shared: value }));
  }
  const perExample = sizes.map((own, b) =>
    evaluateLocal(
      arithmetic,
      operation,
      operands.map((operand) => ofExample(operand, b)),
      own,
    ),
  );
  return results.map((_, i) => ({ examples: perExample.map((values) => at(values, i)) }));
}

function ofExample<V>(value: Batched<V>, example: number): V {
  if ("shared" in value) return value.shared;
  return at(value.examples, example);
}

/** Evaluates `fn` for one example, where nothing is summed over a batch. */
export function evaluateExample<V>(
  arithmetic: Arithmetic<V>,
  fn: GraphFunction,
  inputs: readonly V[],
  sizes: SymbolSizes,
): V[] {
  return evaluateBody(fn, inputs, ({ operation }, operands) => evaluateLocal(arithmetic, operation, operands, sizes));
}

/** One operation for one example. */
function evaluateLocal<V>(
  arithmetic: Arithmetic<V>,
  operation: Operation,
  operands: readonly V[],
  sizes: SymbolSizes,
): readonly V[] {
  if (operation.kind === "scan") return evaluateScan(arithmetic, operation, operands, sizes);
  invariant(operation.kind !== "batch_sum", "batch_sum inside the body of a scan");
  return [arithmetic.apply(operation, operands, sizes)];
}

function evaluateScan<V>(arithmetic: Arithmetic<V>, scan: Scan, operands: readonly V[], sizes: SymbolSizes): V[] {
  const { body, reverse } = scan;
  const length = evaluateDim(scan.length, sizes);
  const given = operandParts(scan, operands);
  let state = given.carried;
  const steps: (readonly V[])[] = new Array<readonly V[]>(length);
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const sequences = given.sequences.map((sequence) => arithmetic.elementAt(sequence, t));
    const results = evaluateExample(arithmetic, body, inOrder({ ...given, carried: state, sequences }), sizes);
    const { carried, stacked } = resultParts(scan, results);
    state = carried;
    steps[t] = stacked;
  }
  const stacked = resultParts(scan, body.outputs).stacked.map((id, i) =>
    arithmetic.stack(
      steps.map((outputs) => at(outputs, i)),
      typeOf(body, id).shape.map((dim) => evaluateDim(dim, sizes)),
    ),
  );
  return inOrder({ carried: state, stacked });
}

/** Float64 tensors. */
export const realArithmetic: Arithmetic<Tensor> = {
  apply: (operation, operands, sizes) => {
    const rule = evaluateRules[operation.kind] as (o: Operation, t: readonly Tensor[], s: SymbolSizes) => Tensor;
    return rule(operation, operands, sizes);
  },

  sum: ([first, ...rest]) => {
    invariant(first !== undefined, "a sum over no examples");
    const sum = { shape: first.shape, data: first.data.slice() };
    for (const { data } of rest) {
      for (const [i, term] of data.entries()) sum.data[i] = (sum.data[i] as number) + term;
    }
    return sum;
  },

  elementAt: (sequence, t) => {
    const shape = sequence.shape.slice(1);
    const size = elementCount(shape);
    return { shape, data: sequence.data.slice(t * size, (t + 1) * size) };
  },

  stack: (elements, shape) => {
    const result = zeros([elements.length, ...shape]);
    for (const [t, { data }] of elements.entries()) result.data.set(data, t * data.length);
    return result;
  },
};

/** Cuts the padding off: `[B, …]` storage with per-example sizes to one tensor an example. */
export function unpad(
  data: ArrayLike<number>,
  padded: readonly number[],
  own: readonly (readonly number[])[],
): Tensor[] {
  const stride = padded.reduce((product, n) => product * n, 1);
  return own.map((shape, b) => {
    const positions = positionsOf(shape, stridesOf(padded), b * stride);
    return { shape, data: Float64Array.from(positions, (position) => data[position] as number) };
  });
}
