/**
 * Makes every operand of every operation a quantity of its own that can be perturbed and has a gradient: operand o of an
 * instruction becomes o + δ, and δ a further input, zero at the point. The derived gradient by δ is what that instruction's rule
 * contributes to the cotangent of o; the measured one is what it should contribute. Inside a scan δ is a sequence, so that each
 * step has its own.
 */
import { typeOf } from "../../../ir/graph/values.js";
import { at } from "../../../base/at.js";
import { GraphBuilder } from "../../../ir/graph/build.js";
import { declareInputs, finishLike, mapped, type ValueMap, withInputTypes } from "../../../ir/graph/rewrite.js";
import { countsOf, inOrder, operandParts, type Scan } from "../../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../../ir/graph/shape-rules.js";
import type { Dim } from "../../../base/types/dim.js";
import type { ScanAxis } from "./order.js";

interface WatchedOperand {
  /** Name of the input that is added to the operand. */
  readonly input: string;
  readonly instruction: Instruction;
  /** Which operand of the instruction. */
  readonly operand: number;
  /** The function it stands in, for names and types of its values. */
  readonly fn: GraphFunction;
  readonly position: number;
  /** The first axes of the input run over these scans. */
  readonly scans: readonly ScanAxis[];
}

/** How δ enters: as o + δ, or as o - δ where the rule of the sum is itself in doubt. */
export type Shift = "add" | "sub";

/** @returns the function with one more input for each watched operand, after its own inputs */
export function watchOperands(
  original: GraphFunction,
  context: ShapeContext,
  shift: Shift,
  counter = { next: 0 },
): { readonly fn: GraphFunction; readonly watched: readonly WatchedOperand[] } {
  const b = new GraphBuilder(original.name, context);
  const values = declareInputs(b, original);
  const watched: WatchedOperand[] = [];
  for (const instruction of original.instructions) {
    const { operation } = instruction;
    const there = b.at(instruction);
    const operands = instruction.operands.map((id) => mapped(values, id));
    const results =
      operation.kind === "scan"
        ? watchScan(there, operation, operands, context, shift, counter, watched)
        : emitPerturbed(there, operation, perturbed(there, original, instruction, values, shift, counter, watched));
    for (const [i, id] of instruction.results.entries()) {
      values.set(id, at(results, i));
      const name = original.names[id];
      if (name !== undefined) b.nameValue(at(results, i), name);
    }
  }
  return { fn: finishLike(b, original, values), watched };
}

/** What is added is each example's own, also to a value that is shared: so it is for a declared rule. */
function emitPerturbed(b: GraphBuilder, operation: Operation, operands: readonly ValueId[]): ValueId[] {
  if (operation.kind !== "custom_derivative") return b.emitAll(operation, operands);
  const types = operands.slice(1).map((id) => b.typeOf(id));
  return b.emitAll({ ...operation, tangent: withInputTypes(operation.tangent, types, b.context) }, operands);
}

/** Operands with something added; what is no real number stays. */
function perturbed(
  b: GraphBuilder,
  fn: GraphFunction,
  instruction: Instruction,
  values: ValueMap,
  shift: Shift,
  counter: { next: number },
  watched: WatchedOperand[],
): ValueId[] {
  const position = counter.next++;
  return instruction.operands.map((id, operand) => {
    const value = mapped(values, id);
    const type = b.typeOf(value);
    if (type.dtype !== "real") return value;
    const input = `watch.${position}.${operand}`;
    watched.push({ input, instruction, operand, fn, position, scans: [] });
    return b.map(shift, value, b.input(input, { ...type, shared: false }));
  });
}

function watchScan(
  b: GraphBuilder,
  scan: Scan,
  operands: readonly ValueId[],
  context: ShapeContext,
  shift: Shift,
  counter: { next: number },
  watched: WatchedOperand[],
): ValueId[] {
  const start = counter.next;
  const inner = watchOperands(scan.body, context, shift, counter);
  const added = inner.fn.inputs.slice(scan.body.inputs.length);
  const own = operandParts(scan, inner.fn.inputs.slice(0, scan.body.inputs.length));
  const body = { ...inner.fn, inputs: inOrder({ ...own, sequences: [...own.sequences, ...added] }) };
  const stacked = added.map((id) => {
    const type = typeOf(inner.fn, id);
    const shape: Dim[] = [scan.length, ...type.shape];
    return b.input(inner.fn.names[id] as string, { ...type, shape });
  });
  for (const entry of inner.watched)
    watched.push({ ...entry, scans: [{ start, reverse: scan.reverse }, ...entry.scans] });
  const given = operandParts(scan, operands);
  const parts = { ...given, sequences: [...given.sequences, ...stacked] };
  return b.emitAll({ ...scan, body, ...countsOf(parts) }, inOrder(parts));
}
