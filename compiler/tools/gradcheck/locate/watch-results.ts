/**
 * Makes every real result of every operation an output, stacked over scans: forward mode then shows the tangent of each value, and
 * the first one in the order of computation that is wrong was made so by its own operation.
 */
import { at } from "../../../base/at.js";
import { GraphBuilder } from "../../../ir/graph/build.js";
import { declareInputs, mapped } from "../../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../../ir/graph/shape-rules.js";
import type { ScanAxis } from "./order.js";

interface WatchedResult {
  /** Name of the output that shows it. */
  readonly output: string;
  readonly instruction: Instruction;
  readonly fn: GraphFunction;
  readonly position: number;
  readonly scans: readonly ScanAxis[];
}

/** The outputs are those of the original, then one for each watched result. */
export function watchResults(
  original: GraphFunction,
  context: ShapeContext,
  counter = { next: 0 },
): { readonly fn: GraphFunction; readonly watched: readonly WatchedResult[] } {
  const b = new GraphBuilder(original.name, context);
  const values = declareInputs(b, original);
  const watched: (WatchedResult & { readonly value: ValueId })[] = [];
  for (const instruction of original.instructions) {
    const { operation } = instruction;
    const operands = instruction.operands.map((id) => mapped(values, id));
    let results: readonly ValueId[];
    if (operation.kind === "scan") {
      results = watchScan(b, { ...instruction, operation }, operands, context, counter, watched);
    } else {
      results = b.emitAll(operation, operands, instruction);
      const position = counter.next++;
      const [value] = results;
      if (value !== undefined && b.typeOf(value).dtype === "real") {
        watched.push({ output: `value.${position}`, instruction, fn: original, position, scans: [], value });
      }
    }
    for (const [i, id] of instruction.results.entries()) {
      values.set(id, at(results, i));
      const name = original.names[id];
      if (name !== undefined) b.nameValue(at(results, i), name);
    }
  }
  const outputs = original.outputs.map((id, i) => ({
    name: original.outputNames[i] as string,
    value: mapped(values, id),
  }));
  const shown = watched.map(({ output, value }) => ({ name: output, value }));
  return { fn: b.finish([...outputs, ...shown]), watched };
}

function watchScan(
  b: GraphBuilder,
  instruction: Instruction & { readonly operation: Extract<Operation, { kind: "scan" }> },
  operands: readonly ValueId[],
  context: ShapeContext,
  counter: { next: number },
  watched: (WatchedResult & { readonly value: ValueId })[],
): readonly ValueId[] {
  const { operation } = instruction;
  const start = counter.next;
  const inner = watchResults(operation.body, context, counter);
  const all = b.emitAll({ ...operation, body: inner.fn }, operands, instruction);
  const count = operation.body.outputs.length;
  for (const [i, entry] of inner.watched.entries()) {
    const scans = [{ start, reverse: operation.reverse }, ...entry.scans];
    watched.push({ ...entry, scans, value: at(all, count + i) });
  }
  return all.slice(0, count);
}
