/** A fault as people read it: the equation, the two numbers, and the smallest case that shows it. */
import type { GraphFunction, Instruction, Operation, ValueId } from "../../../ir/graph/graph-function.js";
import type { SourceFile } from "../../../base/source/source-file.js";
import type { Span } from "../../../base/source/span.js";
import type { EntryMode } from "../../../program/entry.js";
import type { ChangedNumber } from "./find-pass.js";
import type { FaultyOperation } from "./locate.js";
import type { LeftRange } from "./range.js";
import type { Counterexample, DerivativeMode, Fault, FaultPlace } from "../fault.js";

export function faultOfRule(
  found: FaultyOperation,
  mode: DerivativeMode,
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

const modes: Readonly<Record<EntryMode, Fault["mode"]>> = {
  value: "value",
  gradient: "reverse",
  jvp: "forward",
  hvp: "second",
};

/** Of a pass that changes a number; of the code where there is none. */
export function faultOfPass(changed: ChangedNumber | undefined, counterexample: Counterexample): Fault {
  return {
    stage: changed === undefined ? "code" : "pass",
    mode: changed === undefined ? "reverse" : modes[changed.how.by],
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
