/**
 * A sequence function for exactly one step, for streaming: the size of the sequence becomes 1 and loops of one step become
 * their body.
 * The same operations in the same order, so a stream gives the same bits as the whole sequence.
 */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { inlineFunction } from "../../ir/graph/rewrite.js";
import { isCarried, operandKind, type Scan } from "../../ir/graph/scan.js";
import { resized } from "../../ir/graph/map-dims.js";
import type { GraphFunction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { addDims, constantOf, dimConstant, type Dim, substituteDim, subtractDims } from "../../base/types/dim.js";

/** @param sequence its symbol, `%T` */
export function oneStep(fn: GraphFunction, sequence: string, context: ShapeContext): GraphFunction {
  const sizes = new Map([[sequence, dimConstant(1)]]);
  const substitute = (dim: Dim): Dim => substituteDim(dim, sizes);
  return resized(fn, { size: substitute, number: substitute }, context, (b, operation, operands) => {
    const isOnce = operation.kind === "scan" && constantOf(operation.length) === 1;
    const outputs = isOnce ? runOnce(b, operation, operands) : b.emitAll(operation, operands);
    checkOneElement(b, operation, operands, outputs);
    return outputs;
  });
}

/** What streams has an element wherever something reads or keeps one: beyond them a kernel would read what is somewhere else. */
function checkOneElement(
  b: GraphBuilder,
  operation: Operation,
  operands: readonly ValueId[],
  outputs: readonly ValueId[],
): void {
  for (const size of outputs.flatMap((id) => b.shapeOf(id)))
    invariant(!((constantOf(size) ?? 0) < 0), `a step has no sizes below 0, as ${operation.kind} has`);
  if (operation.kind !== "slice") return;
  const { axis, start, length } = operation;
  const [from, beyond] = [start, subtractDims(at(b.shapeOf(at(operands, 0)), axis), addDims(start, length))];
  for (const room of [from, beyond]) invariant(!((constantOf(room) ?? 0) < 0), "a step takes parts of what there is");
}

function runOnce(b: GraphBuilder, scan: Scan, operands: readonly ValueId[]): ValueId[] {
  const inputs = operands.map((id, i) =>
    operandKind(scan, i) === "sequence" ? b.reshape(id, b.shapeOf(id).slice(1)) : id,
  );
  return inlineFunction(b, scan.body, inputs).map((id, i) =>
    isCarried(scan, i) ? id : b.reshape(id, [dimConstant(1), ...b.shapeOf(id)]),
  );
}
