/**
 * Runs graph functions slowly and plainly in float64. This is the meaning of the IR and so of the language: passes and
 * targets are right when they agree with it.
 */
import { evaluateDim } from "../../types/dim.js";
import { invariant } from "../../diagnostics/invariant.js";
import { evaluateRules, type LocalKind, type Sizes } from "./evaluate-rules.js";
import { forEachIndex, type Tensor, zeros } from "./tensor.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "./types.js";

/** A shared value is one tensor; a value of each example is one tensor an example, each of its own lengths. */
export type BatchValue = { readonly shared: Tensor } | { readonly examples: readonly Tensor[] };

/**
 * Evaluates `fn` over a batch.
 * @param inputs one value for each input of `fn`, in order
 * @param sizes for each example the sizes of `%T`, run-time dimensions and open cell dimensions
 * @returns the outputs in order
 */
export function evaluateFunction(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  sizes: readonly Sizes[],
): BatchValue[] {
  invariant(inputs.length === fn.inputs.length, `${fn.name} takes ${fn.inputs.length} inputs, got ${inputs.length}`);
  const values = new Map<ValueId, BatchValue>(fn.inputs.map((id, i) => [id, inputs[i] as BatchValue]));
  const value = (id: ValueId): BatchValue => {
    const found = values.get(id);
    invariant(found !== undefined, `%${id} of ${fn.name} is used before it is defined`);
    return found;
  };
  for (const instruction of fn.instructions) {
    const operands = instruction.operands.map(value);
    for (const [i, result] of evaluateInstruction(fn, instruction, operands, sizes).entries()) {
      values.set(instruction.results[i] as ValueId, result);
    }
  }
  return fn.outputs.map(value);
}

function evaluateInstruction(
  fn: GraphFunction,
  instruction: Instruction,
  operands: readonly BatchValue[],
  sizes: readonly Sizes[],
): BatchValue[] {
  const { operation, results } = instruction;
  if (operation.kind === "batch_sum") return [{ shared: sumOverExamples(operands[0] as BatchValue) }];
  const shared = results.length > 0 && results.every((id) => fn.types[id]?.shared);
  if (shared) {
    const tensors = operands.map((operand) => {
      invariant("shared" in operand, `a shared ${operation.kind} of a value of each example`);
      return operand.shared;
    });
    return evaluateLocal(operation, tensors, sizes[0] ?? new Map<string, number>()).map((tensor) => ({
      shared: tensor,
    }));
  }
  const perExample = sizes.map((own, b) =>
    evaluateLocal(
      operation,
      operands.map((o) => tensorOf(o, b)),
      own,
    ),
  );
  return results.map((_, i) => ({ examples: perExample.map((tensors) => tensors[i] as Tensor) }));
}

function tensorOf(value: BatchValue, example: number): Tensor {
  if ("shared" in value) return value.shared;
  const tensor = value.examples[example];
  invariant(tensor !== undefined, `no example ${example}`);
  return tensor;
}

function sumOverExamples(value: BatchValue): Tensor {
  invariant("examples" in value && value.examples[0] !== undefined, "batch_sum of a shared value");
  const sum = zeros(value.examples[0].shape);
  for (const { data } of value.examples) {
    for (const [i, term] of data.entries()) sum.data[i] = (sum.data[i] as number) + term;
  }
  return sum;
}

/** One operation for one example. */
function evaluateLocal(operation: Operation, operands: readonly Tensor[], sizes: Sizes): Tensor[] {
  if (operation.kind === "scan") return evaluateScan(operation, operands, sizes);
  invariant(operation.kind !== "batch_sum", "batch_sum inside the body of a scan");
  const rule = evaluateRules[operation.kind as LocalKind] as (o: Operation, t: readonly Tensor[], s: Sizes) => Tensor;
  return [rule(operation, operands, sizes)];
}

function evaluateScan(
  operation: Extract<Operation, { kind: "scan" }>,
  operands: readonly Tensor[],
  sizes: Sizes,
): Tensor[] {
  const { body, carried, sequences, reverse } = operation;
  const length = evaluateDim(operation.length, sizes);
  let state = operands.slice(0, carried);
  const series = operands.slice(carried, carried + sequences);
  const invariants = operands.slice(carried + sequences);
  const steps: Tensor[][] = new Array<Tensor[]>(length);
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const results = evaluateOne(
      body,
      [...state, ...series.map((sequence) => elementAt(sequence, t)), ...invariants],
      sizes,
    );
    state = results.slice(0, carried);
    steps[t] = results.slice(carried);
  }
  const stacked = body.outputs.slice(carried).map((id, i) => {
    const shape = (body.types[id]?.shape ?? []).map((dim) => evaluateDim(dim, sizes));
    const result = zeros([length, ...shape]);
    for (const [t, outputs] of steps.entries()) {
      const { data } = outputs[i] as Tensor;
      result.data.set(data, t * data.length);
    }
    return result;
  });
  return [...state, ...stacked];
}

function evaluateOne(fn: GraphFunction, inputs: readonly Tensor[], sizes: Sizes): Tensor[] {
  const values = new Map<ValueId, Tensor>(fn.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const value = (id: ValueId): Tensor => {
    const found = values.get(id);
    invariant(found !== undefined, `%${id} of ${fn.name} is used before it is defined`);
    return found;
  };
  for (const { operation, operands, results } of fn.instructions) {
    for (const [i, tensor] of evaluateLocal(operation, operands.map(value), sizes).entries()) {
      values.set(results[i] as ValueId, tensor);
    }
  }
  return fn.outputs.map(value);
}

function elementAt(sequence: Tensor, t: number): Tensor {
  const shape = sequence.shape.slice(1);
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, data: sequence.data.slice(t * size, (t + 1) * size) };
}

/** Cuts the padding off: `[B, …]` storage with per-example sizes to one tensor an example. */
export function unpad(
  data: ArrayLike<number>,
  padded: readonly number[],
  own: readonly (readonly number[])[],
): Tensor[] {
  const stride = padded.reduce((product, n) => product * n, 1);
  return own.map((shape, b) => {
    const result = zeros(shape);
    forEachIndex(shape, (index, position) => {
      const offset = index.reduce((sum, i, axis) => sum * (padded[axis] as number) + i, 0);
      result.data[position] = data[b * stride + offset] as number;
    });
    return result;
  });
}
