/** A fault as people read it: the equation, the two numbers, and the smallest case that shows it. */
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/types.js";
import type { SourceFile } from "../../source/source-file.js";
import type { Span } from "../../source/span.js";
import type { ChangedNumber } from "./find-pass.js";
import type { FaultyOperation } from "./locate.js";
import type { LeftRange } from "./range.js";
import type { Precision } from "../report.js";
import type { Counterexample } from "./trial.js";

/**
 * - `rule`: the derivative rule of an operation;
 * - `pass`: a pass over the graph, which should keep its meaning;
 * - `range`: nothing of the compiler; the derived gradient, evaluated as it stands, is no finite number in this precision;
 * - `code`: what is made of the graph, kernels and their print.
 */
export type FaultStage = "rule" | "pass" | "range" | "code";

export interface FaultPlace {
  readonly span: Span;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What stands there: `tanh(W @ x + b)`. */
  readonly text: string;
}

export interface Fault {
  readonly stage: FaultStage;
  /** The derivative that is wrong: of reverse mode (`backward`), forward mode (`jvp`), or both in turn (`hvp`). */
  readonly mode: "reverse" | "forward" | "second";
  /** Of `range`: the precision in which the gradient is not finite. */
  readonly precision?: Precision;
  /** The operation, `tanh`; or the pass. Empty where only the stage is known. */
  readonly operation: string;
  /** From 0: the operand whose cotangent is wrong. Undefined in forward mode, and for passes and code. */
  readonly operand: number | undefined;
  /** The name on the left of the equation, `h'`; for a pass the output that changed. */
  readonly equation: string | undefined;
  readonly place: FaultPlace | undefined;
  /** What was derived and what was measured; of a pass what came out of it and what went in. Undefined for code. */
  readonly analytic: number | undefined;
  readonly numeric: number | undefined;
  /** The example, the step and the element at which the two numbers differ. */
  readonly example: number;
  readonly step: number | undefined;
  readonly index: readonly number[];
  /** The smallest case that was found. */
  readonly counterexample: Counterexample;
}

export function faultOfRule(
  found: FaultyOperation,
  mode: Fault["mode"],
  sources: (file: string) => SourceFile | undefined,
  counterexample: Counterexample,
): Fault {
  const { instruction, fn, operand, example, steps, index, analytic, numeric } = found;
  const { operation, origin } = instruction;
  return {
    stage: "rule",
    mode,
    operation: nameOf(operation),
    operand,
    equation: equationOf(fn, instruction),
    place: placeOf(origin.span, sources),
    analytic,
    numeric,
    example,
    step: steps[0],
    index,
    counterexample,
  };
}

/** Of a derived gradient that is not finite by itself. */
export function faultOfRange(
  { instruction, fn, steps, value, precision }: LeftRange,
  sources: (file: string) => SourceFile | undefined,
  counterexample: Counterexample,
): Fault {
  return {
    stage: "range",
    mode: "reverse",
    precision,
    operation: nameOf(instruction.operation),
    operand: undefined,
    equation: equationOf(fn, instruction),
    place: placeOf(instruction.origin.span, sources),
    analytic: value,
    numeric: undefined,
    example: 0,
    step: steps[0],
    index: [],
    counterexample,
  };
}

/** Of a pass that changes a number; of the code where there is none. */
export function faultOfPass(changed: ChangedNumber | undefined, counterexample: Counterexample): Fault {
  const isForward = changed?.entry === "jvp" || changed?.entry === "initialJvp";
  return {
    stage: changed === undefined ? "code" : "pass",
    mode: changed?.entry === "hvp" ? "second" : isForward ? "forward" : "reverse",
    operation: changed?.pass ?? "",
    operand: undefined,
    equation: changed?.output,
    place: undefined,
    analytic: changed?.after,
    numeric: changed?.before,
    example: 0,
    step: undefined,
    index: [],
    counterexample,
  };
}

/** What people call it: of a declared derivative the function that declares it. */
export function nameOf(operation: Operation): string {
  if (operation.kind === "map" || operation.kind === "reduce") return operation.op;
  return operation.kind === "custom_derivative" ? operation.tangent.name : operation.kind;
}

export function placeOf(
  span: Span | undefined,
  sources: (file: string) => SourceFile | undefined,
): FaultPlace | undefined {
  const source = span === undefined ? undefined : sources(span.file);
  if (span === undefined || source === undefined) return undefined;
  return { span, ...source.locate(span.start), text: source.textOf(span) };
}

/** The first named value that is made of the instruction's result, or the result itself. */
export function equationOf(fn: GraphFunction, instruction: Instruction): string | undefined {
  const derived = new Set<ValueId>(instruction.results);
  const nameOf = (ids: readonly ValueId[]): string | undefined => {
    for (const id of ids) {
      const output = fn.outputs.indexOf(id);
      const name = fn.names[id] ?? (output < 0 ? undefined : fn.outputNames[output]);
      if (name !== undefined) return name;
    }
    return undefined;
  };
  const own = nameOf(instruction.results);
  if (own !== undefined) return own;
  const start = fn.instructions.indexOf(instruction);
  for (const { operands, results } of fn.instructions.slice(start + 1)) {
    if (!operands.some((id) => derived.has(id))) continue;
    const name = nameOf(results);
    if (name !== undefined) return name;
    for (const id of results) derived.add(id);
  }
  return undefined;
}
