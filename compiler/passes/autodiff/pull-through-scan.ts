/** Cotangents of the results of a loop to cotangents of its operands. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/types.js";
import { typeOf } from "../../ir/graph/values.js";
import type { Contribution } from "./linear-rules.js";
import type { BackwardSource, ReverseMode } from "./reverse-mode.js";

/** A scan whose body was taken apart. */
export interface PreparedScan extends Pick<ReverseMode, "backward" | "sources" | "targets" | "reached"> {
  /** Results of the prepared scan: those that it had before, then residuals. */
  readonly results: readonly ValueId[];
}

/** A loop on the way, and what the walk knows. */
interface ScanSite {
  readonly b: GraphBuilder;
  readonly fn: GraphFunction;
  readonly instruction: Instruction;
  readonly operation: Extract<Operation, { kind: "scan" }>;
  readonly prepared: PreparedScan;
  readonly primal: (id: ValueId) => ValueId;
  readonly contribute: (id: ValueId, contribution: Contribution) => void;
}

/**
 * The body's backward in a scan of the opposite direction. Its carried values are the cotangents of the state, its
 * sequences the residuals, the sequences the body read and the cotangents of the outputs.
 */
export function pullThroughScan(
  { b, fn, instruction, operation, prepared, primal, contribute }: ScanSite,
  cotangents: readonly (ValueId | undefined)[],
): void {
  const { operands, results, origin } = instruction;
  const { backward, reached, sources, targets } = prepared;
  const { carried, sequences, length } = operation;
  const inputs = backward.inputs.map((id, i) => {
    const { kind, index } = sources[i] as BackwardSource;
    switch (kind) {
      case "cotangent": {
        const { shape } = typeOf(fn, results[index] as ValueId);
        const value = (): ValueId => cotangents[index] ?? b.constantOf(0, shape);
        return { id, group: index < carried ? 0 : 1, order: index, value };
      }
      case "residual":
        return { id, group: 1, order: -1, value: () => primal(prepared.results[index] as ValueId) };
      case "input":
        invariant(index >= carried, "backward of a scan reads a state");
        return {
          id,
          group: index < carried + sequences ? 1 : 2,
          order: -1,
          value: () => primal(operands[index] as ValueId),
        };
    }
  });
  const groups = [0, 1, 2].map((group) => inputs.filter((input) => input.group === group));
  const carriedSources = [...(groups[0] ?? [])].sort((x, y) => x.order - y.order);
  const ordered = [...carriedSources, ...(groups[1] ?? []), ...(groups[2] ?? [])];

  const order = targets.map((_, i) => i);
  const inputOf = (i: number): number => targets[i] as number;
  const carriedOutputs = order.filter((i) => inputOf(i) < carried);
  const stackedOutputs = order.filter((i) => inputOf(i) >= carried);
  const outputOrder = [...carriedOutputs, ...stackedOutputs];
  const reversedBody: GraphFunction = {
    ...backward,
    inputs: ordered.map((source) => source.id),
    outputs: outputOrder.map((i) => backward.outputs[i] as ValueId),
    outputNames: outputOrder.map((i) => backward.outputNames[i] as string),
  };
  const derived = b.emitAll(
    {
      kind: "scan",
      body: reversedBody,
      length,
      carried: carriedSources.length,
      sequences: (groups[1] ?? []).length,
      reverse: !operation.reverse,
    },
    ordered.map((source) => source.value()),
    { ...origin, note: "backward through time" },
  );
  for (const [position, i] of outputOrder.entries()) {
    const index = inputOf(i);
    // Nothing is no zero: what it came from may be infinite.
    if (index >= carried && !reached.has(i)) continue;
    const value = derived[position] as ValueId;
    const isInvariant = index >= carried + sequences;
    contribute(operands[index] as ValueId, isInvariant ? b.reduce("sum", value, [0]) : value);
  }
}
