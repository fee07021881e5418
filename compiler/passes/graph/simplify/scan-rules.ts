/** Rules about loops: what is the same at every step is an invariant, and constants belong inside. Exact. */
import { at } from "../../../base/at.js";
import { ScanBuilder } from "../../../ir/graph/build-scan.js";
import { copyInstruction, mapped, outputsLike, type ValueMap } from "../../../ir/graph/rewrite.js";
import { isCarried, type OperandKind, operandKind, type Scan } from "../../../ir/graph/scan.js";
import type { ValueId } from "../../../ir/graph/graph-function.js";
import { nameOf, typeOf } from "../../../ir/graph/values.js";
import type { View } from "./view.js";

/** What takes the place of an operand of the scan. */
type Replacement =
  | { readonly kind: "constant"; readonly value: number }
  /** A sequence that repeats one value over time. */
  | { readonly kind: "repeated"; readonly source: ValueId };

/** Moves constant operands into the body and turns sequences that repeat one value into invariants. */
export function simplifyScan(scan: Scan, operands: readonly ValueId[], view: View): ValueId[] | undefined {
  const { body } = scan;
  const kinds = operands.map((_, i) => operandKind(scan, i));
  const replacements = operands.map((id, i) =>
    isCarried(scan, i) ? undefined : replacementOf(id, kinds[i] === "sequence", view),
  );
  if (replacements.every((replacement) => replacement === undefined)) return undefined;
  const loop = new ScanBuilder(view.b, body.name);
  const values: ValueMap = new Map();
  const take = (kind: OperandKind, i: number, operand: ValueId): void => {
    const id = at(body.inputs, i);
    values.set(id, loop.input(kind, nameOf(body, id), typeOf(body, id), operand));
  };
  const stays = operands.map((_, i) => kinds[i] !== "invariant" && replacements[i] === undefined);
  for (const [i, operand] of operands.entries()) if (stays[i]) take(at(kinds, i), i, operand);
  for (const [i, operand] of operands.entries()) {
    const replacement = replacements[i];
    if (replacement?.kind === "repeated") take("invariant", i, replacement.source);
    else if (replacement === undefined && !stays[i]) take("invariant", i, operand);
  }
  for (const [i, replacement] of replacements.entries()) {
    if (replacement?.kind !== "constant") continue;
    const id = at(body.inputs, i);
    values.set(id, loop.inner.constantOf(replacement.value, typeOf(body, id).shape));
  }
  for (const instruction of body.instructions) copyInstruction(loop.inner, body, instruction, values);
  const outputs = body.outputs.map((id) => mapped(values, id));
  return loop.emit(scan, outputsLike(body, outputs));
}

function replacementOf(id: ValueId, isSequence: boolean, view: View): Replacement | undefined {
  const value = view.constant(id);
  if (value !== undefined) return { kind: "constant", value };
  if (!isSequence) return undefined;
  const broadcast = view.match(id, "broadcast");
  if (broadcast === undefined || broadcast.operation.axes.includes(0)) return undefined;
  const { shape, axes } = broadcast.operation;
  return {
    kind: "repeated",
    source: view.b.broadcast(
      at(broadcast.operands, 0),
      shape.slice(1),
      axes.map((axis) => axis - 1),
    ),
  };
}
