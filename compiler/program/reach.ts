/** Which tensors of a program some of its values are made of, through all of its loops. */
import { at } from "../base/at.js";
import { operandParts, type Scan } from "../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../ir/graph/graph-function.js";
import { nameOf, outputName } from "../ir/graph/values.js";
import type { Program, ProgramTensor } from "./program.js";
import { nameOfRole, type TensorKind } from "./base/roles.js";

/** How one value reaches another; loops are followed inside. */
interface ReachRules {
  /** The operands of an operation that reach its result. */
  readonly through: (instruction: Instruction) => readonly ValueId[];
  /** Operands from which the search starts, wherever the operation stands; none unless told. */
  readonly from?: (instruction: Instruction) => readonly ValueId[];
}

type ReachedProgram = Pick<Program, "forward" | "initial" | "params" | "inputs" | "contexts" | "states">;

/**
 * Names of the tensors that reach the values from which the search starts, in the order of declarations: params, inputs, contexts,
 * states. A state is reached by what its initial value is computed from.
 *
 * @param ends outputs of `forward` from which it starts, beside those of the rules
 */
export function tensorsReaching(program: ReachedProgram, ends: readonly ValueId[], rules: ReachRules): string[] {
  const { forward, initial, params, inputs, contexts, states } = program;
  const reached = inputsReaching(forward, ends, rules);
  if (initial !== undefined) {
    const starts = initial.outputs.filter((_, i) => reached.has(outputName(initial, i)));
    for (const name of inputsReaching(initial, starts, rules)) reached.add(name);
  }
  const among = (kind: TensorKind, tensors: readonly ProgramTensor[]): string[] =>
    tensors.flatMap(({ name }) => (reached.has(nameOfRole({ kind, name })) ? [name] : []));
  return [
    ...among("param", params),
    ...among("input", inputs),
    ...among("context", contexts),
    ...among("initial", states),
  ];
}

/** Names of the inputs of a function that reach values of it. */
export function inputsReaching(fn: GraphFunction, ends: readonly ValueId[], rules: ReachRules): Set<string> {
  const found = valuesReaching(fn, ends, rules);
  return new Set(fn.inputs.flatMap((id) => (found.has(id) ? [nameOf(fn, id)] : [])));
}

function valuesReaching(fn: GraphFunction, ends: Iterable<ValueId>, rules: ReachRules): ReadonlySet<ValueId> {
  const found = new Set(ends);
  for (const instruction of [...fn.instructions].reverse()) {
    const { operation, operands, results } = instruction;
    for (const id of rules.from?.(instruction) ?? []) found.add(id);
    if (operation.kind === "scan") {
      const wanted = operation.body.outputs.filter((_, i) => found.has(at(results, i)));
      const inside = valuesInLoop(operation, wanted, rules);
      for (const [i, id] of operation.body.inputs.entries()) if (inside.has(id)) found.add(at(operands, i));
    } else if (results.some((id) => found.has(id))) {
      for (const id of rules.through(instruction)) found.add(id);
    }
  }
  return found;
}

/** What decides about a carried value that is reached is reached a step later, and so on. */
function valuesInLoop(scan: Scan, wanted: readonly ValueId[], rules: ReachRules): ReadonlySet<ValueId> {
  const { body } = scan;
  const ends = new Set(wanted);
  for (;;) {
    const found = valuesReaching(body, ends, rules);
    const before = ends.size;
    for (const [i, id] of operandParts(scan, body.inputs).carried.entries())
      if (found.has(id)) ends.add(at(body.outputs, i));
    if (ends.size === before) return found;
  }
}
