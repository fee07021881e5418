/** Cotangents of the results of a loop to cotangents of its operands. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import {
  countsOf,
  inOrder,
  isCarried,
  operandKind,
  type OperandParts,
  type ResultParts,
  type Scan,
} from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { outputName, typeOf } from "../../ir/graph/values.js";
import type { Contribution } from "./linear-rules.js";
import type { ReverseMode } from "./reverse-mode.js";

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
  readonly scan: Scan;
  readonly prepared: PreparedScan;
  readonly primal: (id: ValueId) => ValueId;
  readonly contribute: (id: ValueId, contribution: Contribution) => void;
}

/** Cotangents of the results of the loop; undefined where nothing depends on one. */
type Cotangents = readonly (ValueId | undefined)[];

/** An input of the body's backward and what a scan of it is to give. */
interface LazyInput {
  readonly input: ValueId;
  readonly operand: () => ValueId;
}

/**
 * The body's backward in a scan of the opposite direction. Its carried values are the cotangents of the state, its
 * sequences the residuals, the sequences the body read and the cotangents of the outputs.
 */
export function pullThroughScan(site: ScanSite, cotangents: Cotangents): void {
  const { b, instruction, scan, prepared, contribute } = site;
  const { backward, reached, targets } = prepared;
  const parts = givenTo(site, cotangents);
  const given = inOrder(parts);
  const order = inOrder(outputsOf(site));
  const body: GraphFunction = {
    ...backward,
    inputs: given.map(({ input }) => input),
    outputs: order.map((i) => at(backward.outputs, i)),
    outputNames: order.map((i) => outputName(backward, i)),
  };
  const derived = b.emitAll(
    { ...scan, body, ...countsOf(parts), reverse: !scan.reverse, states: [] },
    given.map(({ operand }) => operand()),
    { origin: { ...instruction.origin, note: "backward through time" }, round: instruction.round },
  );
  for (const [position, i] of order.entries()) {
    const target = at(targets, i);
    // Nothing is no zero: what it came from may be infinite.
    if (!isCarried(scan, target) && !reached.has(i)) continue;
    const value = at(derived, position);
    const isInvariant = operandKind(scan, target) === "invariant";
    contribute(at(instruction.operands, target), isInvariant ? b.reduce("sum", value, [0]) : value);
  }
}

/** What the inputs of the body's backward are to a scan of it. */
function givenTo(site: ScanSite, cotangents: Cotangents): OperandParts<LazyInput> {
  const { b, fn, instruction, scan, prepared, primal } = site;
  const carried: (LazyInput & { readonly state: number })[] = [];
  const sequences: LazyInput[] = [];
  const invariants: LazyInput[] = [];
  for (const [i, input] of prepared.backward.inputs.entries()) {
    const { kind, index } = at(prepared.sources, i);
    if (kind === "cotangent") {
      const { shape } = typeOf(fn, at(instruction.results, index));
      const operand = (): ValueId => cotangents[index] ?? b.constantOf(0, shape);
      if (isCarried(scan, index)) carried.push({ input, operand, state: index });
      else sequences.push({ input, operand });
    } else if (kind === "residual") {
      sequences.push({ input, operand: () => primal(at(prepared.results, index)) });
    } else {
      const own = operandKind(scan, index);
      invariant(own !== "carried", "backward of a scan reads a state");
      const list = own === "sequence" ? sequences : invariants;
      list.push({ input, operand: () => primal(at(instruction.operands, index)) });
    }
  }
  return { carried: carried.sort((x, y) => x.state - y.state), sequences, invariants };
}

/** Outputs of the body's backward: cotangents of the state are carried on, the others are stacked. */
function outputsOf({ scan, prepared: { targets } }: ScanSite): ResultParts<number> {
  const isState = (i: number): boolean => isCarried(scan, at(targets, i));
  const all = [...targets.keys()];
  return { carried: all.filter(isState), stacked: all.filter((i) => !isState(i)) };
}
