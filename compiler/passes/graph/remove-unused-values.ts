import { at } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import {
  copyInstruction,
  declareInputs,
  finishLike,
  mapped,
  recordResults,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import { countsOf, inOrder, operandParts, type Scan, statesOf } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import type { GraphPass } from "../pass.js";

/**
 * Drops instructions that no output depends on, and of a scan the stacked outputs, states and operands that nothing
 * needs. Inputs of the function itself stay: they are its interface.
 */
export const removeUnusedValues: GraphPass = {
  name: "remove-unused-values",
  summary: "drop what no output depends on, also inside loops",
  run: (fn, context) => removeUnused(fn, context),
};

function removeUnused(fn: GraphFunction, context: ShapeContext): GraphFunction {
  const live = new Set<ValueId>(fn.outputs);
  const kept: { instruction: Instruction; pruned?: PrunedScan }[] = [];
  for (const instruction of [...fn.instructions].reverse()) {
    if (!instruction.results.some((id) => live.has(id))) continue;
    if (instruction.operation.kind === "scan") {
      const pruned = pruneScan(
        instruction.operation,
        instruction.results.map((id) => live.has(id)),
        context,
      );
      kept.push({ instruction, pruned });
      for (const i of pruned.operands) live.add(at(instruction.operands, i));
    } else {
      kept.push({ instruction });
      for (const id of instruction.operands) live.add(id);
    }
  }
  const builder = new GraphBuilder(fn.name, context);
  const values = declareInputs(builder, fn);
  for (const { instruction, pruned } of kept.reverse()) {
    if (pruned === undefined) copyInstruction(builder, fn, instruction, values);
    else copyPruned(builder, fn, instruction, pruned, values);
  }
  return finishLike(builder, fn, values);
}

interface PrunedScan {
  readonly operation: Operation;
  /** Positions of the operands that stay. */
  readonly operands: readonly number[];
  /** Positions of the results that stay. */
  readonly results: readonly number[];
}

function pruneScan(operation: Scan, liveResults: readonly boolean[], context: ShapeContext): PrunedScan {
  const { body } = operation;
  const keep = [...liveResults];
  const places = operandParts(operation, [...body.inputs.keys()]);
  // A state that a kept value reads must be carried, and then what its next value reads, and so on.
  let pruned = body;
  for (let changed = true; changed;) {
    pruned = removeUnused(selectOutputs(body, keep), context);
    const used = usedValues(pruned);
    changed = false;
    for (const i of places.carried) {
      if (!keep[i] && used.has(at(pruned.inputs, i))) {
        keep[i] = true;
        changed = true;
      }
    }
  }
  const used = usedValues(pruned);
  const isUsed = (i: number): boolean => used.has(at(pruned.inputs, i));
  const kept = {
    carried: places.carried.filter((i) => keep[i]),
    sequences: places.sequences.filter(isUsed),
    invariants: places.invariants.filter(isUsed),
  };
  const operands = inOrder(kept);
  const results = keep.flatMap((isKept, i) => (isKept ? [i] : []));
  return {
    operation: {
      ...operation,
      body: { ...pruned, inputs: operands.map((i) => at(pruned.inputs, i)) },
      ...countsOf(kept),
      states: statesOf(operation, kept.carried),
    },
    operands,
    results,
  };
}

function selectOutputs(fn: GraphFunction, keep: readonly boolean[]): GraphFunction {
  return {
    ...fn,
    outputs: fn.outputs.filter((_, i) => keep[i]),
    outputNames: fn.outputNames.filter((_, i) => keep[i]),
  };
}

function usedValues(fn: GraphFunction): Set<ValueId> {
  return new Set([...fn.instructions.flatMap((instruction) => instruction.operands), ...fn.outputs]);
}

function copyPruned(
  builder: GraphBuilder,
  fn: GraphFunction,
  instruction: Instruction,
  pruned: PrunedScan,
  values: ValueMap,
): void {
  const operands = pruned.operands.map((i) => mapped(values, at(instruction.operands, i)));
  const results = builder.emitAll(pruned.operation, operands, instruction);
  const left = pruned.results.map((i) => at(instruction.results, i));
  recordResults(builder, fn, { operation: pruned.operation, results: left }, results, values);
}
