/** A fault as people read it: the equation, the two numbers, and the smallest case that shows it. */
import { at } from "../../../base/at.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../../ir/graph/graph-function.js";
import type { SourceFile } from "../../../base/source/source-file.js";
import type { Span } from "../../../base/source/span.js";
import type { EntryMode } from "../../../program/entry.js";
import type { ChangedByKernels } from "./find-kernel-pass.js";
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

/** Of a pass that changes a number, on graphs or on kernels. */
export function faultOfPass(
  changed: ChangedNumber | ChangedByKernels,
  sources: (file: string) => SourceFile | undefined,
  counterexample: Counterexample,
): Fault {
  const { entry, how, pass, run, fn, output } = changed;
  return {
    stage: "target" in changed ? "kernel" : "pass",
    mode: modes[how.by],
    operation: pass,
    entry,
    run,
    ...("target" in changed && { target: changed.target, ...(changed.problem && { problem: changed.problem }) }),
    operand: undefined,
    equation: output,
    place: placeOf(spanOf(fn, output), sources),
    analytic: changed.after,
    numeric: changed.before,
    example: changed.example ?? 0,
    step: undefined,
    index: changed.index ?? [],
    counterexample,
  };
}

/** Where in the text an output of a function comes from: of what a loop gives, what the body has for it. */
function spanOf(fn: GraphFunction, output: string | undefined): Span | undefined {
  const place = fn.outputNames.indexOf(output ?? "");
  return place < 0 ? undefined : spanOfValue(fn, at(fn.outputs, place));
}

function spanOfValue(fn: GraphFunction, id: ValueId): Span | undefined {
  const made = fn.instructions.find(({ results }) => results.includes(id));
  if (made === undefined) return undefined;
  const { operation, results, operands, origin } = made;
  if (operation.kind === "scan") return spanOfValue(operation.body, at(operation.body.outputs, results.indexOf(id)));
  // What only moves its elements may have no place of its own.
  return origin.span ?? (operands.length === 1 ? spanOfValue(fn, at(operands, 0)) : undefined);
}

/** Of what no stage before the code has changed. */
export function faultOfCode(counterexample: Counterexample): Fault {
  return {
    stage: "code",
    mode: "reverse",
    operation: "",
    operand: undefined,
    equation: undefined,
    place: undefined,
    analytic: undefined,
    numeric: undefined,
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
    // Which of several it belongs to, their operation does not say.
    if (results.filter((id) => nameOf([id]) !== undefined).length > 1) return undefined;
    const name = nameOf(results);
    if (name !== undefined) return name;
    for (const id of results) derived.add(id);
  }
  return undefined;
}
