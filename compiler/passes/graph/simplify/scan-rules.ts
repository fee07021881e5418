/** Rules about loops: what is the same at every step is an invariant, and constants belong inside. Exact. */
import { GraphBuilder } from "../../../ir/graph/build.js";
import { copyInstruction, mapped, type ValueMap } from "../../../ir/graph/rewrite.js";
import type { Operation, ValueId, ValueType } from "../../../ir/graph/types.js";
import type { View } from "./view.js";

type Scan = Extract<Operation, { kind: "scan" }>;

/** What takes the place of an operand of the scan. */
type Replacement =
  | { readonly kind: "constant"; readonly value: number }
  /** A sequence that repeats one value over time. */
  | { readonly kind: "repeated"; readonly source: ValueId };

/** Moves constant operands into the body and turns sequences that repeat one value into invariants. */
export function simplifyScan(scan: Scan, operands: readonly ValueId[], view: View): ValueId[] | undefined {
  const { body, carried, sequences } = scan;
  const replacements = operands.map((id, i) =>
    i < carried ? undefined : replacementOf(id, i < carried + sequences, view),
  );
  if (replacements.every((replacement) => replacement === undefined)) return undefined;
  const inner = new GraphBuilder(body.name, view.b.context);
  const values: ValueMap = new Map();
  const outer: ValueId[] = [];
  const take = (i: number, operand: ValueId, shared: boolean): void => {
    const id = body.inputs[i] as ValueId;
    values.set(id, inner.input(body.names[id] ?? String(id), { ...(body.types[id] as ValueType), shared }));
    outer.push(operand);
  };
  const isSharedInput = (i: number): boolean => (body.types[body.inputs[i] as ValueId] as ValueType).shared;
  let keptSequences = 0;
  for (const [i, operand] of operands.entries()) {
    if (i >= carried + sequences || replacements[i] !== undefined) continue;
    if (i >= carried) keptSequences++;
    take(i, operand, isSharedInput(i));
  }
  for (const [i, operand] of operands.entries()) {
    const replacement = replacements[i];
    if (replacement?.kind === "repeated") take(i, replacement.source, isSharedInput(i));
    else if (i >= carried + sequences && replacement === undefined) take(i, operand, isSharedInput(i));
  }
  for (const [i, replacement] of replacements.entries()) {
    if (replacement?.kind !== "constant") continue;
    const id = body.inputs[i] as ValueId;
    values.set(id, inner.constantOf(replacement.value, (body.types[id] as ValueType).shape));
  }
  for (const instruction of body.instructions) copyInstruction(inner, body, instruction, values);
  const outputs = body.outputs.map((id, i) => ({ name: body.outputNames[i] as string, value: mapped(values, id) }));
  return view.b.emitAll({ ...scan, body: inner.finish(outputs), sequences: keptSequences }, outer);
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
      broadcast.operands[0] as ValueId,
      shape.slice(1),
      axes.map((axis) => axis - 1),
    ),
  };
}
