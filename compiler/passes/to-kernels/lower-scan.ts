/** A scan: a loop over steps around the body's regions, on the examples that are still running. */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { isCarried, operandKind } from "../../ir/graph/scan.js";
import type { Instruction, ValueId } from "../../ir/graph/types.js";
import { typeOf } from "../../ir/graph/values.js";
import type { Examples, Statement } from "../../ir/kernel/types.js";
import { affineConstant } from "../../ir/kernel/affine.js";
import { Block, type InputSource } from "./block.js";
import { commitInPlace } from "./in-place.js";
import { fixLeading, type BufferLocation } from "./location.js";
import { type ResultTarget, throughReshapes } from "./targets.js";
import { LoopNames, variableIndex } from "./loops.js";

export function lowerScan(
  block: Block,
  { operation, operands, results }: Instruction,
  lowerBlock: (block: Block) => void,
): void {
  invariant(operation.kind === "scan", "a scan");
  const { body, length, reverse } = operation;
  const names = new LoopNames(block);
  const step = names.pick("t");
  const ragged = block.hasExampleSize(length);
  const path = uniquePath(block, results);
  let examples: Examples = block.examples;
  const loop: Statement[] = [];
  const scope = [...block.scope, step];
  if (ragged) {
    const count = names.pick("active");
    const list = block.storage.scratch(`${path}.rows`, "index", [], true).buffer;
    loop.push({ kind: "select_examples", list, count, from: block.examples, step, length });
    examples = { kind: "list", list, count };
    scope.push(count);
  }

  const inputs = new Map<ValueId, InputSource>();
  for (const [i, id] of body.inputs.entries()) {
    const kind = operandKind(operation, i);
    if (kind === "carried") {
      const location = lookUp(block.locations, at(results, i));
      inputs.set(id, { kind: "location", location, buffer: location.buffer });
    } else {
      const prefix = kind === "sequence" ? [variableIndex(step)] : [];
      inputs.set(id, { kind: "alias", block, value: at(operands, i), prefix });
    }
  }
  const states: { id: ValueId; state: BufferLocation; next: BufferLocation }[] = [];
  const targets: ResultTarget[] = [];
  for (const [i, id] of body.outputs.entries()) {
    const location = block.locations.get(at(results, i));
    if (location === undefined) continue;
    if (isCarried(operation, i)) {
      const { shape } = typeOf(body, id);
      const next = block.storage.scratch(`${path}.${body.names[id] ?? `v${id}`}.next`, location.dtype, shape, true);
      states.push({ id, state: location, next });
      targets.push({ id, destination: { location: next, mode: "set" } });
    } else {
      const place = fixLeading(location, [variableIndex(step)]);
      targets.push({ id, destination: { location: place, mode: "set" } });
    }
  }
  const inner = new Block({
    fn: body,
    targets: throughReshapes(body, targets, block.storage),
    storage: block.storage,
    inputs,
    examples,
    path,
    scope,
  });
  lowerBlock(inner);
  for (const state of states) commitInPlace(inner, state);
  const steps = affineConstant(length);
  block.statements.push({
    kind: "for",
    variable: step,
    extent: { kind: "affine", value: steps },
    step: 1,
    reverse,
    body: [...loop, ...inner.statements],
  });
}

function uniquePath(block: Block, results: readonly ValueId[]): string {
  return `${block.path}.loop${results[0] ?? 0}`;
}
